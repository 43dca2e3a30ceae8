import { type Json, lenient, list, number, string } from "../wire/decode";
import { type UserId, userId } from "../wire/ids";
import type { Event, JoinedDelta } from "../wire/sync";
import { localpart, type Room } from "./model";

/** Where the hub tells what it has emptied without an event (hub/feed, `TypeEmptied`). */
export const emptiedType = "network.panah.emptied";

interface Emptied {
	/** Posts sent before it are gone, Unix milliseconds. */
	readonly before: number;
	/** Ids of events that are gone, and of people whose names are: the last ones. */
	readonly gone: ReadonlySet<string>;
	/** How many there were ever. */
	readonly count: number;
}

function decodeEmptied(content: Json): Emptied {
	const gone = new Set(lenient(list(string), content["gone"]) ?? []);
	return { before: lenient(number, content["before"]) ?? 0, gone, count: lenient(number, content["count"]) ?? gone.size };
}

/** The posts of a room that a change says are gone. */
export function emptiedIn(room: Room | undefined, { accountData }: Pick<JoinedDelta, "accountData">): readonly Event[] {
	const told = accountData.findLast((e) => e.type === emptiedType);
	if (!room || !told) return [];
	const emptied = decodeEmptied(told.content);
	return room.timeline.filter((e) => isGone(e, emptied));
}

const isGone = (e: Event, { before, gone }: Emptied): boolean => e.stateKey === undefined && (e.at < before || gone.has(e.id));

/**
 * What is known of a room without what the hub has emptied. `known` is how many emptied things the room had heard of: whoever has missed some of
 * them, for having been away long, keeps of the timeline only what came with this very change, and reads the rest again.
 */
export function withoutEmptied(room: Room, content: Json, { timeline, prevBatch }: JoinedDelta, known: number | undefined, next: string | undefined): Room {
	const emptied = decodeEmptied(content);
	const missed = known !== undefined && emptied.count - known > emptied.gone.size;
	const kept = missed ? room.timeline.filter((e) => timeline.some((fresh) => fresh.id === e.id)) : room.timeline;
	const left = kept.filter((e) => !isGone(e, emptied)).map((e) => (emptied.gone.has(e.id) ? nameless(e) : e));
	const from = (timeline.length > 0 ? prevBatch : undefined) ?? next;
	return {
		...room,
		timeline: left,
		members: new Map([...room.members].map(([id, member]) => [id, emptied.gone.has(id) ? nobodyOf(id, member.membership) : member])),
		emptied: emptied.count,
		...(missed && from !== undefined && { before: from }),
	};
}

/** Of a membership stays which it is, as on the hub. */
function nameless(e: Event): Event {
	const membership = e.content["membership"];
	return { ...e, content: membership === undefined ? {} : { membership } };
}

const nobodyOf = (id: UserId, membership: string) => ({ id: userId(id), name: localpart(id), membership });
