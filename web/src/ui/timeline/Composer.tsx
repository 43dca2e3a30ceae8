import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { EventId, Room, Post as Said } from "../../state";
import { client } from "../client";
import { Button } from "../kit/Button";
import { toast } from "../kit/Toast";
import { useDrop } from "../media/drop";
import { gist } from "../media/words";
import { personName } from "../names";
import { direction, language, tongueName, tongueShort, tongues, trouble } from "../say";
import { laterInside } from "../shell/later";
import { CallList } from "./CallList";
import { calledIn } from "./calling";
import { foresee, formatted, useCalling } from "./callPeople";
import type { Post } from "./lines";
import { Quote } from "./Post";
import { tongueOf } from "./tongue";
import "./Composer.css";

const Attach = laterInside(() => import("../media/Attach"));

/** Characters in one post. Even in the widest script and quoted for the wire it stays far below the 65,536 bytes of an event. */
export const longest = 8_000;
const tellFrom = longest - 500;
const typingEvery = 8_000;

/** With a keyboard on the desk Enter sends; on phones it makes a line, and the button sends. */
const desk = matchMedia("(min-width: 56rem) and (pointer: fine)");

/** What is being written to what: an answer to a post, or a post anew. */
export interface Writing {
	readonly replyTo?: Post;
	readonly edited?: Post;
}

interface Props extends Writing {
	room: Room;
	/** The thread in which one writes, and its last post. */
	thread?: { readonly root: EventId; readonly last: EventId };
	onDone: () => void;
}

/** Where a post is written. What was begun is kept until it is sent, over reloads and calls that come in. */
export function Composer({ room, thread, replyTo, edited, onDone }: Props) {
	const place = placeOf(room, thread?.root, edited);
	const label = thread ? t("post.thread") : t("composer.label");
	const text = client.drafts.value.get(place) ?? "";
	const tongue = useTongue(text);
	const box = useRef<HTMLTextAreaElement>(null);
	const typing = useTyping(room);
	const calling = useCalling(room, text, box, (next) => client.talk.saveDraft(place, next));
	const left = longest - [...text].length;
	const [attaching, setAttaching] = useState<readonly File[]>();
	useDrop(box, (files) => !edited && setAttaching(files));
	const [going, setGoing] = useState(false);
	const sendable = text.trim() !== "" && left >= 0 && !going;
	useEffect(() => grow(box.current), [text, place]);
	useEffect(() => {
		if (edited && !client.drafts.peek().has(place)) client.talk.saveDraft(place, edited.body);
	}, [place]);
	useEffect(() => {
		if (replyTo || edited || desk.matches) box.current?.focus({ preventScroll: true });
	}, [replyTo, place]);

	const done = () => {
		client.talk.saveDraft(place, "");
		onDone();
	};
	const send = async () => {
		if (!sendable) return;
		const body = text.trim();
		const called = calledIn(body, calling.all);
		setGoing(true); // what is typed or pressed meanwhile would be taken away with the text, or sent twice
		const post = { room: room.id, body, language: tongue.tag, ...(await formatted(body, called)), ...relating(replyTo, thread) };
		if (edited) void rewordedAs(post, edited, place, text);
		else void client.talk.send(post);
		tongue.remember();
		typing(false);
		setGoing(false);
		if (edited) onDone();
		else done();
		box.current?.focus({ preventScroll: true });
	};
	const keys = (event: KeyboardEvent) => {
		if (event.isComposing || calling.key(event)) return;
		if (event.key === "Escape" && (replyTo || edited)) {
			event.stopPropagation();
			return edited ? done() : onDone();
		}
		if (event.key === "Enter" && (event.ctrlKey || event.metaKey || (desk.matches && !event.shiftKey))) {
			event.preventDefault();
			void send();
		}
	};

	return (
		<>
			<form
				class={text === "" && !edited ? "composer empty" : "composer"}
				aria-label={label}
				onPaste={(event) => {
					const files = [...(event.clipboardData?.files ?? [])];
					if (edited || files.length === 0) return;
					event.preventDefault();
					setAttaching(files);
				}}
				onSubmit={(event) => {
					event.preventDefault();
					void send();
				}}
			>
				{replyTo && <About words={t("composer.replying")} room={room} post={replyTo} cancel={t("composer.no_reply")} onCancel={onDone} />}
				{edited && <About words={t("composer.editing")} room={room} post={edited} cancel={t("composer.no_edit")} onCancel={done} />}
				{left < longest - tellFrom && (
					<p class={left < 0 ? "room-left over" : "room-left"} role="status">
						{left < 0 ? t("composer.too_long", { Count: -left }) : t("composer.left", { Count: left })}
					</p>
				)}
				{calling.offered.length > 0 && <CallList id={calling.id} all={calling.offered} at={calling.at} onPick={calling.pick} />}
				<div class="line">
					<TonguePick tag={tongue.tag} onPick={tongue.pick} />
					<textarea
						ref={box}
						rows={1}
						value={text}
						readOnly={going}
						lang={tongue.tag}
						dir={/\p{L}/u.test(text) ? "auto" : direction(tongue.tag)}
						aria-label={label}
						placeholder={thread ? t("thread.placeholder") : t("composer.placeholder")}
						{...{ enterkeyhint: desk.matches ? "send" : "enter" }}
						{...calling.field}
						onInput={(event) => {
							client.talk.saveDraft(place, event.currentTarget.value);
							foresee(event.currentTarget.value);
							calling.look();
							typing(event.currentTarget.value !== "");
						}}
						onSelect={calling.look}
						onKeyDown={keys}
					/>
					{!edited && (
						<Button kind="quiet" icon="attach" iconOnly class="attach" onPress={() => setAttaching([])}>
							{t("media.attach")}
						</Button>
					)}
					<Button kind="main" icon={edited ? "check" : "send"} iconOnly submit class="send" disabled={!sendable}>
						{edited ? t("act.save") : t("composer.send")}
					</Button>
				</div>
			</form>
			{attaching && (
				<Attach
					target={{ room, language: tongue.tag, replyTo: replyTo?.event, thread }}
					words={text}
					files={attaching}
					onSent={() => {
						setAttaching(undefined);
						done();
					}}
					onClose={() => setAttaching(undefined)}
				/>
			)}
		</>
	);
}

