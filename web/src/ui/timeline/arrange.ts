/** What the arrangement needs to know of an entry of a timeline. */
export interface Entry {
	key: string;
	/** Unix milliseconds. */
	at: number;
	sender: string;
	/** Posts stand under their author's name; anything else stands alone. */
	post: boolean;
	language?: string | undefined;
}

export type Item<T extends Entry> =
	| { kind: "day"; key: string; at: number }
	| { kind: "fresh"; key: "fresh" }
	| { kind: "entry"; key: string; entry: T; first: boolean; last: boolean };

/** Posts of one author this close together stand under one name. */
const together = 5 * 60_000;

interface Options {
	/** Names the day of a moment in the reader's calendar and time zone; only sameness matters. */
	dayOf: (at: number) => string;
	/** The key of the first entry that was new when the timeline was opened. */
	freshFrom?: string | undefined;
}

/** Puts day separators and the mark of what is new between the entries, and tells which of them begin and end a group. */
export function arrange<T extends Entry>(entries: readonly T[], { dayOf, freshFrom }: Options): Item<T>[] {
	const items: Item<T>[] = [];
	let previous: T | undefined;
	let day: string | undefined;
	for (const entry of entries) {
		const today = dayOf(entry.at);
		const fresh = entry.key === freshFrom;
		if (today !== day) items.push({ kind: "day", key: `day ${today}`, at: entry.at });
		if (fresh) items.push({ kind: "fresh", key: "fresh" });
		const first = today !== day || fresh || !joins(previous, entry);
		if (first) endGroup(items);
		items.push({ kind: "entry", key: entry.key, entry, first, last: false });
		[previous, day] = [entry, today];
	}
	endGroup(items);
	return unique(items);
}

function joins(before: Entry | undefined, entry: Entry): boolean {
	if (!before?.post || !entry.post) return false;
	return before.sender === entry.sender && before.language === entry.language && Math.abs(entry.at - before.at) < together;
}

function endGroup<T extends Entry>(items: Item<T>[]): void {
	const last = items.findLast((item) => item.kind === "entry");
	if (last?.kind === "entry") last.last = true;
}

/** Clocks of devices differ, so a day may come twice; keys of a list may not. */
function unique<T extends Entry>(items: Item<T>[]): Item<T>[] {
	const seen = new Map<string, number>();
	for (const item of items) {
		const times = seen.get(item.key) ?? 0;
		seen.set(item.key, times + 1);
		if (times > 0 && item.kind === "day") item.key += ` ${times}`;
	}
	return items;
}
