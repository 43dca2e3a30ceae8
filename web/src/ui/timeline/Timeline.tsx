import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Room, RoomId } from "../../state";
import { client, mayWrite, me } from "../client";
import { Button } from "../kit/Button";
import { Outline } from "../kit/List";
import { toast } from "../kit/Toast";
import { gist } from "../media/words";
import { personName, pictureOf, standsFor } from "../names";
import { dayHeading, dayKey, language, now, trouble } from "../say";
import { Answers } from "./Answers";
import { link, route } from "../shell/router";
import { Announcer } from "./Announcer";
import { arrange, type Item } from "./arrange";
import { type Fresh, freshOf, type Opened } from "./fresh";
import { type Line, linesOf, type Post as Said, readersOf } from "./lines";
import { Notice } from "./Notice";
import { Post, type PostActs, type Quoted } from "./Post";
import { useScroll } from "./scroll";
import "./Timeline.css";

interface Props {
	room: Room;
	/** A post to begin at, from a link to it. */
	start?: string | undefined;
	onReply: (post: Said) => void;
	onDetails: (post: Said) => void;
	onThread: (root: string) => void;
	/** A post that is too far back to scroll to. */
	onFar: (event: string) => void;
}

/** A channel's posts, newest at the end, a bounded stretch of them on the page at a time. */
export function Timeline({ room, start, onReply, onDetails, onThread, onFar }: Props) {
	const my = me.value?.id ?? "";
	const lines = useMemo(() => linesOf(room, client.outbox.value, my), [room.timeline, client.outbox.value, my, room.id]);
	const fresh = useFresh(room, lines);
	const box = useRef<HTMLDivElement>(null);
	const older = useOlder(room);
	const opening = useRef(fresh?.start);
	const scroll = useScroll({ box, lines, start: start === undefined ? opening.current : undefined, loadOlder: older.load });
	const [shown, setShown] = useState<string>();
	const { jump, toUnread } = useJumps({ room, lines, fresh, show: scroll.show, setShown, onFar });
	useEffect(() => {
		if (start !== undefined) jump(start);
	}, [start]);
	const acts: PostActs = useMemo(
		() => ({
			reply: onReply,
			retry: (post) => client.talk.retry(post.txn ?? ""),
			details: onDetails,
			jump,
			thread: onThread,
			react: (post, key) => post.event !== undefined && mayWrite(room) && void client.talk.react(room.id, post.event, key),
		}),
		[onReply, onDetails, jump, onThread, room.id, room.ended],
	);
	useReading(room, scroll.atEnd);
	const nameOf = useNames(room);
	const items = arrange(lines.slice(scroll.stretch.from, scroll.stretch.to), { dayOf: dayKey, freshFrom: fresh?.mark });
	return (
		<>
			<div class="scroller" ref={box} onScroll={scroll.onScroll} tabIndex={-1}>
				<div class="posts">
					{scroll.stretch.from === 0 && <Beginning room={room} older={older} />}
					<ol aria-label={t("timeline.label")}>
						{items.map((item) => (
							<Entry key={rowOf(item)} {...{ item, room, lines, acts, my, nameOf }} shown={shown === item.key} />
						))}
					</ol>
				</div>
			</div>
			{fresh?.further && <ToUnread onPress={toUnread} />}
			<div class="under">{!scroll.atEnd && <ToLatest count={scroll.below} onPress={scroll.toEnd} />}</div>
			<Announcer lines={lines} nameOf={nameOf} apart={route.value.at === "channel" ? route.value.thread : undefined} />
		</>
	);
}

/** The same before and after the hub has a post. */
const rowOf = (item: Item<Line>): string => (item.kind === "entry" && item.entry.kind === "post" ? item.entry.row : item.key);

/** What people are called here; the same function as long as nobody is renamed, so that posts are not drawn again for nothing. */
function useNames(room: Room): (user: string) => string {
	const people = client.people.value;
	return useCallback((user: string) => personName(user, room), [room.members, people, language.value]);
}

