import {
	attachmentOf,
	calls,
	captionOf,
	isPost,
	type Member,
	type Outgoing,
	presentContent,
	type Related,
	relatedTo,
	relation,
	type Relations,
	relationsOf,
	type Room,
	type Waiting,
} from "../../state";
import type { Entry } from "./arrange";
import { type Content, type EventId, type RoomEvent, text } from "./read";

/** Where a post of mine stands on its way. */
export type Sending = "waiting" | "sent" | "failed" | "conflict";

/** Something that someone wrote. */
export interface Post extends Entry {
	kind: "post";
	post: true;
	event?: EventId;
	/** What its place on the page is known by: the same before and after the hub has it, so that nothing is torn out from under a finger or the focus. */
	row: string;
	/** As it reads now. */
	content: Content;
	body: string;
	html?: string | undefined;
	replyTo?: EventId | undefined;
	/** The first post of the thread that it belongs to. */
	thread?: EventId | undefined;
	mine: boolean;
	removed: boolean;
	/** It calls me. */
	calls: boolean;
	sending?: Sending | undefined;
	txn?: string | undefined;
	/** A file of mine that the hub does not have yet. */
	file?: Waiting | undefined;
	/** This device had no room to keep it: it goes with the page. */
	fleeting?: boolean | undefined;
	/** Why it was not sent. */
	error?: Outgoing["error"];
	related: Related;
}

export type Happening = "joined" | "left" | "invited" | "removed" | "named" | "topic" | "created" | "pinned" | "moved";

/** Something that happened in the channel. People to whom the same happened one after another stand in one line. */
export interface Notice extends Entry {
	kind: "notice";
	post: false;
	what: Happening;
	people: readonly string[];
	text?: string | undefined;
}

/** Somebody went on in a thread: the answers that came one after another, of which the last is shown. */
export interface Answers extends Entry {
	kind: "answers";
	post: false;
	root: EventId;
	people: readonly string[];
	count: number;
	content: Content;
	body: string;
}

export type Line = Post | Notice | Answers;

/** What is between the log and the lines. */
interface Reading {
	room: Room;
	outbox: readonly Outgoing[];
	relations: Relations;
	me: string;
}

/** Turns a room's events, and what waits in the outbox for it, into lines to show, oldest first. */
export function linesOf(room: Room, outbox: readonly Outgoing[], me: string): Line[] {
	const reading: Reading = {
		room,
		outbox,
		me,
		relations: relationsOf(room.id, room.timeline, outbox, me as Room["timeline"][number]["sender"]),
	};
	const members = new Map<string, string>();
	const lines: Line[] = [];
	let created: RoomEvent | undefined;
	for (const event of room.timeline) {
		if (event.type === "m.room.create") created = event;
		if (belongsTo(created, event)) {
			members.set(event.stateKey ?? "", text(event.content, "membership") ?? "");
			continue;
		}
		const line = isPost(event) ? saidBy(event, reading) : noticeOf(event, members);
		if (line) add(lines, line);
	}
	return [...lines, ...pendingPosts(reading, undefined)];
}

/** The lines of a thread: its first post, then the answers. `known` are those that were read from the hub apart from the timeline. */
export function threadLines(room: Room, root: EventId, known: readonly RoomEvent[], outbox: readonly Outgoing[], me: string): Post[] {
	const events = new Map<string, RoomEvent>(known.map((event) => [event.id, event]));
	for (const event of room.timeline) {
		const relates = relation(event);
		if (event.id === root || relates?.event === root || events.has(relates?.event ?? "")) events.set(event.id, event);
	}
	const all = [...events.values()].sort((a, b) => a.at - b.at);
	const reading: Reading = { room, outbox, me, relations: relationsOf(room.id, all, outbox, me as RoomEvent["sender"]) };
	const inside = (event: RoomEvent) => event.id === root || (relation(event)?.type === "m.thread" && relation(event)?.event === root);
	return [...all.filter((event) => isPost(event) && inside(event)).map((event) => postOf(event, reading)), ...pendingPosts(reading, root)];
}

