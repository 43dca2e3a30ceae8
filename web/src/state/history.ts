import { type Json, lenient, list, maybe, number, object, string } from "../wire/decode";
import { nothing, path, request } from "../wire/http";
import type { EventId, RoomId, UserId } from "../wire/ids";
import { decodeEvent, type Event } from "../wire/sync";

/** A stretch of a channel's past. */
export interface Page {
	readonly events: readonly Event[];
	/** Where it goes on; undefined at the end. */
	readonly end: string | undefined;
}

/** A post with what stands around it, oldest first. */
export interface Passage {
	readonly event: EventId;
	readonly events: readonly Event[];
}

/** A thread in the list of a channel's threads. */
export interface ThreadSum {
	readonly root: Event;
	readonly count: number;
	readonly latest: Event;
}

const pageSize = "40";
const around = "30";

function decodePage(value: unknown): Page {
	const o = object(value);
	return { events: list(decodeEvent)(o["chunk"]), end: lenient((v) => maybe(string, v), o["end"]) };
}

/** Older posts, newest first, from a place on. */
export const olderPosts = (room: RoomId, from: string): Promise<Page> =>
	request("GET", path`/_matrix/client/v3/rooms/${room}/messages`, decodePage, { query: { dir: "b", from, limit: pageSize } });

/** The place before an event, to read on from there. */
export const placeBefore = (room: RoomId, event: EventId): Promise<string> =>
	request("GET", path`/_matrix/client/v3/rooms/${room}/context/${event}`, (v) => string(object(v)["start"]), { query: { limit: "0" } });

/** A post that is too far back to scroll to, with its surroundings. */
export const passage = (room: RoomId, event: EventId): Promise<Passage> =>
	request(
		"GET",
		path`/_matrix/client/v3/rooms/${room}/context/${event}`,
		(value) => {
			const o = object(value);
			const before = list(decodeEvent)(o["events_before"]).reverse();
			return { event, events: [...before, decodeEvent(o["event"]), ...list(decodeEvent)(o["events_after"])] };
		},
		{ query: { limit: around } },
	);

export const oneEvent = (room: RoomId, event: EventId): Promise<Event> =>
	request("GET", path`/_matrix/client/v3/rooms/${room}/event/${event}`, decodeEvent);

/** Everything of one kind that relates to an event, oldest first: the posts of a thread, the wordings of a post. */
export async function relatedEvents(room: RoomId, event: EventId, kind: "m.thread" | "m.replace" | "m.annotation"): Promise<Event[]> {
	const all: Event[] = [];
	for (let from: string | undefined, first = true; first || from !== undefined; first = false) {
		const page = await relationsPage(room, event, kind, from);
		all.push(...page.events);
		from = page.end;
	}
	return all.reverse();
}

function relationsPage(room: RoomId, event: EventId, kind: string, from: string | undefined): Promise<Page> {
	const decode = (value: unknown) => {
		const o = object(value);
		return { events: list(decodeEvent)(o["chunk"]), end: lenient((v) => maybe(string, v), o["next_batch"]) };
	};
	return request("GET", path`/_matrix/client/v1/rooms/${room}/relations/${event}/${kind}`, decode, {
		query: { dir: "b", limit: "100", from },
	});
}

/** A channel's threads, the one with the latest answer first. */
export const threads = (room: RoomId): Promise<ThreadSum[]> =>
	request("GET", path`/_matrix/client/v1/rooms/${room}/threads`, (v) => list(object)(object(v)["chunk"]).flatMap(decodeThread), {
		query: { limit: "50" },
	});

function decodeThread(value: Json): ThreadSum[] {
	const sum = lenient(object, lenient(object, lenient(object, value["unsigned"])?.["m.relations"])?.["m.thread"]);
	if (!sum) return [];
	return [{ root: decodeEvent(value), count: lenient(number, sum["count"]) ?? 1, latest: decodeEvent(sum["latest_event"]) }];
}

/** Marks a channel as unread, or takes the mark off (Matrix, m.marked_unread). */
export const markUnread = (me: UserId, room: RoomId, unread: boolean): Promise<void> =>
	request("PUT", path`/_matrix/client/v3/user/${me}/rooms/${room}/account_data/m.marked_unread`, nothing, { body: { unread } });

/** Mutes a channel: a push rule of the person's own that says nothing for it (Matrix, "Push rules"). */
export async function mute(room: RoomId, muted: boolean): Promise<void> {
	const rule = path`/_matrix/client/v3/pushrules/global/override/${room}`;
	if (!muted) return request("DELETE", rule, nothing);
	const conditions = [{ kind: "event_match", key: "room_id", pattern: room }];
	return request("PUT", rule, nothing, { body: { conditions, actions: [] } });
}

/** The channels that the person's push rules keep silent. */
export function mutedRooms(rules: Json | undefined): ReadonlySet<string> {
	const override = lenient(list(object), lenient(object, rules?.["global"])?.["override"]) ?? [];
	return new Set(override.filter(silent).map((rule) => String(rule["rule_id"])));
}

function silent(rule: Json): boolean {
	const id = lenient(string, rule["rule_id"]);
	const actions = lenient(list((v) => v), rule["actions"]) ?? [];
	return id?.startsWith("!") === true && rule["enabled"] !== false && actions.every((action) => action === "dont_notify");
}

