const arabic = /\p{Script=Arabic}/u;
const letter = /\p{L}\p{M}*/u;

/**
 * The letters that stand for a name in a small circle: two in scripts that are written apart, one in Arabic script, whose
 * letters would join into something that is not a word.
 */
export function initials(name: string): string {
	const words = name.split(/[\s\u200c._-]+/u).flatMap((word) => word.match(letter)?.[0] ?? []);
	const first = words[0];
	if (first === undefined) return "?";
	if (arabic.test(first)) return first;
	const last = words.length > 1 ? (words.at(-1) ?? "") : "";
	return (first + (arabic.test(last) ? "" : last)).toLocaleUpperCase("und");
}
