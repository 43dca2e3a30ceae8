import type { Mark } from "../../state";

/** A piece of a text that was found or stands beside it. */
export interface Piece {
	readonly text: string;
	readonly found: boolean;
}

const before = 60;
const length = 240;

/** The part of a text round the first thing that was found in it, in pieces; cut between words and never inside a character. */
export function excerpt(text: string, marks: readonly Mark[]): Piece[] {
	const from = cutAt(text, Math.max(0, (marks[0]?.[0] ?? 0) - before), 0);
	const to = cutAt(text, Math.min(text.length, from + length), text.length);
	const pieces: Piece[] = [];
	let at = from;
	const add = (until: number, found: boolean) => {
		if (until > at) pieces.push({ text: text.slice(at, until), found });
		at = Math.max(at, until);
	};
	for (const [start, end] of marks) {
		if (start < from || end > to) continue;
		add(start, false);
		add(end, true);
	}
	add(to, false);
	return [...(from > 0 ? [dots] : []), ...pieces, ...(to < text.length ? [dots] : [])];
}

const dots: Piece = { text: "…", found: false };

/** The end of a word at or before a place, unless that is far away. */
function cutAt(text: string, at: number, end: number): number {
	if (at === end) return at;
	const space = text.lastIndexOf(" ", at);
	if (space > at - 30 && space >= 0) return space;
	return /[\udc00-\udfff]/.test(text[at] ?? "") ? at - 1 : at;
}
