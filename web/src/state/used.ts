import { lenient, number, object, string } from "../wire/decode";
import { dropMark, mark, setMark } from "./marks";

/** How much the line was used, in bytes. */
export interface Used {
	/** In the calendar month named by `of`, such as 2026-11. */
	readonly month: number;
	readonly all: number;
	readonly of: string;
}

const key = "panah.used";
const nothing: Used = { of: "", month: 0, all: 0 };

const monthOf = (now: Date): string => now.toISOString().slice(0, 7);

/** Adds to what was used; a new month begins at nothing. */
export function plus(used: Used, bytes: number, now: Date): Used {
	const of = monthOf(now);
	return { of, month: (of === used.of ? used.month : 0) + bytes, all: used.all + bytes };
}

export function readUsed(): Used {
	try {
		const kept = object(JSON.parse(mark(key) ?? "{}"));
		return { of: lenient(string, kept["of"]) ?? "", month: lenient(number, kept["month"]) ?? 0, all: lenient(number, kept["all"]) ?? 0 };
	} catch {
		return nothing;
	}
}

export function keepUsed(used: Used): void {
	setMark(key, JSON.stringify(used));
}

/** How much somebody used the line tells how much they had to read. */
export function forgetUsed(): Used {
	dropMark(key);
	return nothing;
}