/** Where more is new than this device has, a press reads back to where one stopped reading. */
function ToUnread({ onPress }: { onPress: () => void }) {
	return (
		<div class="above">
			<Button kind="main" icon="up" class="to-unread" onPress={onPress}>
				{t("timeline.to_unread")}
			</Button>
		</div>
	);
}

/** What is new stays what it was when the channel was opened; once the mark stands, it stands. */
function useFresh(room: Room, lines: readonly Line[]): Fresh | undefined {
	const opened = useRef<Opened>({ upTo: room.readUpTo, unread: room.unread, last: lines.at(-1)?.key });
	const settled = useRef<Fresh>();
	const fresh = settled.current ?? freshOf(opened.current, lines, room);
	if (fresh?.further === false) settled.current = fresh;
	return fresh;
}

interface EntryProps {
	item: Item<Line>;
	room: Room;
	lines: readonly Line[];
	acts: PostActs;
	my: string;
	shown: boolean;
	nameOf: (user: string) => string;
}

function Entry({ item, room, lines, acts, my, shown, nameOf }: EntryProps) {
	if (item.kind === "day") {
		return (
			<li class="day">
				<h2 class="soft">{dayHeading(item.at, now.value)}</h2>
			</li>
		);
	}
	if (item.kind === "fresh") return <li class="fresh">{t("timeline.new")}</li>;
	const line = item.entry;
	if (line.kind === "notice") return <Notice notice={line} name={nameOf} />;
	if (line.kind === "answers") return <Answers line={line} lines={lines} nameOf={nameOf} onOpen={acts.thread} />;
	const asks = line.mine && item.last && line.event !== undefined;
	return (
		<Post
			post={line}
			name={nameOf(line.sender)}
			picture={pictureOf(line.sender, room)}
			nameOf={nameOf}
			organisation={standsFor(line.sender)}
			first={item.first}
			last={item.last}
			quoted={quotedBy(line, lines, room)}
			seenBy={asks ? readersOf(room, line.event ?? "", my).length : 0}
			shown={shown}
			tongue={language.value}
			acts={acts}
		/>
	);
}

/** One object for each quoted post, so that posts are not drawn again for nothing. */
const quotes = new WeakMap<Line, Map<string, Quoted>>();

export function quotedBy(post: Said, lines: readonly Line[], room: Room): Quoted | undefined {
	if (post.replyTo === undefined) return undefined;
	const original = lines.find((line) => line.key === post.replyTo);
	if (original?.kind !== "post") return purged(room, post.replyTo) ? goneQuote : unknownQuote;
	const who = personName(original.sender, room);
	const known = quotes.get(original) ?? new Map<string, Quoted>();
	quotes.set(original, known);
	const quote = known.get(who) ?? quoteOf(who, original);
	known.set(who, quote);
	return quote;
}

function quoteOf(who: string, original: Said): Quoted {
	if (original.removed) return { who, body: t("timeline.removed") };
	return { who, body: gist(original.content, original.body).replaceAll("\n", " "), language: original.language };
}

/** Where the timeline reaches back to the channel's beginning, a post that is not in it is kept no longer. */
function purged(room: Room, post: string): boolean {
	return room.timeline[0]?.type === "m.room.create" && !room.timeline.some((event) => event.id === post);
}

const unknownQuote: Quoted = { who: "", body: undefined };
const goneQuote: Quoted = { who: "", body: undefined, gone: true };

interface Older {
	load: () => void;
	loading: boolean;
	failed: string | undefined;
}

/** Reads older posts when one scrolls to them; a failure is said, and tried again on a press. */
function useOlder(room: Room): Older {
	const [failed, setFailed] = useState<string>();
	const load = useCallback(() => {
		if (room.before === undefined) return;
		setFailed(undefined);
		client.talk.loadOlder(room.id).catch((error: unknown) => setFailed(trouble(error)));
	}, [room.id, room.before]);
	useEffect(() => setFailed(undefined), [room.id]);
	return { load: failed === undefined ? load : () => undefined, loading: client.loadingOlder.value.has(room.id), failed };
}

