import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { maySet, mayRemove, type Room } from "../../state";
import { client, mayWrite, me } from "../client";
import type { IconName } from "../kit/Icon";
import { Button } from "../kit/Button";
import { Icon } from "../kit/Icon";
import { toast } from "../kit/Toast";
import { trouble } from "../say";
import { go, link } from "../shell/router";
import type { Post } from "./lines";

/** What goes on in the channel's own screen. */
export type Todo = "reply" | "edit" | "thread";

interface Props {
	room: Room;
	post: Post;
	onClose: () => void;
	onTodo: (what: Todo) => void;
	onPart: (part: "forward" | "wordings" | "report") => void;
}

interface One {
	icon: IconName;
	words: string;
	press: () => void;
}

/** What one may do with a post that the hub has, one line each. */
export function PostActs(props: Props) {
	return (
		<>
			<ul class="post-acts">
				{actsOf(props).map(({ icon, words, press }) => (
					<li key={words}>
						<button type="button" onClick={press}>
							<Icon name={icon} />
							<span>{words}</span>
						</button>
					</li>
				))}
			</ul>
			<Remove {...props} />
		</>
	);
}

function actsOf({ room, post, onClose, onTodo, onPart }: Props): One[] {
	const my = me.value?.id ?? ("" as Room["timeline"][number]["sender"]);
	const event = post.event ?? ("" as NonNullable<Post["event"]>);
	const pinned = room.pinned.includes(event);
	const then = (act: () => unknown) => () => {
		void Promise.resolve(act()).catch((error: unknown) => toast(trouble(error), "warning"));
		onClose();
	};
	const writes = mayWrite(room);
	const words = post.content["msgtype"] === "m.text";
	const all: (One | false)[] = [
		writes && { icon: "reply", words: t("timeline.reply"), press: () => onTodo("reply") },
		{ icon: "thread", words: post.related.answers.length > 0 ? t("post.open_thread") : t("post.thread"), press: () => onTodo("thread") },
		writes && post.mine && words && { icon: "write", words: t("post.edit"), press: () => onTodo("edit") },
		post.related.wordings.length > 0 && { icon: "history", words: t("post.wordings"), press: () => onPart("wordings") },
		maySet(room, my, "m.room.pinned_events") && {
			icon: "pin",
			words: pinned ? t("post.unpin") : t("post.pin"),
			press: then(() => client.talk.pin(room, event, !pinned)),
		},
		{ icon: "link", words: t("post.copy_link"), press: then(() => copy(room, event)) },
		client.may("send") && room.forwards && { icon: "forward", words: t("post.forward"), press: () => onPart("forward") },
		!post.mine && { icon: "people", words: t("post.see_author"), press: then(() => go({ at: "person", id: post.sender })) },
		!post.mine && client.may("report") && { icon: "report", words: t("report.act"), press: () => onPart("report") },
		!post.mine && { icon: "unread", words: t("post.mark_unread"), press: then(() => client.talk.markUnread(room.id)) },
	];
	return all.filter((one): one is One => one !== false);
}

async function copy(room: Room, event: string): Promise<void> {
	const address = `${location.origin}${location.pathname}${link({ at: "channel", room: room.id, details: false, post: event })}`;
	try {
		await navigator.clipboard.writeText(address);
		toast(t("post.link_copied"));
	} catch {
		toast(t("invite_person.not_copied"), "warning"); // without TLS browsers have no clipboard
	}
}

/** Taking back is asked twice: it cannot be undone, and reaches only those who have not kept it. */
function Remove({ room, post, onClose }: Props) {
	const [asked, setAsked] = useState(false);
	const mayOthers = me.value !== undefined && client.may("moderate") && mayRemove(room, me.value.id);
	if (!post.mine && !mayOthers) return null;
	const remove = () => {
		if (!asked) return setAsked(true);
		if (post.event !== undefined) void client.talk.redact(room.id, post.event);
		onClose();
	};
	return (
		<div class="stack-tight">
			<Button kind="danger" wide icon="trash" onPress={remove}>
				{asked ? t("post.remove_sure") : t("post.remove")}
			</Button>
			{asked && <p class="soft">{t("post.remove_hint")}</p>}
		</div>
	);
}