/** The lines of a stretch that was read apart: a post and its surroundings. */
export function passageLines(room: Room, events: readonly RoomEvent[], me: string): Post[] {
	const reading: Reading = { room, outbox: [], me, relations: relationsOf(room.id, events, [], me as RoomEvent["sender"]) };
	return events.filter((event) => isPost(event) && relation(event)?.type !== "m.replace").map((event) => postOf(event, reading));
}

/** What a channel is made with comes in the same moment, and says no more than that it was made. */
const oneMoment = 2_000;

function belongsTo(created: RoomEvent | undefined, event: RoomEvent): boolean {
	if (!created || event === created || event.stateKey === undefined || event.at - created.at > oneMoment) return false;
	if (event.type === "m.room.tombstone") return false;
	return event.sender === created.sender && (event.type !== "m.room.member" || event.stateKey === created.sender);
}

function add(lines: Line[], line: Line): void {
	const last = lines.at(-1);
	const joined = last && joinedTo(last, line);
	if (joined) lines[lines.length - 1] = joined;
	else lines.push(line);
}

/** The same that happened twice in a row is said once. */
function joinedTo(last: Line, line: Line): Line | undefined {
	if (last.kind === "notice" && line.kind === "notice" && last.what === line.what && line.text === undefined) {
		return { ...last, people: [...new Set([...last.people, ...line.people])] };
	}
	if (last.kind === "answers" && line.kind === "answers" && last.root === line.root) {
		return { ...line, people: [...new Set([...last.people, ...line.people])], count: last.count + line.count };
	}
	return undefined;
}

/** A post in the channel's main line, or a word that a thread goes on. */
function saidBy(event: RoomEvent, reading: Reading): Line | undefined {
	const relates = relation(event);
	if (relates?.type === "m.replace") return undefined;
	if (relates?.type === "m.thread" && relates.event !== undefined) return answersOf(event, relates.event, reading);
	return postOf(event, reading);
}

function answersOf(event: RoomEvent, root: EventId, reading: Reading): Answers | undefined {
	if (event.redacted) return undefined;
	const content = presentContent(event, relatedTo(reading.relations, event.id));
	const body = bodyOf(content, false).replaceAll("\n", " ");
	return {
		kind: "answers",
		post: false,
		key: event.id,
		at: event.at,
		sender: event.sender,
		root,
		people: [event.sender],
		count: 1,
		content,
		body,
	};
}

function postOf(event: RoomEvent, { relations, me }: Reading): Post {
	const related = relatedTo(relations, event.id);
	const relates = relation(event);
	const reply = relates?.replyTo !== undefined && !fallsBack(event.content) ? relates.replyTo : undefined;
	const pending = related.wordings.at(-1)?.state;
	return {
		...wordsOf(presentContent(event, related), reply !== undefined),
		kind: "post",
		post: true,
		key: event.id,
		row: event.txn ?? event.id,
		event: event.id,
		at: event.at,
		sender: event.sender,
		mine: event.sender === me,
		removed: event.redacted || related.leaving,
		calls: event.sender !== me && calls(event.content, me as RoomEvent["sender"]),
		replyTo: reply,
		thread: relates?.type === "m.thread" ? relates.event : undefined,
		sending: event.sender === me ? (pending === undefined ? "sent" : standing(pending)) : undefined,
		txn: related.wordings.at(-1)?.txn,
		related,
	};
}

/** In a thread every post names the one before it, for clients that know no threads; that is no reply. */
function fallsBack(content: Content): boolean {
	const relates = content["m.relates_to"];
	return typeof relates === "object" && relates !== null && (relates as Content)["is_falling_back"] === true;
}

const standing = (state: Outgoing["state"]): Sending => (state === "sending" ? "waiting" : state);

/** A post that was shown, as it is now. One that was on its way is known by its transaction once the hub has it. */
export function asItIsNow(shown: Post, lines: readonly Line[], room: Room): Post {
	const event = shown.event ?? room.timeline.find(({ txn }) => txn !== undefined && txn === shown.txn)?.id;
	return (
		lines.find((line): line is Post => line.kind === "post" && (line.key === shown.key || (event !== undefined && line.event === event))) ??
		shown
	);
}

