import { memo } from "preact/compat";
import { t } from "../../i18n";
import { Avatar } from "../kit/Avatar";
import { Button } from "../kit/Button";
import { Icon } from "../kit/Icon";
import { clock, direction, tongueName } from "../say";
import type { Post as Said } from "./lines";
import { pieces } from "./marks";
import "./Post.css";

export interface Quoted {
	who: string;
	/** Undefined while the post is not on this device. */
	body: string | undefined;
	/** The tag of its language, where it says one. */
	language?: string | undefined;
}

interface Props {
	post: Said;
	name: string;
	organisation: string | undefined;
	first: boolean;
	last: boolean;
	quoted: Quoted | undefined;
	seenBy: number;
	/** Just jumped to. */
	shown: boolean;
	/** Numbers and words of the reader changed: what was printed is printed anew. */
	tongue: string;
	acts: PostActs;
}

export interface PostActs {
	reply: (post: Said) => void;
	retry: (post: Said) => void;
	details: (post: Said) => void;
	jump: (event: string) => void;
}

/** One post: who wrote it, the words in their own direction, and, of mine, where it stands. */
export const Post = memo(function Post(props: Props) {
	const { post, name, first, last, acts } = props;
	const classes = ["post", post.mine && "mine", first && "first", last && "last", props.shown && "shown"].filter(Boolean).join(" ");
	return (
		<li class={classes} data-key={post.key} data-row="" tabIndex={-1} onKeyDown={(event) => openOnEnter(event, () => acts.details(post))}>
			{first && <Avatar name={name} />}
			<article class="said" aria-label={t("timeline.post_by", { Name: name })}>
				{first && <Byline {...props} />}
				{post.replyTo !== undefined && props.quoted && <Quote quoted={props.quoted} onPress={() => acts.jump(post.replyTo ?? "")} />}
				<Body body={post.body} language={post.language} removed={post.removed} />
				{post.mine && <State post={post} seenBy={props.seenBy} last={last} acts={acts} />}
			</article>
			{post.event !== undefined && !post.removed && (
				<div class="again">
					<Button kind="quiet" icon="reply" iconOnly label={t("timeline.reply_to", { Name: name })} onPress={() => acts.reply(post)}>
						{t("timeline.reply")}
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

/** The words, a paragraph at a time, each in the direction of its own first letter. */
export function Body({ body, language, removed }: { body: string; language: string | undefined; removed: boolean }) {
	if (removed) return <p class="gone">{t("timeline.removed")}</p>;
	const fallback = language === undefined ? undefined : direction(language);
	return (
		<div class="body" lang={language} dir={fallback}>
			{body.split("\n").map((paragraph, n) => (
				<p key={n} dir={/\p{L}/u.test(paragraph) ? "auto" : undefined}>
					{pieces(paragraph).map((piece, m) =>
						"mark" in piece ? (
							<span key={m} class="bidi-mark" role="img" aria-label={t("timeline.hidden_mark", { Name: piece.mark })}>
								{piece.mark}
							</span>
						) : (
							piece.text
						),
					)}
				</p>
			))}
		</div>
	);
}

export function Quote({ quoted, onPress }: { quoted: Quoted; onPress?: () => void }) {
	const inside = (
		<>
			<bdi class="who">{quoted.who}</bdi>
			<span class="what" dir="auto" lang={quoted.language}>
				{quoted.body ?? t("timeline.earlier_post")}
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
	if (post.sending === "failed") {
		return (
			<button type="button" class="state failed" onClick={() => acts.retry(post)}>
				<Icon name="warning" size={16} />
				{t("timeline.failed")}
			</button>
		);
	}
	if (post.sending === "waiting") {
		return (
			<span class="state">
				<Icon name="clock" size={16} />
				{t("timeline.waiting")}
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
