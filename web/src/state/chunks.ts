import type { EventId } from "../wire/ids";
import type { Event } from "../wire/sync";

/** A run of events that is kept as one record. Its name is its first event's id. */
export interface Chunk {
	readonly name: EventId;
	readonly events: readonly Event[];
}

/** How many events a chunk has on average. */
const usual = 64;
/** What is older than this is not kept, unless it is among the newest posts of its channel. */
const keptFor = 14 * 86_400_000;
const alwaysKept = 60;

/**
 * Cuts a timeline where the ids themselves say so. Wherever events are added, at either end, the cuts elsewhere stay, so that only the
 * records at that end have to be written anew.
 */
export function chunksOf(timeline: readonly Event[]): Chunk[] {
	const chunks: Chunk[] = [];
	let from = 0;
	for (let n = 1; n <= timeline.length; n++) {
		const next = timeline[n];
		if (next && !begins(next.id)) continue;
		const events = timeline.slice(from, n);
		const first = events[0];
		if (first) chunks.push({ name: first.id, events });
		from = n;
	}
	return chunks;
}

/** FNV-1a: quick, and every letter counts. */
function begins(id: EventId): boolean {
	let sum = 0x811c9dc5;
	for (let n = 0; n < id.length; n++) sum = Math.imul(sum ^ id.charCodeAt(n), 0x01000193);
	return ((sum >>> 12) ^ sum) % usual === 0;
}

/** The chunks that are kept: those of the last fourteen days, and enough of the newest for a first screen. */
export function worthKeeping(chunks: readonly Chunk[], now: number): readonly Chunk[] {
	let newer = 0;
	const kept = chunks.toReversed().filter((chunk) => {
		const keep = newer < alwaysKept || chunk.events.some((event) => event.at > now - keptFor);
		newer += chunk.events.length;
		return keep;
	});
	return kept.reverse();
}

/** Whether two chunks hold the same events. */
export const sameChunk = (a: Chunk | undefined, b: Chunk): boolean =>
	a !== undefined && a.events.length === b.events.length && a.events.every((event, n) => event === b.events[n]);
