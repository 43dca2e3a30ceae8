import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { digitsOf, goodPin } from "../../state";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { number, trouble } from "../say";
import "./Lock.css";

const keys = ["1", "2", "3", "4", "5", "6", "7", "8", "9"] as const;
const longest = 12;

/** What opens a locked device. Digits by the pad or the keyboard; it says no more than whether they fit. */
export default function Lock() {
	const [pin, show] = useState("");
	const [busy, setBusy] = useState(false);
	const [wrong, setWrong] = useState<string>();
	const typed = useRef(""); // keys may come faster than the screen is drawn
	const setPin = (next: string) => {
		typed.current = next;
		show(next);
	};
	const open = async () => {
		if (busy || !goodPin(typed.current)) return;
		setBusy(true);
		setWrong(undefined);
		try {
			const left = await client.door.unlock(typed.current);
			if (left !== undefined) setWrong(left > 3 ? t("lock.wrong") : t("lock.wrong_left", { Count: Math.max(0, left) }));
		} catch (error) {
			setWrong(trouble(error));
		} finally {
			setPin("");
			setBusy(false);
		}
	};
	const type = (digit: string) => setPin((typed.current + digit).slice(0, longest));
	const erase = () => setPin(typed.current.slice(0, -1));
	useKeys(type, erase, open);
	return (
		<section class="lock" aria-label={t("lock.title")}>
			<h1>{t("lock.title")}</h1>
			<p class="dots" role="status" aria-label={t("lock.typed", { Count: pin.length })}>
				{Array.from({ length: Math.max(4, pin.length) }, (_, n) => (
					<i key={n} class={n < pin.length ? "full" : undefined} />
				))}
			</p>
			{wrong !== undefined && <Banner tone="danger">{wrong}</Banner>}
			<div class="pad" dir="ltr">
				{keys.map((key) => (
					<button key={key} type="button" onClick={() => type(key)}>
						{number(Number(key))}
					</button>
				))}
				<Button kind="quiet" icon="erase" iconOnly onPress={erase}>
					{t("lock.erase")}
				</Button>
				<button type="button" onClick={() => type("0")}>
					{number(0)}
				</button>
				<Button kind="main" icon="unlock" iconOnly busy={busy} disabled={!goodPin(pin)} onPress={() => void open()}>
					{t("lock.open")}
				</Button>
			</div>
			<Forgotten />
		</section>
	);
}

function useKeys(type: (digit: string) => void, erase: () => void, open: () => Promise<void>): void {
	// Before it is drawn: whoever sees the pad may type.
	useLayoutEffect(() => {
		const pressed = (event: KeyboardEvent) => {
			if (event.ctrlKey || event.metaKey || event.altKey) return;
			const digit = digitsOf(event.key);
			if (/^[0-9]$/.test(digit)) type(digit);
			else if (event.key === "Backspace") erase();
			else if (event.key === "Enter" && !(event.target instanceof HTMLButtonElement)) void open();
		};
		addEventListener("keydown", pressed);
		return () => removeEventListener("keydown", pressed);
	});
}

/** Without the PIN there is one way: everything here goes, and one signs in anew. */
function Forgotten() {
	const [asked, setAsked] = useState(false);
	return (
		<div class="stack-tight">
			{asked && <p class="soft">{t("lock.forgotten_sure")}</p>}
			<Button kind="quiet" wide onPress={() => (asked ? void client.door.signOut() : setAsked(true))}>
				{asked ? t("lock.forgotten_act") : t("lock.forgotten")}
			</Button>
		</div>
	);
}