/** Words a post anew. It may be on its way just now, and is waited for; until then, and where it cannot be done, the words stay a draft. */
async function rewordedAs(post: Said, { event, txn }: Post, place: string, text: string): Promise<void> {
	try {
		await client.talk.edit(post, { event, txn });
		if (client.drafts.peek().get(place) === text) client.talk.saveDraft(place, "");
	} catch (error) {
		toast(trouble(error), "warning");
	}
}

/** Where a draft is kept: one for the channel, one for each thread, one for each post that is being reworded. */
function placeOf(room: Room, thread: EventId | undefined, edited: Post | undefined): string {
	return [room.id, thread, edited && `edit ${edited.key}`].filter((part) => part !== undefined).join(" ");
}

function relating(replyTo: Post | undefined, thread: Props["thread"]): Pick<Said, "replyTo" | "thread"> {
	return { ...(replyTo?.event !== undefined && { replyTo: replyTo.event }), ...(thread && { thread }) };
}

/** The field is as high as its text; where the browser cannot do that by itself, it is told. */
function grow(box: HTMLTextAreaElement | null): void {
	if (!box || CSS.supports("field-sizing", "content")) return;
	box.style.blockSize = "auto";
	box.style.blockSize = `${box.scrollHeight + 3}px`;
}

/**
 * The language of the post: as picked last, turning with the script that is typed, unless it was picked for this post. A word in another
 * script turns the post it stands in and no other.
 */
function useTongue(text: string) {
	const [picked, setPicked] = useState<string>();
	const chosen = picked ?? client.settings.value.writing ?? language.value;
	const tag = tongueOf(text, chosen, [language.value]);
	const remember = () => {
		if (picked !== undefined && picked === tag && client.settings.value.writing !== tag) void client.own.set({ writing: tag }).catch(() => undefined);
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
		void client.talk.setTyping(room.id, false);
	};
	useEffect(() => stop, [room.id]);
	return (typing) => {
		if (!typing) return stop();
		if (Date.now() - last.current < typingEvery) return;
		last.current = Date.now();
		void client.talk.setTyping(room.id, true);
	};
}

interface AboutProps {
	words: string;
	room: Room;
	post: Post;
	cancel: string;
	onCancel: () => void;
}

/** The post that is answered or reworded. */
function About({ words, room, post, cancel, onCancel }: AboutProps) {
	return (
		<div class="replying">
			<span class="unseen">{words}</span>
			<Quote
				quoted={{ who: personName(post.sender, room), body: gist(post.content, post.body).replaceAll("\n", " "), language: post.language }}
			/>
			<Button kind="quiet" icon="close" iconOnly onPress={onCancel}>
				{cancel}
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
