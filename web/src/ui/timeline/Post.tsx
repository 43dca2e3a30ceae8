import type { ComponentChildren } from "preact";
import { memo } from "preact/compat";
import { t } from "../../i18n";
import type { MediaUri } from "../../state";
import { Button } from "../kit/Button";
import { Icon } from "../kit/Icon";
import { me } from "../client";
import { Attachment } from "../media/Attachment";
import { Portrait } from "../media/Portrait";
import { UploadState } from "../media/UploadState";
import { laterInside } from "../shell/later";
import { clock, direction, dot, number, tongueName } from "../say";
import { Formatted } from "./Formatted";
import type { Post as Said } from "./lines";
import { signName } from "./signs";
import { Words } from "./Words";
import "./Post.css";

export interface Quoted {
	who: string;
	/** Undefined while the post is not on this device. */
	body: string | undefined;
	/** It is kept no longer. */
	gone?: boolean;
	/** The tag of its language, where it says one. */
	language?: string | undefined;
}

interface Props {
	post: Said;
	name: string;
	picture: MediaUri | undefined;
	organisation: string | undefined;
	first: boolean;
	last: boolean;
	quoted: Quoted | undefined;
	seenBy: number;
	/** Just jumped to. */
	shown: boolean;
	/** Numbers and words of the reader changed: what was printed is printed anew. */
	tongue: string;
	/** What people in this channel are called. */
	nameOf: (user: string) => string;
	/** In its own thread a post does not say again that it has one. */
	within?: boolean;
	/** It is only shown: nothing can be done with it here. */
	still?: boolean;
	acts: PostActs;
}

export interface PostActs {
	reply: (post: Said) => void;
	retry: (post: Said) => void;
	details: (post: Said) => void;
	jump: (event: string) => void;
	thread: (root: string) => void;
	react: (post: Said, key: string) => void;
}

/** One post: who wrote it, the words in their own direction, and, of mine, where it stands. */
export const Post = memo(function Post(props: Props) {
	const { post, name, first, last, acts } = props;
	const marks = [post.mine && "mine", first && "first", last && "last", post.calls && "calls", props.shown && "shown"];
	return (
		<li
			class={["post", ...marks].filter(Boolean).join(" ")}
			data-key={post.key}
			data-row=""
			tabIndex={-1}
			onKeyDown={(event) => openOnEnter(event, () => acts.details(post))}
		>
			{first && <Portrait name={name} picture={props.picture} />}
			<article class="said" aria-label={t("timeline.post_by", { Name: name })}>
				{first && <Byline {...props} />}
				<Forwarded post={post} nameOf={props.nameOf} />
				{post.replyTo !== undefined && props.quoted && <Quote quoted={props.quoted} onPress={() => acts.jump(post.replyTo ?? "")} />}
				<Body post={post} nameOf={props.nameOf} />
				<Additions {...props} />
				{post.mine && <State post={post} seenBy={props.seenBy} last={last} acts={acts} />}
			</article>
			{!post.removed && !props.still && (
				<div class="again">
					<Button kind="quiet" icon="more" iconOnly label={t("timeline.acts_of", { Name: name })} onPress={() => acts.details(post)}>
						{t("timeline.details")}
					</Button>
				</div>
			)}
		</li>
	);
});

function openOnEnter(event: KeyboardEvent, open: () => void) {
	if (event.key !== "Enter" || event.target !== event.currentTarget) return;
	event.preventDefault();
	open();
}

function Byline({ post, name, organisation, acts }: Props) {
	return (
		<header class="by">
			<bdi class="who">{name}</bdi>
			<span class="about">
				{organisation !== undefined && <bdi class="of">{organisation}</bdi>}
				{post.language !== undefined && (
					<bdi class="tongue" lang={post.language}>
						{tongueName(post.language)}
					</bdi>
				)}
				<button type="button" class="state when" onClick={() => acts.details(post)}>
					<span class="unseen">{t("timeline.details")}</span>
					<time dateTime={new Date(post.at).toISOString()}>{clock(post.at)}</time>
				</button>
			</span>
		</header>
	);
}

/** The words as they read now, with their marks, or a paragraph at a time, each in the direction of its own first letter. */
export function Body({ post, nameOf }: { post: Said; nameOf: (user: string) => string }) {
	const { body, language, removed, html } = post;
	if (removed) return <p class="gone">{t("timeline.removed")}</p>;
	const file = <Attachment content={post.content} by={nameOf(post.sender)} waiting={post.file} />;
	if (body === "") return file;
	const plain = body.split("\n").map((paragraph, n) => (
		<p key={n} dir={/\p{L}/u.test(paragraph) ? "auto" : undefined}>
			<Words text={paragraph} />
		</p>
	));
	const words = (
		<>
			{file}
			<div
				class={html === undefined ? "body" : "body formatted"}
				lang={language}
				dir={language === undefined ? undefined : direction(language)}
			>
				{html === undefined ? plain : <Formatted html={html} plain={plain} name={nameOf} me={me.value?.id ?? ""} />}
			</div>
		</>
	);
	if ("network.panah.place" in post.content) return <PlaceSaid content={post.content} plain={words} />;
	if ("network.panah.cap" in post.content) return <OutsideAlert content={post.content} plain={words} />;
	return "network.panah.quoted_alert" in post.content ? <QuotedAlert content={post.content} plain={words} /> : words;
}

