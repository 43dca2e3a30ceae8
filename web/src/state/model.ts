import { type Json, lenient, list, number, object, string } from "../wire/decode";
import type { EventId, RoomId, Token, UserId } from "../wire/ids";
import { eventId, roomId, userId } from "../wire/ids";
import type { Delta, Ephemeral, Event, JoinedDelta, Stripped } from "../wire/sync";
import { emptiedType, withoutEmptied } from "./emptied";

/** Someone in a room. */
export interface Member {
	readonly id: UserId;
	readonly name: string;
	readonly avatar?: string;
	readonly membership: string;
}

export interface Receipt {
	readonly event: EventId;
	readonly at: number;
}

/** What a space stands for in the network (`network.panah.space`). */
export interface SpaceAbout {
	readonly kind: "network" | "country" | "organisation";
	readonly country?: string;
	readonly organisation?: string;
}

/** A room that one is in: a channel or a space. */
export interface Room {
	readonly id: RoomId;
	readonly space: boolean;
	readonly about?: SpaceAbout;
	/** The first channel of its space, which a client names in its reader's language. */
	readonly general: boolean;
	/** It carries urgent alerts to an audience, and is no channel to talk in. */
	readonly alerts: boolean;
	/** It says what shelters have free, and is no channel to talk in; or it is the private channel of a request for places. */
	readonly places?: "board" | "request";
	readonly name?: string;
	readonly topic?: string;
	readonly joinRule?: string;
	readonly powers: Json;
	readonly children: readonly RoomId[];
	readonly parents: readonly RoomId[];
	/** Posts that the channel keeps in view, in the order in which they were pinned. */
	readonly pinned: readonly EventId[];
	/** Whether what is written here may be passed on to other channels. */
	readonly forwards: boolean;
	/** How long the channel keeps its posts, in milliseconds (MSC1763); undefined for as long as the hub does. */
	readonly lifetime?: number;
	/** The event by which each part that people change in a form was set last. */
	readonly setBy: ReadonlyMap<string, EventId>;
	/** It has ended (Matrix, "m.room.tombstone"): where it goes on, if anywhere, and the server by which one comes in there. */
	readonly ended?: { readonly to?: RoomId; readonly via: string };
	/** The channel that this one goes on from. */
	readonly continues?: RoomId;
	readonly members: ReadonlyMap<UserId, Member>;
	readonly timeline: readonly Event[];
	/** Where what is older begins; undefined when the timeline reaches back to the beginning. */
	readonly before?: string;
	readonly receipts: ReadonlyMap<UserId, Receipt>;
	readonly typing: readonly UserId[];
	readonly unread: number;
	readonly highlights: number;
	/** I marked it as unread myself. */
	readonly marked: boolean;
	/** The last post that I read, for the line above what is new. */
	readonly readUpTo?: EventId;
	/** How many things the hub has emptied here without an event, as far as is known. */
	readonly emptied?: number;
}

/** A channel that one is asked into. */
export interface Invitation {
	readonly id: RoomId;
	readonly name?: string;
	readonly by?: UserId;
	readonly byName?: string;
	readonly space: boolean;
}

/** Everything that this device knows of its person's rooms, as of a position of the log. */
export interface Model {
	readonly me: UserId;
	readonly next?: Token;
	readonly rooms: ReadonlyMap<RoomId, Room>;
	readonly invitations: ReadonlyMap<RoomId, Invitation>;
	readonly accountData: ReadonlyMap<string, Json>;
	readonly presence: ReadonlyMap<UserId, string>;
}

/**
 * In which form the model is kept on a device. It counts up when the model begins to hold more of what the hub says: what was kept in an earlier form
 * lacks that, and is read anew.
 */
export const modelForm = 1;

export function emptyModel(me: UserId): Model {
	return { me, rooms: new Map(), invitations: new Map(), accountData: new Map(), presence: new Map() };
}

/** Rooms keep so many events of a timeline when more come in; older ones are read again when someone scrolls to them. */
export const timelineKept = 3000;

/** Takes a change in. Rooms that it does not touch stay the same objects. */
export function apply(model: Model, delta: Delta): Model {
	const rooms = new Map(model.rooms);
	const invitations = new Map(model.invitations);
	for (const [id, joined] of delta.join) {
		rooms.set(id, applyJoined(rooms.get(id) ?? unknownRoom(id, delta), id, joined, model.me, delta.next));
		invitations.delete(id);
	}
	for (const [id, state] of delta.invite) invitations.set(id, decodeInvitation(id, state));
	for (const id of delta.leave) {
		rooms.delete(id);
		invitations.delete(id);
	}
	return {
		...model,
		...(delta.next !== undefined && { next: delta.next }),
		rooms,
		invitations,
		accountData: merged(
			model.accountData,
			delta.accountData.map((d) => [d.type, d.content]),
		),
		presence: merged(
			model.presence,
			delta.presence.map((p) => [p.user, p.presence]),
		),
	};
}