function Beginning({ room, older }: { room: Room; older: Older }) {
	if (room.before === undefined) {
		const spoken = room.timeline.some((event) => event.type === "m.room.message");
		return (
			<div class="beginning">
				{room.continues !== undefined && <Continues from={room.continues} />}
				<p>{spoken ? t("timeline.beginning") : t("timeline.empty")}</p>
			</div>
		);
	}
	if (older.failed !== undefined) {
		return (
			<div class="older" role="alert">
				<p>{older.failed}</p>
				<Button
					kind="quiet"
					icon="refresh"
					onPress={() => void client.talk.loadOlder(room.id).catch((e: unknown) => toast(trouble(e), "warning"))}
				>
					{t("act.try_again")}
				</Button>
			</div>
		);
	}
	return <Outline rows={2} label={t("timeline.loading_older")} />;
}

/** What was said before stands in the channel that this one goes on from, for those who are in it. */
function Continues({ from }: { from: RoomId }) {
	return (
		<>
			<p>{t("timeline.continues")}</p>
			{client.rooms.value.has(from) && (
				<Button kind="quiet" icon="history" href={link({ at: "channel", room: from, details: false })}>
					{t("channel.to_earlier")}
				</Button>
			)}
		</>
	);
}

function ToLatest({ count, onPress }: { count: number; onPress: () => void }) {
	return (
		<Button kind="main" icon="down" class="new-below" onPress={onPress}>
			{count > 0 ? t("timeline.new_below", { Count: count }) : t("timeline.to_latest")}
		</Button>
	);
}

/** Older pages that are read, at most, on the way to a post; what is further back is shown apart. */
const pagesToSearch = 3;

interface Jumps {
	room: Room;
	lines: readonly Line[];
	fresh: Fresh | undefined;
	show: (key: string) => boolean;
	setShown: (key: string) => void;
	onFar: (event: string) => void;
}

function useJumps(given: Jumps) {
	const now = useRef(given);
	now.current = given;
	const { room, onFar } = given;
	return useMemo(() => {
		/** Shows a line, reading older ones until it is there; false when it is further back than one goes at once. */
		const seek = async (target: () => string | undefined): Promise<boolean> => {
			const shown = () => {
				const key = target();
				if (key === undefined || !now.current.show(key)) return false;
				now.current.setShown(key);
				return true;
			};
			for (let page = 0; page < pagesToSearch; page++) {
				if (shown()) return true;
				if (!(await client.talk.loadOlder(room.id).catch(() => false))) break;
				await new Promise(requestAnimationFrame);
			}
			return shown();
		};
		const jump = async (event: string) => {
			if (!(await seek(() => event))) onFar(event);
		};
		/** To where one stopped reading. Who never read here goes back a part of the way at a time, until the mark stands. */
		const toUnread = async () => {
			const upTo = now.current.fresh?.upTo;
			if (upTo !== undefined) return jump(upTo);
			const first = () => now.current.fresh?.start;
			if (!(await seek(() => now.current.fresh?.mark))) await seek(first);
		};
		return { jump: (event: string) => void jump(event), toUnread: () => void toUnread() };
	}, [room.id, onFar]);
}

/** Tells the others that one has read, while one really looks at the newest posts. */
function useReading(room: Room, atEnd: boolean): void {
	const newest = room.timeline.at(-1)?.id;
	useEffect(() => {
		const read = () => {
			if (atEnd && document.visibilityState === "visible") void client.talk.markRead(room.id);
		};
		read();
		document.addEventListener("visibilitychange", read);
		return () => document.removeEventListener("visibilitychange", read);
	}, [room.id, newest, atEnd]);
}