/** What waits in the outbox: in the main line, or in one thread. */
function pendingPosts({ room, outbox, me, relations }: Reading, thread: EventId | undefined): Post[] {
	const here = new Set<string | undefined>(room.timeline.flatMap((event) => [event.id, event.txn ?? event.id]));
	return outbox
		.filter((item) => item.room === room.id && !here.has(item.event) && !here.has(item.txn))
		.flatMap((item) => {
			const post = pendingOf(item, me, relations);
			return post && post.thread === thread ? [post] : [];
		});
}

function pendingOf({ act, txn, at, state, file, fleeting, error }: Outgoing, me: string, relations: Relations): Post | undefined {
	if (act.kind !== "send" || act.type !== "m.room.message") return undefined;
	const relates = relation({ content: act.content });
	if (relates?.type === "m.replace") return undefined;
	return {
		...wordsOf(act.content, false),
		kind: "post",
		post: true,
		key: txn,
		row: txn,
		txn,
		at,
		sender: me,
		mine: true,
		removed: false,
		calls: false,
		replyTo: fallsBack(act.content) ? undefined : relates?.replyTo,
		thread: relates?.type === "m.thread" ? relates.event : undefined,
		sending: standing(state),
		file,
		fleeting,
		...(error && { error }),
		related: relatedTo(relations, undefined),
	};
}

function wordsOf(content: Content, reply: boolean): Pick<Post, "content" | "body" | "html" | "language"> {
	const html = content["format"] === "org.matrix.custom.html" ? text(content, "formatted_body") : undefined;
	return { content, body: bodyOf(content, reply), html, language: text(content, "network.panah.language") };
}

/** The words of a post. Other people's clients put the quoted words before a reply (Matrix, "rich replies"); ours shows them apart. */
function bodyOf(content: Content, reply: boolean): string {
	const body = attachmentOf(content) ? captionOf(content) : (text(content, "body") ?? "");
	return reply ? body.replace(/^(> .*\n)+\n?/u, "") : body;
}

const memberships: Record<string, Happening> = { join: "joined", invite: "invited", ban: "removed" };

function noticeOf(event: RoomEvent, members: Map<string, string>): Notice | undefined {
	const about = happening(event, members);
	if (!about) return undefined;
	return { kind: "notice", post: false, key: event.id, at: event.at, sender: event.sender, ...about };
}

function happening(event: RoomEvent, members: Map<string, string>): Pick<Notice, "what" | "people" | "text"> | undefined {
	if (event.stateKey === undefined) return undefined;
	switch (event.type) {
		case "m.room.create":
			return { what: "created", people: [event.sender] };
		case "m.room.name":
			return { what: "named", people: [event.sender], text: text(event.content, "name") ?? "" };
		case "m.room.topic":
			return { what: "topic", people: [event.sender], text: text(event.content, "topic") ?? "" };
		case "m.room.pinned_events":
			return { what: "pinned", people: [event.sender] };
		case "m.room.tombstone":
			return text(event.content, "replacement_room") === undefined ? undefined : { what: "moved", people: [event.sender] };
		case "m.room.member":
			return memberNotice(event, event.stateKey, members);
	}
	return undefined;
}

/** A membership that stays as it was is only a new name or picture, and no news. */
function memberNotice(event: RoomEvent, who: string, members: Map<string, string>) {
	const membership = text(event.content, "membership") ?? "leave";
	const before = members.get(who);
	members.set(who, membership);
	if (membership === before) return undefined;
	const what = memberships[membership] ?? (event.sender === who ? "left" : "removed");
	return { what, people: [who] };
}

/** Who has read up to a post or further, apart from its author and oneself. */
export function readersOf(room: Room, event: string, me: string): Member[] {
	const places = new Map<string, number>(room.timeline.map((one, place) => [one.id, place]));
	const at = places.get(event);
	if (at === undefined) return [];
	const author = room.timeline[at]?.sender;
	return [...room.receipts]
		.filter(([who, receipt]) => who !== me && who !== author && (places.get(receipt.event) ?? -1) >= at)
		.flatMap(([who]) => room.members.get(who) ?? []);
}
