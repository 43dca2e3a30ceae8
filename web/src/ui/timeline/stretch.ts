/** A stretch of a long list that is on the page: indices from `from` up to, not including, `to`. */
export interface Stretch {
	from: number;
	to: number;
}

/** Posts on the page at once, and posts taken in at an end. Enough for three screens of a tall phone in either direction. */
export const most = 180;
export const step = 60;

/** The newest end, where reading begins. */
export function atEnd(length: number): Stretch {
	return { from: Math.max(0, length - step), to: length };
}

/** Takes in older ones; lets go of the newest when the page would grow too long. */
export function older({ from, to }: Stretch): Stretch {
	const start = Math.max(0, from - step);
	return { from: start, to: Math.min(to, start + most) };
}

/** Takes in newer ones; lets go of the oldest. */
export function newer({ from, to }: Stretch, length: number): Stretch {
	const end = Math.min(length, to + step);
	return { from: Math.max(from, end - most), to: end };
}

/** A stretch around one, for jumping to it. */
export function around(index: number, length: number): Stretch {
	const from = Math.max(0, index - step / 2);
	return { from, to: Math.min(length, from + step) };
}

/**
 * The stretch after the list grew by `before` at its old end and `after` at its new end. Whoever was reading the end goes on
 * reading the end; whoever was elsewhere keeps the same posts.
 */
export function grown({ from, to }: Stretch, length: number, before: number, after: number): Stretch {
	const atTheEnd = to + before === length - after;
	const moved = { from: from + before, to: to + before };
	if (!atTheEnd) return { from: moved.from, to: Math.min(moved.to, length) };
	return { from: Math.max(moved.from, length - most), to: length };
}
