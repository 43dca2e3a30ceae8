import type { Room } from "../../state";
import type { Line } from "./lines";
import type { RoomEvent } from "./read";

/** How a channel stood when it was opened. */
export interface Opened {
	/** The event read last; undefined where one has never read. */
	readonly upTo: string | undefined;
	readonly unread: number;
	/** The newest line: what came later is not new in this sense, one sees it come. */
	readonly last: string | undefined;
}

/** What was new when a channel was opened. */
export interface Fresh {
	/** The first new line that is here: where reading begins. */
	readonly start: string | undefined;
	/** The line above which the mark stands. Undefined while it is not known: a mark that moved back with every page would be nowhere to be found. */
	readonly mark?: string | undefined;
	/** Whether there is more new than what is here. */
	readonly further: boolean;
	/** Then, the event read last. */
	readonly upTo?: string | undefined;
}

/** Finds what is new among the lines that are here now. */
export function freshOf({ upTo, unread, last }: Opened, lines: readonly Line[], room: Pick<Room, "timeline" | "before">): Fresh | undefined {
	if (unread === 0) return undefined;
	const then = lines.slice(0, lines.findIndex((line) => line.key === last) + 1 || undefined);
	const { key, whole } = firstFresh(then, upTo, unread, room.timeline);
	if (whole || room.before === undefined) return { start: key, mark: key, further: false };
	return { start: key, further: true, upTo };
}

export interface FirstFresh {
	readonly key: string | undefined;
	/** Whether nothing new is further back than these lines. */
	readonly whole: boolean;
}

/**
 * Which of the lines was the first that others wrote after the event read last, when the channel was opened. Where that one is
 * not on this device, as many as are unread are counted back from the end, as far as there are lines.
 */
export function firstFresh(lines: readonly Line[], readUpTo: string | undefined, unread: number, timeline: readonly Pick<RoomEvent, "id">[]): FirstFresh {
	const fromOthers = (line: Line) => line.kind === "answers" || (line.kind === "post" && !line.mine);
	const read = readLine(lines, readUpTo, timeline);
	if (read !== undefined) return { key: lines.slice(read + 1).find(fromOthers)?.key, whole: true };
	const others = lines.filter(fromOthers);
	return { key: others.slice(-unread)[0]?.key, whole: readUpTo === undefined && others.length >= unread };
}

/** The line up to which one has read; what was read last may be an event that has no line, such as a change of words. */
function readLine(lines: readonly Line[], readUpTo: string | undefined, timeline: readonly Pick<RoomEvent, "id">[]): number | undefined {
	const at = timeline.findIndex((event) => event.id === readUpTo);
	if (at < 0) return undefined;
	const read = new Set<string>(timeline.slice(0, at + 1).map((event) => event.id));
	return lines.findLastIndex((line) => read.has(line.key));
}
