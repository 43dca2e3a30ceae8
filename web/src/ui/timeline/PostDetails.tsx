import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Room } from "../../state";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Dialog } from "../kit/Dialog";
import { Row } from "../kit/List";
import { client, mayWrite, me } from "../client";
import { Portrait } from "../media/Portrait";
import { personName, pictureOf, standsFor } from "../names";
import { dot, moment } from "../say";
import { laterInside } from "../shell/later";
import { type Post, readersOf } from "./lines";
import { Body } from "./Post";
import { PostActs, type Todo } from "./PostActs";
import { offered, signName } from "./signs";
import "./PostDetails.css";

const Forward = laterInside(() => import("./Forward"));
const ReportDialog = laterInside(() => import("../screens/ReportDialog"));
const Wordings = laterInside(() => import("./Wordings"));

interface Props {
	room: Room;
	post: Post;
	onClose: () => void;
	onTodo: (what: Todo) => void;
}

/** All about one post: its words, the moment it was written, who has read it, and what can be done with it. */
export default function PostDetails({ room, post, onClose, onTodo }: Props) {
	const [part, setPart] = useState<"all" | "forward" | "wordings" | "report">("all");
	const nameOf = (user: string) => personName(user, room);
	if (part === "forward") return <Forward room={room} post={post} onClose={onClose} />;
	if (part === "report" && post.event !== undefined) return <ReportDialog what={{ room: room.id, event: post.event }} about={post.sender} onClose={onClose} />;
	if (part === "wordings") return <Wordings room={room} post={post} onClose={onClose} />;
	return (
		<Dialog title={t("post.title")} close={t("act.close")} onClose={onClose}>
			{post.event !== undefined && !post.removed && mayWrite(room) && <Signs room={room} post={post} onClose={onClose} />}
			<div class="stack-tight">
				<p>
					<bdi>{nameOf(post.sender)}</bdi>
				</p>
				<p class="soft">
					<time dateTime={new Date(post.at).toISOString()}>{moment(post.at)}</time>
				</p>
			</div>
			<div class="post-words">
				<Body post={post} nameOf={nameOf} />
			</div>
			{post.event !== undefined && !post.removed && <PostActs {...{ room, post, onClose, onTodo }} onPart={setPart} />}
			{post.txn !== undefined && post.sending !== "sent" && <Pending post={post} onClose={onClose} onTodo={onTodo} />}
			{post.event !== undefined && <Reactions post={post} nameOf={nameOf} />}
			{post.event !== undefined && <Readers room={room} event={post.event} />}
		</Dialog>
	);
}

/** One press says something short. */
function Signs({ room, post, onClose }: Pick<Props, "room" | "post" | "onClose">) {
	const react = (sign: string) => {
		if (post.event !== undefined) void client.talk.react(room.id, post.event, sign);
		onClose();
	};
	return (
		<fieldset class="signs" aria-label={t("post.react")}>
			{offered.map((sign) => {
				const pressed = post.related.reactions.some((one) => one.key === sign && one.mine !== undefined);
				return (
					<button key={sign} type="button" class="sign-choice" aria-pressed={pressed} onClick={() => react(sign)}>
						<span class="face" aria-hidden="true">
							{sign}
						</span>
						<span class="word">{signName(sign)}</span>
					</button>
				);
			})}
		</fieldset>
	);
}

function Reactions({ post, nameOf }: { post: Post; nameOf: (user: string) => string }) {
	if (post.related.reactions.length === 0) return null;
	return (
		<ul class="stack-tight">
			{post.related.reactions.map(({ key, people }) => (
				<li key={key}>
					<span aria-hidden="true">{key} </span>
					<span class="soft">
						{signName(key)}: {people.map(nameOf).join(dot())}
					</span>
				</li>
			))}
		</ul>
	);
}

function Readers({ room, event }: { room: Room; event: string }) {
	const readers = readersOf(room, event, me.value?.id ?? "");
	return (
		<section class="stack-tight">
			<h3>{readers.length === 0 ? t("timeline.seen_by_nobody") : t("timeline.seen_by", { Count: readers.length })}</h3>
			<ul>
				{readers.map((reader) => (
					<li key={reader.id}>
						<Row
							lead={<Portrait name={personName(reader.id, room)} picture={pictureOf(reader.id, room)} />}
							title={<bdi>{personName(reader.id, room)}</bdi>}
							detail={<bdi>{standsFor(reader.id) ?? ""}</bdi>}
						/>
					</li>
				))}
			</ul>
		</section>
	);
}

/** What has not reached the hub: it can be reworded, tried again, or given up. In a conflict the person decides. */
function Pending({ post, onClose, onTodo }: Pick<Props, "post" | "onClose" | "onTodo">) {
	const txn = post.txn ?? "";
	const act = (what: () => void) => () => {
		what();
		onClose();
	};
	return (
		<section class="stack-tight">
			{post.sending === "conflict" && <Banner tone="warn">{t("post.conflict")}</Banner>}
			<div class="row">
				{post.event === undefined && post.content["msgtype"] === "m.text" && post.sending !== "conflict" && (
					<Button icon="write" onPress={() => onTodo("edit")}>
						{t("post.edit")}
					</Button>
				)}
				{post.sending !== "waiting" && (
					<Button icon="refresh" onPress={act(() => client.talk.retry(txn))}>
						{post.sending === "conflict" ? t("conflict.mine") : t("act.try_again")}
					</Button>
				)}
				<Button kind="danger" icon="trash" onPress={act(() => client.talk.discard(txn))}>
					{post.sending === "conflict" ? t("conflict.theirs") : t("post.discard")}
				</Button>
			</div>
		</section>
	);
}
