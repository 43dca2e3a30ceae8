import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { type Event, type EventId, oneEvent, relatedEvents, type Room } from "../../state";
import { client, mayWrite, me } from "../client";
import { Banner } from "../kit/Banner";
import { Face, Outline } from "../kit/List";
import { personName, pictureOf, standsFor } from "../names";
import { dayKey, language } from "../say";
import { useLoading } from "../screens/load";
import { Again } from "../screens/PickPeople";
import { laterInside } from "../shell/later";
import { Announcer } from "./Announcer";
import { arrange } from "./arrange";
import { Composer, type Writing } from "./Composer";
import { asItIsNow, type Post as Said, threadLines } from "./lines";
import { Post, type PostActs } from "./Post";
import type { Todo } from "./PostActs";
import { quotedBy } from "./Timeline";
import "./Thread.css";

const PostDetails = laterInside(() => import("./PostDetails"));

/** A thread: the post that it began with, the answers, and where one answers. */
export default function Thread({ id, root }: { id: string; root: string }) {
	const room = [...client.rooms.value.values()].find((one) => one.id === id);
	if (!room) return <Face icon="door" text={t("channel.missing")} />;
	return <Open room={room} root={root as EventId} />;
}

function Open({ room, root }: { room: Room; root: EventId }) {
	const [read, setRead] = useState<readonly Event[]>([]);
	const [writing, setWriting] = useState<Writing>({});
	const [details, setDetails] = useState<Said>();
	const whole = room.timeline.some((event) => event.id === root);
	const { failed, again } = useLoading(async () => {
		if (!whole) setRead([await oneEvent(room.id, root), ...(await relatedEvents(room.id, root, "m.thread"))]);
	});
	const my = me.value?.id ?? "";
	const outbox = client.outbox.value;
	const lines = useMemo(() => threadLines(room, root, read, outbox, my), [room.timeline, read, outbox, my]);
	const done = useCallback(() => setWriting({}), []);
	const todo = (of: Said) => (what: Todo) => {
		setDetails(undefined);
		if (what !== "thread") setWriting(what === "reply" ? { replyTo: of } : { edited: of });
	};
	if (lines.length === 0) {
		return failed === undefined ? (
			<Outline rows={3} label={t("act.loading")} />
		) : (
			<Face icon="warning" alert text={failed} act={<Again onPress={again} />} />
		);
	}
	const last = lines.findLast((line) => line.event !== undefined)?.event ?? root;
	const open = details && asItIsNow(details, lines, room);
	return (
		<div class="thread">
			<header class="thread-head">
				<h2>{t("thread.title")}</h2>
			</header>
			{failed !== undefined && <Banner tone="warn">{failed}</Banner>}
			<Answers room={room} lines={lines} onDetails={setDetails} onReply={(replyTo) => setWriting({ replyTo })} />
			{mayWrite(room) && <Composer room={room} thread={{ root, last }} {...writing} onDone={done} />}
			{open && <PostDetails room={room} post={open} onClose={() => setDetails(undefined)} onTodo={todo(open)} />}
		</div>
	);
}

interface AnswersProps {
	room: Room;
	lines: readonly Said[];
	onDetails: (post: Said) => void;
	onReply: (post: Said) => void;
}

function Answers({ room, lines, onDetails, onReply }: AnswersProps) {
	const box = useRef<HTMLDivElement>(null);
	const [shown, setShown] = useState<string>();
	const nameOf = useCallback((user: string) => personName(user, room), [room.members, client.people.value, language.value]);
	useEffect(() => box.current?.scrollTo({ top: box.current.scrollHeight }), [lines.length]);
	const acts: PostActs = {
		reply: onReply,
		retry: (post) => client.talk.retry(post.txn ?? ""),
		details: onDetails,
		jump: (event) => {
			setShown(event);
			box.current?.querySelector(`[data-key="${CSS.escape(event)}"]`)?.scrollIntoView({ block: "center" });
		},
		thread: () => undefined,
		react: (post, key) => post.event !== undefined && mayWrite(room) && void client.talk.react(room.id, post.event, key),
	};
	return (
		<div class="thread-posts" ref={box} tabIndex={-1}>
			<Announcer lines={lines} nameOf={nameOf} />
			<ol aria-label={t("thread.title")}>
				{arrange(lines, { dayOf: dayKey }).map((item) =>
					item.kind !== "entry" ? null : (
						<Post
							key={item.entry.row}
							post={item.entry}
							name={nameOf(item.entry.sender)}
							picture={pictureOf(item.entry.sender, room)}
							nameOf={nameOf}
							organisation={standsFor(item.entry.sender)}
							first={item.first}
							last={item.last}
							quoted={quotedBy(item.entry, lines, room)}
							seenBy={0}
							shown={shown === item.key}
							tongue={language.value}
							within
							acts={acts}
						/>
					),
				)}
			</ol>
		</div>
	);
}
