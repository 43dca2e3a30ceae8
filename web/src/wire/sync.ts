import { type Decoder, type Json, lenient, list, maybe, number, object, record, string } from "./decode";
import { type EventId, eventId, type RoomId, roomId, type Token, token, type UserId, userId } from "./ids";

/**
 * What coming back asks for: of each channel so many posts at most, so that an ordinary day comes whole, and a long absence costs no more
 * than some tens of kilobytes; what is older is read when somebody scrolls to it. hub/node/catchup_test.go weighs it.
 */
export const catchUp = JSON.stringify({ room: { timeline: { limit: 60 } } });

/** An event of a room, as /sync and the stream carry it. */
export interface Event {
	readonly id: EventId;
	readonly type: string;
	readonly sender: UserId;
	/** Unix milliseconds. */
	readonly at: number;
	readonly content: Json;
	readonly stateKey?: string;
	/** The transaction id under which this very device sent it. */
	readonly txn?: string;
	/** What it redacts. */
	readonly redacts?: EventId;
	readonly redacted: boolean;
}

/** State of a room that one is invited to: less than an event. */
export interface Stripped {
	readonly type: string;
	readonly sender: UserId;
	readonly stateKey: string;
	readonly content: Json;
}

export interface Ephemeral {
	readonly type: string;
	readonly content: Json;
}

export interface JoinedDelta {
	readonly state: readonly Event[];
	readonly timeline: readonly Event[];
	readonly limited: boolean;
	readonly prevBatch?: string;
	readonly ephemeral: readonly Ephemeral[];
	readonly accountData: readonly Ephemeral[];
	readonly unread?: { readonly count: number; readonly highlights: number };
}

export interface PresenceOf {
	readonly user: UserId;
	readonly presence: string;
}

/** A change: an answer of /sync or a frame of the stream. */
export interface Delta {
	/** Absent where an alert has overtaken what came before it: it comes once more, in its place. */
	readonly next?: Token;
	readonly join: ReadonlyMap<RoomId, JoinedDelta>;
	readonly invite: ReadonlyMap<RoomId, readonly Stripped[]>;
	readonly leave: readonly RoomId[];
	readonly accountData: readonly Ephemeral[];
	readonly presence: readonly PresenceOf[];
}

export function decodeEvent(value: unknown): Event {
	const e = object(value);
	const content = object(e["content"]);
	const unsigned = lenient(object, e["unsigned"]) ?? {};
	const stateKey = maybe(string, e["state_key"]);
	const txn = lenient(string, unsigned["transaction_id"]);
	const redacts = lenient(string, e["redacts"]) ?? lenient(string, content["redacts"]);
	return {
		id: eventId(string(e["event_id"])),
		type: string(e["type"]),
		sender: userId(string(e["sender"])),
		at: number(e["origin_server_ts"]),
		content,
		redacted: unsigned["redacted_because"] !== undefined,
		...(stateKey !== undefined && { stateKey }),
		...(txn !== undefined && { txn }),
		...(redacts !== undefined && { redacts: eventId(redacts) }),
	};
}

function decodeStripped(value: unknown): Stripped {
	const e = object(value);
	return {
		type: string(e["type"]),
		sender: userId(string(e["sender"])),
		stateKey: string(e["state_key"]),
		content: object(e["content"]),
	};
}

function decodeEphemeral(value: unknown): Ephemeral {
	const e = object(value);
	return { type: string(e["type"]), content: object(e["content"]) };
}

function events<T>(value: unknown, each: Decoder<T>): T[] {
	return maybe((v) => maybe(list(each), object(v)["events"]), value) ?? [];
}

function decodeJoined(value: unknown): JoinedDelta {
	const r = object(value);
	const timeline = maybe(object, r["timeline"]) ?? {};
	const counts = maybe(object, r["unread_notifications"]);
	const prevBatch = maybe(string, timeline["prev_batch"]);
	return {
		state: events(r["state"], decodeEvent),
		timeline: maybe(list(decodeEvent), timeline["events"]) ?? [],
		limited: timeline["limited"] === true,
		ephemeral: events(r["ephemeral"], decodeEphemeral),
		accountData: events(r["account_data"], decodeEphemeral),
		...(prevBatch !== undefined && { prevBatch }),
		...(counts && {
			unread: { count: maybe(number, counts["notification_count"]) ?? 0, highlights: maybe(number, counts["highlight_count"]) ?? 0 },
		}),
	};
}

function decodePresence(value: unknown): PresenceOf {
	const e = object(value);
	return { user: userId(string(e["sender"])), presence: lenient(string, object(e["content"])["presence"]) ?? "offline" };
}

function byRoom<T>(value: unknown, each: Decoder<T>): Map<RoomId, T> {
	return new Map(Object.entries(maybe(record(each), value) ?? {}).map(([id, part]) => [roomId(id), part]));
}

/** An alert as the stream has it (docs/stream.md): the event is made again from what it holds. */
function decodeAlert(value: unknown): [RoomId, JoinedDelta] {
	const a = object(value);
	const updates = maybe(string, a["updates"]);
	const relates = updates === undefined ? {} : { "m.relates_to": { rel_type: "network.panah.update", event_id: updates } };
	const event: Event = {
		id: eventId(string(a["event_id"])),
		type: "m.room.message",
		sender: userId(string(a["sender"])),
		at: number(a["at"]),
		content: { "network.panah.alert": object(a["block"]), ...relates },
		redacted: false,
	};
	return [roomId(string(a["room_id"])), { state: [], timeline: [event], limited: false, ephemeral: [], accountData: [] }];
}

export function decodeDelta(value: unknown): Delta {
	const d = object(value);
	const rooms = maybe(object, d["rooms"]) ?? {};
	const early = d["rooms"] !== undefined || d["alert"] !== undefined;
	const next = early ? maybe(string, d["next_batch"]) : string(d["next_batch"]);
	const alert = maybe(decodeAlert, d["alert"]);
	return {
		...(next !== undefined && { next: token(next) }),
		join: alert ? new Map([alert]) : byRoom(rooms["join"], decodeJoined),
		invite: byRoom(rooms["invite"], (v) => events(object(v)["invite_state"], decodeStripped)),
		leave: Object.keys(maybe(object, rooms["leave"]) ?? {}).map(roomId),
		accountData: events(d["account_data"], decodeEphemeral),
		presence: events(d["presence"], decodePresence),
	};
}
