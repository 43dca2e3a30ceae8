import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { Button } from "../kit/Button";
import { toast } from "../kit/Toast";
import { picking } from "../shell/picking";
import { CorrectDialog, longest } from "./Correct";
import "./PickWords.css";

/** Pointing at words that read wrong, on whatever screen one is: the next touch, or Enter, takes the words and does nothing else. */
export default function PickWords() {
	const bar = useRef<HTMLElement>(null);
	const [words, setWords] = useState<string>();
	const end = () => {
		picking.value = false;
	};
	// Before anybody sees the bar: whoever presses at once is heard.
	useLayoutEffect(() => {
		bar.current?.focus();
	}, []);
	useLayoutEffect(() => (words === undefined ? listen(bar.current, setWords, end) : undefined), [words]);
	if (words !== undefined) return <CorrectDialog words={words} onClose={end} />;
	return (
		<section class="pick-words" ref={bar} tabIndex={-1} aria-label={t("correct.open")}>
			<p role="status">{t("correct.pick")}</p>
			<div class="row">
				<Button icon="write" onPress={() => setWords("")}>
					{t("correct.write")}
				</Button>
				<Button kind="quiet" onPress={end}>
					{t("act.cancel")}
				</Button>
			</div>
		</section>
	);
}

/** Takes every press outside of the bar before what was pressed hears of it. */
function listen(bar: HTMLElement | null, take: (words: string) => void, end: () => void): () => void {
	const pressed = (event: MouseEvent) => {
		const target = event.target instanceof Element ? event.target : undefined;
		if (!target || bar?.contains(target)) return;
		event.preventDefault();
		event.stopPropagation();
		const words = wordsAt(target, event);
		if (words === "") toast(t("correct.own"), "info");
		else take(words);
	};
	const escaped = (event: KeyboardEvent) => {
		if (event.key !== "Escape") return;
		event.preventDefault();
		event.stopPropagation();
		end();
	};
	addEventListener("click", pressed, true);
	addEventListener("keydown", escaped, true);
	return () => {
		removeEventListener("click", pressed, true);
		removeEventListener("keydown", escaped, true);
	};
}

/** What people wrote and what they are called is theirs, and no mistake of the app. */
const own = "bdi, .body, .quote, .post-words, textarea, .about, .last";
const whole = "button, a, label, legend, h1, h2, h3, p, li, dt, dd, span";

/** The words that were pointed at; none where they are somebody's own. */
function wordsAt(target: Element, { clientX, clientY }: MouseEvent): string {
	const text = document.caretRangeFromPoint?.(clientX, clientY)?.startContainer;
	const at = text instanceof Text && target.contains(text) ? (text.parentElement ?? target) : target;
	if (at.closest(own)) return "";
	const named = at.closest(whole) ?? at;
	const said = named.querySelector(".unseen")?.textContent ?? seenWords(named);
	return (said || named.getAttribute("aria-label") || named.closest("[aria-label]")?.getAttribute("aria-label") || "").trim().slice(0, longest);
}

/** The words of a thing without the names in it. */
function seenWords(element: Element): string {
	const copy = element.cloneNode(true) as Element;
	for (const other of copy.querySelectorAll(`${own}, [aria-hidden="true"]`)) other.textContent = "…";
	return copy.textContent?.replace(/\s+/gu, " ").trim() ?? "";
}