function merged<K, V>(old: ReadonlyMap<K, V>, fresh: readonly (readonly [K, V])[]): ReadonlyMap<K, V> {
	return fresh.length === 0 ? old : new Map([...old, ...fresh]);
}

/** A room of which nothing is known yet. */
export function emptyRoom(id: RoomId): Room {
	return {
		id,
		space: false,
		general: false,
		alerts: false,
		powers: {},
		children: [],
		parents: [],
		pinned: [],
		forwards: false,
		setBy: new Map(),
		members: new Map(),
		timeline: [],
		receipts: new Map(),
		typing: [],
		unread: 0,
		highlights: 0,
		marked: false,
	};
}

/** What comes without a position is an alert: it may come before its channel does. */
function unknownRoom(id: RoomId, { next }: Delta): Room | undefined {
	return next === undefined ? { ...emptyRoom(id), alerts: true } : undefined;
}

function applyJoined(old: Room | undefined, id: RoomId, delta: JoinedDelta, me: UserId, next: Token | undefined): Room {
	let room = [...delta.state, ...delta.timeline.filter((e) => e.stateKey !== undefined)].reduce(applyState, old ?? emptyRoom(id));
	room = applyTimeline(room, delta, me);
	room = delta.ephemeral.reduce((r, e) => applyEphemeral(r, e, me), room);
	room = delta.accountData.reduce((r, e) => applyRoomData(r, e), room);
	const emptied = delta.accountData.findLast((e) => e.type === emptiedType);
	if (emptied) room = uncounted(room, withoutEmptied(room, emptied.content, delta, old && (old.emptied ?? 0), next), me);
	return delta.unread ? { ...room, unread: delta.unread.count, highlights: delta.unread.highlights } : room;
}

/** The state that people change in a form. */
const changedByHand: ReadonlySet<string> = new Set(["m.room.name", "m.room.topic", "m.room.pinned_events", "network.panah.sharing", "m.room.retention"]);

/** State events change what a room is. */
function applyState(before: Room, e: Event): Room {
	const room = changedByHand.has(e.type) ? { ...before, setBy: new Map(before.setBy).set(e.type, e.id) } : before;
	const key = e.stateKey ?? "";
	const text = (member: string) => lenient(string, e.content[member]) || undefined;
	switch (e.type) {
		case "m.room.create":
			return optional({ ...room, space: text("type") === "m.space" }, "continues", predecessorIn(e.content));
		case "m.room.tombstone":
			return key === "" ? { ...room, ended: endIn(e) } : room;
		case "m.room.name":
			return optional(room, "name", text("name"));
		case "m.room.topic":
			return optional(room, "topic", text("topic"));
		case "m.room.join_rules":
			return optional(room, "joinRule", text("join_rule"));
		case "m.room.power_levels":
			return { ...room, powers: e.content };
		case "m.space.child":
			return { ...room, children: linked(room.children, roomId(key), e.content) };
		case "m.space.parent":
			return { ...room, parents: linked(room.parents, roomId(key), e.content) };
		case "network.panah.space":
			return optional(room, "about", decodeAbout(e.content));
		case "m.room.pinned_events":
			return { ...room, pinned: (lenient(list(string), e.content["pinned"]) ?? []).map(eventId) };
		case "network.panah.sharing":
			return { ...room, forwards: e.content["forward"] === true };
		case "m.room.retention":
			return optional(room, "lifetime", lenient(number, e.content["max_lifetime"]));
		case "network.panah.channel":
			return optional({ ...room, general: text("kind") === "general", alerts: text("kind") === "alerts" }, "places", placesOf(text("kind")));
		case "m.room.member":
			return { ...room, members: new Map(room.members).set(userId(key), decodeMember(userId(key), e.content)) };
	}
	return room;
}

const placesOf = (kind: string | undefined): Room["places"] => (kind === "places" ? "board" : kind === "place" ? "request" : undefined);

function predecessorIn(content: Json): RoomId | undefined {
	const id = lenient(string, lenient(object, content["predecessor"])?.["room_id"]);
	return id === undefined ? undefined : roomId(id);
}

/** Whoever ended the channel is in the new one, so their server knows the way in. */
function endIn({ content, sender }: Event): NonNullable<Room["ended"]> {
	const to = lenient(string, content["replacement_room"]);
	return { via: serverOf(sender), ...(to && { to: roomId(to) }) };
}

/** A part that may be absent is absent, not undefined. */
function optional<K extends "name" | "topic" | "about" | "joinRule" | "lifetime" | "places" | "continues">(room: Room, part: K, value: Room[K] | undefined): Room {
	const { [part]: _gone, ...rest } = room;
	return (value === undefined ? rest : { ...rest, [part]: value }) as Room;
}