/** An alert that the post shows; its words stand there until the card is here. */
const QuotedAlert = laterInside<{ content: Said["content"]; plain: ComponentChildren }>(() => import("../alerts/Quoted"), ({ plain }) => <>{plain}</>);

/** What became of a request for places, in the reader's language. */
const PlaceSaid = laterInside<{ content: Said["content"]; plain: ComponentChildren }>(() => import("../places/Said"), ({ plain }) => <>{plain}</>);

/** The same for one that a program outside has sent. */
const OutsideAlert = laterInside<{ content: Said["content"]; plain: ComponentChildren }>(() => import("../alerts/Outside"), ({ plain }) => <>{plain}</>);

/** Whose words are passed on. */
function Forwarded({ post, nameOf }: { post: Said; nameOf: (user: string) => string }) {
	const from = post.content["network.panah.forwarded"] as { sender?: unknown } | undefined;
	if (typeof from?.sender !== "string" || post.removed) return null;
	return (
		<p class="passed-on">
			<Icon name="forward" size={16} />
			<span>{t("timeline.forwarded_from", { Name: nameOf(from.sender) })}</span>
		</p>
	);
}

/** What came to the post later: that it was reworded, signs from others, a thread. */
function Additions({ post, nameOf, within, acts }: Props) {
	const { wordings, reactions, answers } = post.related;
	if (post.removed || wordings.length + reactions.length + answers.length === 0) return null;
	return (
		<div class="additions">
			{wordings.length > 0 && (
				<button type="button" class="state" onClick={() => acts.details(post)}>
					{t("timeline.edited")}
				</button>
			)}
			{reactions.map(({ key, people, mine }) => (
				<button
					key={key}
					type="button"
					class="sign"
					aria-pressed={mine !== undefined}
					aria-label={`${signName(key)}: ${people.map(nameOf).join(dot())}`}
					onClick={() => acts.react(post, key)}
				>
					<span aria-hidden="true">{key}</span>
					<span aria-hidden="true" class="count">
						{number(people.length)}
					</span>
				</button>
			))}
			{answers.length > 0 && !within && (
				<button type="button" class="to-thread" onClick={() => acts.thread(post.event ?? "")}>
					<Icon name="thread" size={18} />
					{t("timeline.answers", { Count: answers.length })}
				</button>
			)}
		</div>
	);
}

export function Quote({ quoted, onPress }: { quoted: Quoted; onPress?: () => void }) {
	const inside = (
		<>
			<bdi class="who">{quoted.who}</bdi>
			<span class="what" dir="auto" lang={quoted.language}>
				{quoted.body ?? (quoted.gone ? t("error.no_longer_kept") : t("timeline.earlier_post"))}
			</span>
		</>
	);
	if (!onPress) return <div class="quote">{inside}</div>;
	return (
		<button type="button" class="quote" onClick={onPress}>
			<span class="unseen">{t("timeline.jump_to_original")}</span>
			{inside}
		</button>
	);
}

function State({ post, seenBy, last, acts }: { post: Said; seenBy: number; last: boolean; acts: PostActs }) {
	if (post.file) return <UploadState post={post} file={post.file} />;
	if (post.sending === "failed") {
		return (
			<button type="button" class="state failed" onClick={() => acts.retry(post)}>
				<Icon name="warning" size={16} />
				{t("timeline.failed")}
			</button>
		);
	}
	if (post.sending === "conflict") {
		return (
			<button type="button" class="state failed" onClick={() => acts.details(post)}>
				<Icon name="warning" size={16} />
				{t("timeline.conflict")}
			</button>
		);
	}
	if (post.sending === "waiting") {
		return (
			<span class="state">
				<Icon name="clock" size={16} />
				{t(post.fleeting ? "media.keep_open" : "timeline.waiting")}
			</span>
		);
	}
	if (!last || post.removed) return null;
	return (
		<button type="button" class="state" onClick={() => acts.details(post)}>
			<Icon name="check" size={16} />
			{seenBy > 0 ? t("timeline.seen_by", { Count: seenBy }) : t("timeline.sent")}
		</button>
	);
}
