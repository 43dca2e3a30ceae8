import { isPost, type Member, type Outgoing, relation, type Room } from "../../state";
import { type EventId, type RoomEvent, text } from "./read";
import type { Entry } from "./arrange";

/** Where a post of mine stands on its way. */
export type Sending = "waiting" | "sent" | "failed";

/** Something that someone wrote. */
export interface Post extends Entry {
	kind: "post";
	post: true;
	event?: EventId;
	body: string;
	replyTo?: EventId | undefined;
	mine: boolean;
	removed: boolean;
	sending?: Sending | undefined;
	txn?: string | undefined;
}

export type Happening = "joined" | "left" | "invited" | "removed" | "named" | "topic" | "created";

/** Something that happened in the channel. People to whom the same happened one after another stand in one line. */
export interface Notice extends Entry {
	kind: "notice";
	post: false;
	what: Happening;
	people: readonly string[];
	text?: string | undefined;
}

export type Line = Post | Notice;

/** Turns a room's events, and what waits in the outbox for it, into lines to show, oldest first. */
export function linesOf(room: Room, outbox: readonly Outgoing[], me: string): Line[] {
	const members = new Map<string, string>();
	const lines: Line[] = [];
	let created: RoomEvent | undefined;
	for (const event of room.timeline) {
		if (event.type === "m.room.create") created = event;
		if (belongsTo(created, event)) {
			members.set(event.stateKey ?? "", text(event.content, "membership") ?? "");
			continue;
		}
		const line = isPost(event) ? postOf(event, me) : noticeOf(event, members);
		if (line) add(lines, line);
	}
	const here = new Set<string | undefined>(room.timeline.map((event) => event.id));
	return [...lines, ...outbox.filter((item) => item.room === room.id && !here.has(item.event)).map((item) => pendingOf(item, me))];
}

/** What a channel is made with comes in the same moment, and says no more than that it was made. */
const oneMoment = 2_000;

function belongsTo(created: RoomEvent | undefined, event: RoomEvent): boolean {
	if (!created || event === created || event.stateKey === undefined || event.at - created.at > oneMoment) return false;
	return event.sender === created.sender && (event.type !== "m.room.member" || event.stateKey === created.sender);
}

function add(lines: Line[], line: Line): void {
	const last = lines.at(-1);
	if (last?.kind === "notice" && line.kind === "notice" && last.what === line.what && line.text === undefined) {
		lines[lines.length - 1] = { ...last, people: [...new Set([...last.people, ...line.people])] };
	} else lines.push(line);
}

function postOf(event: RoomEvent, me: string): Post | undefined {
	const relates = relation(event);
	if (relates?.type === "m.replace") return undefined;
	return {
		kind: "post",
		post: true,
		key: event.id,
		event: event.id,
		at: event.at,
		sender: event.sender,
		mine: event.sender === me,
		removed: event.redacted,
		body: bodyOf(event.content, relates?.replyTo !== undefined),
		language: text(event.content, "network.panah.language"),
		replyTo: relates?.replyTo,
		sending: event.sender === me ? "sent" : undefined,
	};
}

function pendingOf(item: Outgoing, me: string): Post {
	const reply = relation({ content: item.content } as RoomEvent)?.replyTo;
	return {
		kind: "post",
		post: true,
		key: item.txn,
		txn: item.txn,
		at: item.at,
		sender: me,
		mine: true,
		removed: false,
		body: bodyOf(item.content, false),
		language: text(item.content, "network.panah.language"),
		replyTo: reply,
		sending: item.state === "sending" ? "waiting" : item.state,
	};
}

/** The words of a post. Other people's clients put the quoted words before a reply (Matrix, "rich replies"); ours shows them apart. */
function bodyOf(content: RoomEvent["content"], reply: boolean): string {
	const body = text(content, "body") ?? "";
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

/**
 * Which of the lines was the first that others wrote after the one read last, when the channel was opened. Where that one is
 * not on this device, as many as are unread are counted back from the end.
 */
export function firstFresh(lines: readonly Line[], readUpTo: string | undefined, unread: number): string | undefined {
	const fromOthers = (line: Line) => line.kind === "post" && !line.mine;
	const at = readUpTo === undefined ? -1 : lines.findIndex((line) => line.key === readUpTo);
	if (at >= 0) return lines.slice(at + 1).find(fromOthers)?.key;
	return lines.filter(fromOthers).at(-unread)?.key;
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