/** A link in a space counts while it names a server to go by (Matrix, "m.space.child"). */
function linked(old: readonly RoomId[], id: RoomId, content: Json): readonly RoomId[] {
	const without = old.filter((other) => other !== id);
	return lenient(list(string), content["via"]) === undefined ? without : [...without, id];
}

export function decodeAbout(content: Json): SpaceAbout | undefined {
	const kind = lenient(string, content["kind"]);
	if (kind !== "network" && kind !== "country" && kind !== "organisation") return undefined;
	const country = lenient(string, content["country"]);
	const organisation = lenient(string, content["organisation_id"]);
	return { kind, ...(country !== undefined && { country }), ...(organisation !== undefined && { organisation }) };
}

function decodeMember(id: UserId, content: Json): Member {
	const avatar = lenient(string, content["avatar_url"]);
	return {
		id,
		name: lenient(string, content["displayname"]) || localpart(id),
		membership: lenient(string, content["membership"]) ?? "leave",
		...(avatar !== undefined && { avatar }),
	};
}

export function localpart(id: UserId): string {
	return id.slice(1).split(":")[0] ?? id;
}

/** The server that a person's account is on (Matrix, "User Identifiers"). */
export const serverOf = (user: string): string => user.slice(user.indexOf(":") + 1);

/** New posts go to the end; a gap before them throws away what stood there, to be read again when someone scrolls up. */
function applyTimeline(room: Room, delta: JoinedDelta, me: UserId): Room {
	if (delta.timeline.length === 0 && !delta.limited) return room;
	const base = delta.limited ? [] : room.timeline;
	const known = new Map(base.map((e) => [e.id, e]));
	const fresh = delta.timeline.filter((e) => !known.has(e.id));
	const emptied = redactedBy(fresh);
	// What comes again was an alert that overtook what it now follows.
	const again = new Set(delta.timeline.filter((e) => known.has(e.id)).map((e) => e.id));
	const stays = again.size === 0 ? base : base.filter((e) => !again.has(e.id));
	const all = [...stays, ...delta.timeline.map((e) => known.get(e.id) ?? e)].map(emptied);
	const cut = all.length > timelineKept ? all.slice(-timelineKept / 2) : all; // a week of a busy channel, some 2 MB
	const before = beforeOf(room, delta, base.length === 0, cut !== all);
	const { before: _gone, ...rest } = room;
	const posts = fresh.map(emptied).filter((e) => counts(e, me));
	const undone = behind(base, room.receipts.get(me)?.event).filter((e) => counts(e, me) && emptied(e) !== e);
	const plus = (old: number, which: (e: Event) => boolean) => Math.max(0, old + posts.filter(which).length - undone.filter(which).length);
	return {
		...rest,
		timeline: cut,
		typing: room.typing.filter((user) => !fresh.some((e) => e.sender === user && isPost(e))),
		...(delta.unread === undefined && { unread: plus(room.unread, () => true), highlights: plus(room.highlights, mentions(me)) }),
		...(before !== undefined && { before }),
	};
}

/** Posts that were new and are gone are not new any more. */
function uncounted(before: Room, after: Room, me: UserId): Room {
	const left = new Set(after.timeline.map((e) => e.id));
	const undone = behind(before.timeline, before.receipts.get(me)?.event).filter((e) => counts(e, me) && !left.has(e.id));
	const minus = (old: number, which: (e: Event) => boolean) => Math.max(0, old - undone.filter(which).length);
	return { ...after, unread: minus(before.unread, () => true), highlights: minus(before.highlights, mentions(me)) };
}

/** What came after an event; all of it, where the event is too old to be known. */
function behind(timeline: readonly Event[], event: EventId | undefined): readonly Event[] {
	return timeline.slice(timeline.findIndex((e) => e.id === event) + 1);
}

/** Positions count as page tokens, but a cut timeline has none of its own: then it must be read anew from its first event. */
function beforeOf(room: Room, delta: JoinedDelta, anew: boolean, cut: boolean): string | undefined {
	if (cut) return "context";
	return anew ? delta.prevBatch : room.before;
}

/** Empties what one of the fresh events redacts. */
function redactedBy(fresh: readonly Event[]): (e: Event) => Event {
	const gone = new Set(fresh.filter((e) => e.type === "m.room.redaction").map((e) => e.redacts));
	return (e) => (gone.has(e.id) ? { ...e, content: {}, redacted: true } : e);
}

export function isPost(e: Event): boolean {
	return e.type === "m.room.message" || e.type === "m.room.encrypted";
}

/** The part of a message that makes it an urgent alert. */
export const alertMember = "network.panah.alert";

/** The alert that a message is, or is a later version of; undefined for all others. */
export function alertOf(e: Pick<Event, "content" | "id">): EventId | undefined {
	if (!lenient(object, e.content[alertMember])) return undefined;
	const relates = relation(e);
	return relates?.type === "network.panah.update" && relates.event ? relates.event : e.id;
}

