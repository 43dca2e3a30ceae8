/**
 * Words as searching sees them, folded as the hub folds them (hub/script/fold.go and words.go), for what is on this device.
 * hub/script/testdata/fold.json holds the two together.
 */
export interface Word {
	/** Where it stands in the text, in UTF-16 code units. */
	readonly start: number;
	readonly end: number;
	/** Loosely folded, joined where a zero-width non-joiner stands in it. */
	readonly folded: string;
	readonly strict: string;
	/** Loosely folded and split at the non-joiners; undefined where there are none. */
	readonly parts?: readonly string[];
}

const zwnj = "\u200c";
const apostrophes = new Set("'`´ʻʼ‘’");
const letter = /^\p{L}$/u;
const wordly = /^[\p{L}\p{M}\p{N}]$/u;
const named = /[\p{L}\p{N}]/u;
const latin = /^\p{Script=Latin}$/u;
const mark = /^\p{Mn}$/u;
const ideograph = /^[\p{Script=Han}\p{Script=Hiragana}]$/u;

/** Vowel marks, tatweel, stress marks, direction controls, joiners. */
const ignored: readonly (readonly [number, number])[] = [
	[0x300, 0x301],
	[0x61c, 0x61c],
	[0x640, 0x640],
	[0x64b, 0x65f],
	[0x670, 0x670],
	[0x200d, 0x200f],
	[0x202a, 0x202e],
	[0x2066, 0x2069],
];

function dropped(char: string): boolean {
	const code = char.codePointAt(0) ?? 0;
	return ignored.some(([from, to]) => code >= from && code <= to);
}

/** Each letter of a group stands for the first one. */
function table(...groups: string[]): ReadonlyMap<string, string> {
	return new Map(groups.flatMap((group) => [...group].slice(1).map((one) => [one, [...group][0] ?? one] as const)));
}

const strictly = table("یيىېۍےئ", "کك", "گګ", "هہەۀةۂ", "اآأإٱ", "وؤ", "نں", "её");
const loosely = table("تټٹ", "دډڈ", "رړڑ", "نڼ", "شښ", "گږ", "هھ", "иӣ", "уӯў", "кқ", "гғ", "хҳ", "чҷ");

function digit(char: string): string | undefined {
	const code = char.codePointAt(0) ?? 0;
	if (code >= 0x6f0 && code <= 0x6f9) return String(code - 0x6f0);
	return code >= 0x660 && code <= 0x669 ? String(code - 0x660) : undefined;
}

export function fold(text: string, loose: boolean): string {
	let out = "";
	let afterLatin = false;
	for (const char of [...withoutApostrophes([...text]).normalize("NFKC")].flatMap((one) => [...one.toLowerCase()])) {
		if (char === zwnj || dropped(char)) continue;
		const one = digit(char) ?? strictly.get(char) ?? char;
		const folded = loose ? (loosely.get(one) ?? one) : one;
		if (mark.test(folded)) {
			if (!afterLatin) out += folded;
			continue;
		}
		afterLatin = latin.test(folded);
		out += afterLatin ? folded.normalize("NFD").replace(/\p{Mn}/gu, "") : folded;
	}
	return out;
}

function withoutApostrophes(chars: readonly string[]): string {
	return chars.filter((char, i) => !apostrophes.has(char) || !standsForALetter(chars, i)).join("");
}

/** Between letters an apostrophe is Uzbek's turned comma; two of them are at a word's end as well. */
function standsForALetter(chars: readonly string[], i: number): boolean {
	return letter.test(chars[i - 1] ?? "") && (letter.test(chars[i + 1] ?? "") || letter.test(chars[i] ?? ""));
}

const inWord = (char: string) => wordly.test(char) && !apostrophes.has(char);

/** The words of a text, in their order. */
export function wordsOf(text: string): Word[] {
	const chars = [...text];
	const found: Word[] = [];
	let at = 0;
	for (let i = 0; i < chars.length; ) {
		const length = runFrom(chars, i);
		const run = chars.slice(i, i + length);
		while (run.length > 0 && !inWord(run.at(-1) ?? "")) run.pop();
		if (run.length > 0) found.push(...wordsIn(run.join(""), at));
		for (const end = i + Math.max(length, 1); i < end; i++) at += chars[i]?.length ?? 0;
	}
	return found;
}

/** How many characters from one on make a word; 0 when none begins there. */
function runFrom(chars: readonly string[], from: number): number {
	if (!inWord(chars[from] ?? "")) return 0;
	if (ideograph.test(chars[from] ?? "")) return 1;
	let to = from + 1;
	while (to < chars.length && goesOn(chars, to)) to++;
	return to - from;
}

function goesOn(chars: readonly string[], i: number): boolean {
	const char = chars[i] ?? "";
	if (apostrophes.has(char)) return letter.test(char) || (inWord(chars[i - 1] ?? "") && inWord(chars[i + 1] ?? ""));
	return (inWord(char) && !ideograph.test(char)) || char === zwnj || dropped(char);
}

/** One sign may stand for several words. */
function wordsIn(text: string, start: number): Word[] {
	const strict = pieces(fold(text, false));
	return pieces(fold(text, true)).map((folded, i) => ({
		start,
		end: start + text.length,
		folded,
		strict: strict[i] ?? folded,
		...(text.includes(zwnj) && { parts: text.split(zwnj).flatMap((part) => pieces(fold(part, true))) }),
	}));
}

const pieces = (folded: string) => (folded.match(/[\p{L}\p{M}\p{N}]+/gu) ?? []).filter((piece) => named.test(piece));
