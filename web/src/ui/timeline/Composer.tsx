import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Room } from "../../state";
import { client } from "../client";
import { Button } from "../kit/Button";
import { personName } from "../names";
import { direction, language, tongueName, tongueShort, tongues } from "../say";
import type { Post } from "./lines";
import { Quote } from "./Post";
import { tongueOf } from "./tongue";
import "./Composer.css";

/** Characters in one post. Even in the widest script and quoted for the wire it stays far below the 65,536 bytes of an event. */
export const longest = 8_000;
const tellFrom = longest - 500;
const typingEvery = 8_000;

/** With a keyboard on the desk Enter sends; on phones it makes a line, and the button sends. */
const desk = matchMedia("(min-width: 56rem) and (pointer: fine)");

interface Props {
	room: Room;
	replyTo: Post | undefined;
	onReplied: () => void;
}

/** Where a post is written. What was begun is kept until it is sent, over reloads and calls that come in. */
export function Composer({ room, replyTo, onReplied }: Props) {
	const text = client.drafts.value.get(room.id) ?? "";
	const tongue = useTongue(text);
	const box = useRef<HTMLTextAreaElement>(null);
	const typing = useTyping(room);
	const left = longest - [...text].length;
	const sendable = text.trim() !== "" && left >= 0;
	useEffect(() => grow(box.current), [text, room.id]);
	useEffect(() => {
		if (replyTo || desk.matches) box.current?.focus({ preventScroll: true });
	}, [replyTo, room.id]);

	const send = () => {
		if (!sendable) return;
		const reply = replyTo?.event === undefined ? {} : { replyTo: replyTo.event };
		void client.send({ room: room.id, body: text.trim(), language: tongue.tag, ...reply });
		client.saveDraft(room.id, "");
		tongue.remember();
		typing(false);
		onReplied();
		box.current?.focus({ preventScroll: true });
	};

	return (
		<form
			class="composer"
			aria-label={t("composer.label")}
			onSubmit={(event) => {
				event.preventDefault();
				send();
			}}
		>
			{replyTo && <Replying room={room} post={replyTo} onCancel={onReplied} />}
			{left < longest - tellFrom && (
				<p class={left < 0 ? "room-left over" : "room-left"} role="status">
					{left < 0 ? t("composer.too_long", { Count: -left }) : t("composer.left", { Count: left })}
				</p>
			)}
			<div class="line">
				<TonguePick tag={tongue.tag} onPick={tongue.pick} />
				<textarea
					ref={box}
					rows={1}
					value={text}
					lang={tongue.tag}
					dir={/\p{L}/u.test(text) ? "auto" : direction(tongue.tag)}
					aria-label={t("composer.label")}
					placeholder={t("composer.placeholder")}
					{...{ enterkeyhint: desk.matches ? "send" : "enter" }}
					onInput={(event) => {
						client.saveDraft(room.id, event.currentTarget.value);
						typing(event.currentTarget.value !== "");
					}}
					onKeyDown={(event) => {
						if (event.key === "Escape" && replyTo) {
							event.stopPropagation();
							onReplied();
						}
						if (event.key !== "Enter" || event.isComposing) return;
						if (event.ctrlKey || event.metaKey || (desk.matches && !event.shiftKey)) {
							event.preventDefault();
							send();
						}
					}}
				/>
				<Button kind="main" icon="send" iconOnly submit class="send" disabled={!sendable}>
					{t("composer.send")}
				</Button>
			</div>
		</form>
	);
}

/** The field is as high as its text; where the browser cannot do that by itself, it is told. */
function grow(box: HTMLTextAreaElement | null): void {
	if (!box || CSS.supports("field-sizing", "content")) return;
	box.style.blockSize = "auto";
	box.style.blockSize = `${box.scrollHeight + 3}px`;
}

/** The language of the post: as chosen last, turning with the script that is typed, unless it was picked for this post. */
function useTongue(text: string) {
	const [picked, setPicked] = useState<string>();
	const chosen = picked ?? client.settings.value.writing ?? language.value;
	const tag = tongueOf(text, chosen, [language.value]);
	const remember = () => {
		if (client.settings.value.writing !== tag) void client.set({ writing: tag }).catch(() => undefined);
	};
	return { tag: picked !== undefined && fits(text, picked) ? picked : tag, pick: setPicked, remember };
}

/** Whether a text may be in a language at all, by its script. */
function fits(text: string, tag: string): boolean {
	const other = tongueOf(text, tag, []);
	return scriptGroup(other) === scriptGroup(tag);
}

const groups: Record<string, string> = { "fa-AF": "a", ps: "a", ur: "a", tg: "c", ru: "c" };
const scriptGroup = (tag: string) => groups[tag] ?? "l";

/** Lets the others know that one writes, now and then, and that one stopped. */
function useTyping(room: Room): (typing: boolean) => void {
	const last = useRef(0);
	const stop = () => {
		if (last.current === 0) return;
		last.current = 0;
		void client.setTyping(room.id, false);
	};
	useEffect(() => stop, [room.id]);
	return (typing) => {
		if (!typing) return stop();
		if (Date.now() - last.current < typingEvery) return;
		last.current = Date.now();
		void client.setTyping(room.id, true);
	};
}

function Replying({ room, post, onCancel }: { room: Room; post: Post; onCancel: () => void }) {
	return (
		<div class="replying">
			<span class="unseen">{t("composer.replying")}</span>
			<Quote quoted={{ who: personName(post.sender, room), body: post.body.replaceAll("\n", " "), language: post.language }} />
			<Button kind="quiet" icon="close" iconOnly onPress={onCancel}>
				{t("composer.no_reply")}
			</Button>
		</div>
	);
}

function TonguePick({ tag, onPick }: { tag: string; onPick: (tag: string) => void }) {
	return (
		<span class="tongue-pick">
			<span aria-hidden="true" lang={tag}>
				{tongueShort(tag)}
			</span>
			<select aria-label={t("composer.language")} value={tag} onChange={(event) => onPick(event.currentTarget.value)}>
				{tongues.map((one) => (
					<option key={one} value={one} lang={one}>
						{tongueName(one)}
					</option>
				))}
			</select>
		</span>
	);
}