/** Whether an event is new to its reader. */
function counts(e: Event, me: UserId): boolean {
	return isPost(e) && e.sender !== me && !e.redacted && relation(e)?.type !== "m.replace";
}

const mentions = (me: UserId) => (e: Event) => calls(e.content, me);

/** What m.relates_to says. */
export function relation(e: Pick<Event, "content">): { type?: string; event?: EventId; replyTo?: EventId } | undefined {
	const relates = lenient(object, e.content["m.relates_to"]);
	if (!relates) return undefined;
	const type = lenient(string, relates["rel_type"]);
	const event = lenient(string, relates["event_id"]);
	const reply = lenient(string, lenient(object, relates["m.in_reply_to"])?.["event_id"]);
	return {
		...(type !== undefined && { type }),
		...(event !== undefined && { event: eventId(event) }),
		...(reply !== undefined && { replyTo: eventId(reply) }),
	};
}

function applyEphemeral(room: Room, e: Ephemeral, me: UserId): Room {
	if (e.type === "m.typing") {
		const users = (lenient(list(string), e.content["user_ids"]) ?? []).map(userId);
		return { ...room, typing: users.filter((user) => user !== me) };
	}
	return e.type === "m.receipt" ? applyReceipts(room, e.content, me) : room;
}

function applyReceipts(room: Room, content: Json, me: UserId): Room {
	const receipts = new Map(room.receipts);
	let mine: EventId | undefined;
	for (const [event, kinds] of Object.entries(content)) {
		for (const kind of ["m.read", "m.read.private"]) {
			for (const [user, data] of Object.entries(lenient(object, lenient(object, kinds)?.[kind]) ?? {})) {
				const at = lenient(number, lenient(object, data)?.["ts"]) ?? 0;
				receipts.set(userId(user), { event: eventId(event), at });
				if (user === me) mine = eventId(event);
			}
		}
	}
	const read = { ...room, receipts };
	return mine === undefined ? read : recount(read, mine, me);
}

/** After my own receipt, what is unread is what others wrote behind it. */
function recount(room: Room, upTo: EventId, me: UserId): Room {
	const at = room.timeline.findIndex((e) => e.id === upTo);
	const read = { ...room, readUpTo: upTo };
	if (at < 0) return read;
	const rest = room.timeline.slice(at + 1).filter((e) => counts(e, me));
	return { ...read, unread: rest.length, highlights: rest.filter(mentions(me)).length };
}

function applyRoomData(room: Room, e: Ephemeral): Room {
	if (e.type === "m.marked_unread") return { ...room, marked: e.content["unread"] === true };
	const read = e.type === "m.fully_read" ? lenient(string, e.content["event_id"]) : undefined;
	return read === undefined ? room : { ...room, readUpTo: eventId(read) };
}

function decodeInvitation(id: RoomId, state: readonly Stripped[]): Invitation {
	const find = (type: string) => state.find((e) => e.type === type);
	const name = lenient(string, find("m.room.name")?.content["name"]) || undefined;
	const own = state.find((e) => e.type === "m.room.member" && e.content["membership"] === "invite");
	const inviter = state.find((e) => e.type === "m.room.member" && e.stateKey === own?.sender);
	const byName = inviter && lenient(string, inviter.content["displayname"]);
	return {
		id,
		space: find("m.room.create")?.content["type"] === "m.space",
		...(name !== undefined && { name }),
		...(own && { by: own.sender }),
		...(byName !== undefined && { byName }),
	};
}

/**
 * Older events, newest first, as /messages gives them, go to the beginning. `asked` is the room as it was when they were asked for:
 * if its timeline begins elsewhere since then, after a gap or a cut, they do not belong before it and are left out.
 */
export function prepend(room: Room, asked: Room, older: readonly Event[], before: string | undefined): Room {
	if (room.before !== asked.before || room.timeline[0]?.id !== asked.timeline[0]?.id) return room;
	const known = new Set(room.timeline.map((e) => e.id));
	const fresh = older.filter((e) => !known.has(e.id)).reverse();
	const { before: _gone, ...rest } = room;
	return { ...rest, timeline: [...fresh, ...room.timeline], ...(before !== undefined && { before }) };
}

/** The post that was written last. Later wordings of older ones are none. */
export function lastPost(room: Room): Event | undefined {
	return room.timeline.findLast((e) => isPost(e) && relation(e)?.type !== "m.replace");
}

/** Whether a post calls someone, or everybody in the channel. */
export function calls(content: Json, user: UserId): boolean {
	const all = lenient(object, content["m.mentions"]);
	return all?.["room"] === true || (lenient(list(string), all?.["user_ids"]) ?? []).includes(user);
}
