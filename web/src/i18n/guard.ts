import lists from "../../../hub/guard/words.json";

/**
 * The twin of the hub's guard (hub/guard): what in a free text should not be sent in clear. The hub looks again whatever this says; here it asks
 * while the text is still being written. hub/guard/testdata/cases.json holds the two to the same findings. Load it when a text is written,
 * not before.
 *
 * The text is cut into tokens once, and each rule looks a fixed number of them around, so no text holds it up.
 */

export type Kind = "phone" | "coordinates" | "passport" | "tazkira" | "cnic" | "identity" | "birth" | "address";

/** One thing that was found: text.slice(start, end) is what to show. */
export interface Finding {
	readonly kind: Kind;
	readonly start: number;
	readonly end: number;
}

/** What stands in a text, in its order. Findings do not overlap. */
export function find(text: string): Finding[] {
	const s = new Scan(cut(text));
	for (const rule of [link, plusCode, degrees, decimals]) s.each(rule);
	s.findDates();
	for (const rule of [passport, papers, volumes, cnic, phone, born, addressAfter, addressBefore, mainStreet]) s.each(rule);
	return s.merged();
}

type Form = "word" | "number" | "space" | "sign";

interface Token {
	kind: Form;
	text: string;
	start: number;
	end: number;
	capital: boolean;
	capitals: boolean;
	cased: boolean;
}

const nothing: Token = { kind: "sign", text: "", start: 0, end: 0, capital: false, capitals: false, cased: false };

const pairs = (letters: string, to: string) => [...letters].map((letter) => [letter, to] as const);

/** Letters and signs that are read as another one. Marks are off before that. */
const folds = new Map<string, string>([
	...pairs("يىېۍے", "ی"),
	...pairs("ك", "ک"),
	...pairs("ګ", "گ"),
	...pairs("ہەةھ", "ه"),
	...pairs("ں", "ن"),
	...pairs("қ", "к"),
	...pairs("ғ", "г"),
	...pairs("ҳ", "х"),
	...pairs("ҷ", "ч"),
	...pairs("ı", "i"),
	...pairs("–—‐‑−", "-"),
	...pairs("٫", "."),
	...pairs("،٬", ","),
	...pairs("؛", ";"),
	...pairs("؟۔", "?"),
	...pairs("′’‘ʹʻʼ`´", "'"),
	...pairs("″”“", '"'),
	...pairs("＋", "+"),
	...pairs("º˚", "°"),
	...pairs("№", "#"),
	...pairs("\r\u2028\u2029", "\n"),
]);

const invisible = /^[\u0640\u00ad\u200b-\u200f\u2060\ufeff\u061c\u202a-\u202e\u2066-\u2069\p{M}]$/u;

const decimalDigit = /^\p{Nd}$/u;

/** What a digit of any script counts. Unicode has them in tens that begin at …0 or …6; the mathematical ones stand in one row. */
function digitOf(code: number): number {
	const mathematical = 0x1d7ce;
	if (code >= mathematical && code < mathematical + 50) return (code - mathematical) % 10;
	const n = code & 0xf;
	return decimalDigit.test(String.fromCodePoint(code - n)) ? n : n - 6;
}

function foldLetter(letter: string): string {
	if (decimalDigit.test(letter)) return String(digitOf(letter.codePointAt(0) ?? 0));
	const plain = [...letter.toLowerCase()][0] ?? letter;
	const bare = [...plain.normalize("NFD")][0] ?? plain;
	return folds.get(bare) ?? bare;
}

function formOf(letter: string): Form {
	if (letter >= "0" && letter <= "9") return "number";
	if (letter === "\n") return "sign";
	if (/^\s$/u.test(letter)) return "space";
	return /^\p{L}$/u.test(letter) ? "word" : "sign";
}

/** One character of the text that is seen. */
interface Letter {
	readonly written: string;
	folded: string;
	readonly start: number;
	readonly end: number;
}

/** Latin, Cyrillic, Greek. */
const round = (letter: Letter) => letter.folded === "o" || letter.folded === "о" || letter.folded === "ο";
const formAt = (letters: readonly Letter[], i: number): Form => formOf(letters[i]?.folded ?? " ");

/** Reads the letter O among digits as the zero that it stands for: in a run of three and more of both, to which no other letter hangs. */
function zeros(letters: readonly Letter[]): void {
	for (let from = 0; from < letters.length; from++) {
		let to = from;
		while (to < letters.length && (formAt(letters, to) === "number" || letters.slice(to, to + 1).some(round))) to++;
		const run = letters.slice(from, to);
		const hangs = formAt(letters, from - 1) === "word" || formAt(letters, to) === "word";
		const both = run.length >= 3 && !run.every(round);
		if (both && !hangs) for (const letter of run) if (round(letter)) letter.folded = "0";
		from = Math.max(from, to);
	}
}

function cut(text: string): Token[] {
	const letters: Letter[] = [];
	let at = 0;
	for (const written of text) {
		const start = at;
		at += written.length;
		if (!invisible.test(written)) letters.push({ written, folded: foldLetter(written), start, end: at });
	}
	zeros(letters);
	return joined(letters);
}

function joined(letters: readonly Letter[]): Token[] {
	const tokens: Token[] = [];
	let open: Token | undefined;
	for (const { written, folded, start, end } of letters) {
		// An apostrophe inside a word belongs to Uzbek spelling, and which one was typed says nothing.
		if (folded === "'" && open?.kind === "word") continue;
		const kind = formOf(folded);
		const upper = /^\p{Lu}$/u.test(written);
		const lower = /^\p{Ll}$/u.test(written);
		if (open?.kind !== kind || kind === "sign") {
			open = { kind, text: "", start, end, capital: upper, capitals: true, cased: false };
			tokens.push(open);
		}
		open.end = end;
		open.cased ||= upper || lower;
		open.capitals &&= !lower;
		open.text = kind === "space" ? " " : open.text + folded;
	}
	return tokens;
}

interface List {
	readonly phrases: Map<string, string[][]>;
	readonly stems: Set<string>;
}

type ListName = Exclude<keyof typeof lists, "links">;

const longestStem = 16;

const read = new Map<ListName, List>();

function list(name: ListName): List {
	const known = read.get(name);
	if (known) return known;
	const made: List = { phrases: new Map(), stems: new Set() };
	for (const entry of lists[name]) {
		const [first = "", ...rest] = cut(entry).flatMap((t) => (t.kind === "word" ? [t.text] : []));
		if (entry.endsWith("*")) made.stems.add(first);
		else made.phrases.set(first, [...(made.phrases.get(first) ?? []), rest]);
	}
	read.set(name, made);
	return made;
}

interface Run {
	readonly groups: string[];
	readonly ends: number[];
}

interface Span {
	readonly kind: Kind;
	readonly from: number;
	readonly to: number;
}

type Rule = (s: Scan, i: number) => void;

const year = (t: Token) =>
	t.kind === "number" && t.text.length === 4 && ((t.text >= "1300" && t.text <= "1460") || (t.text >= "1920" && t.text <= "2060"));

class Scan {
	readonly used: boolean[];
	readonly dates: boolean[];
	private readonly spans: Span[] = [];

	constructor(readonly tokens: readonly Token[]) {
		this.used = tokens.map(() => false);
		this.dates = tokens.map(() => false);
	}

	each(rule: Rule): void {
		for (let i = 0; i < this.tokens.length; i++) if (!this.used[i]) rule(this, i);
	}

	take(kind: Kind, from: number, to: number): void {
		for (let i = from; i <= to; i++) if (this.used[i]) return;
		this.used.fill(true, from, to + 1);
		this.spans.push({ kind, from, to });
	}

	/** The findings in order, with pieces of one address together. */
	merged(): Finding[] {
		const found: Finding[] = [];
		let last = -1;
		for (const { kind, from, to } of this.spans.toSorted((a, b) => a.from - b.from)) {
			const end = this.at(to).end;
			const before = found.at(-1);
			if (before?.kind === "address" && kind === "address" && this.signsOnly(last + 1, from)) found[found.length - 1] = { ...before, end };
			else found.push({ kind, start: this.at(from).start, end });
			last = to;
		}
		return found;
	}

	private signsOnly(from: number, to: number): boolean {
		return to - from <= 3 && !this.tokens.slice(from, to).some((t) => t.kind === "word" || t.kind === "number");
	}

	at(i: number): Token {
		return this.tokens[i] ?? nothing;
	}

	isSign(i: number, any: string): boolean {
		const t = this.at(i);
		return t.kind === "sign" && t.text !== "" && any.includes(t.text);
	}

	/** What was said ends here: a new line or another sentence begins. */
	ends(i: number): boolean {
		return i < 0 || i >= this.tokens.length || this.isSign(i, "\n?!");
	}

	next(i: number): number {
		return this.at(i + 1).kind === "space" ? i + 2 : i + 1;
	}

	before(i: number): number {
		return this.at(i - 1).kind === "space" ? i - 2 : i - 1;
	}

	/** The last token of a phrase of a list that begins at i, the longest one; -1 where none does. */
	match(name: ListName, i: number): number {
		const { kind, text } = this.at(i);
		if (kind !== "word") return -1;
		const { phrases, stems } = list(name);
		let last = -1;
		for (const rest of phrases.get(text) ?? []) last = Math.max(last, this.phrase(i, rest));
		if (last >= 0) return last;
		for (let n = 2; n <= Math.min(text.length, longestStem); n++) if (stems.has(text.slice(0, n))) return i;
		return -1;
	}

	private phrase(i: number, rest: readonly string[]): number {
		let j = i;
		for (const want of rest) {
			j++;
			for (let skipped = 0; skipped < 2 && (this.at(j).kind === "space" || this.at(j).text === "."); skipped++) j++;
			if (this.at(j).text !== want) return -1;
		}
		return j;
	}

	is(name: ListName, i: number): boolean {
		return this.match(name, i) >= 0;
	}

	/** The number hangs on letters or signs as ids and addresses do. */
	glued(from: number, to: number): boolean {
		const right = this.at(to + 1);
		if (
			this.at(from - 1).kind === "word" ||
			this.isSign(from - 1, "$@_=&%~") ||
			(right.kind === "word" && right.cased) ||
			this.isSign(to + 1, "_@=")
		) {
			return true;
		}
		return this.isSign(from - 1, ".,:") && this.at(from - 2).kind === "number";
	}

	/** The number that ends here counts something: a unit, a currency or people follow. */
	counts(i: number): boolean {
		const next = this.next(i);
		return this.is("units", next) || this.isSign(next, "%$€");
	}

	runAt(from: number, signs: string): Run {
		const run: Run = { groups: [], ends: [] };
		let digits = 0;
		for (let i = from; this.at(i).kind === "number" && run.groups.length < 16 && !this.used[i] && !this.dates[i]; ) {
			digits += this.at(i).text.length;
			if (digits > 20) break;
			run.groups.push(this.at(i).text);
			run.ends.push(i);
			i++;
			for (let skipped = 0; skipped < 2 && (this.at(i).kind === "space" || this.isSign(i, signs)); skipped++) i++;
		}
		return run;
	}

	findDates(): void {
		for (let i = 0; i < this.tokens.length; i++) if (this.dateAt(i)) this.dates.fill(true, i, i + 5);
	}

	private dateAt(i: number): boolean {
		const [a, b, c] = [this.at(i), this.at(i + 2), this.at(i + 4)];
		const parted = this.at(i + 1).text;
		if (a.kind !== "number" || b.kind !== "number" || c.kind !== "number" || !this.isSign(i + 1, "-./") || parted !== this.at(i + 3).text)
			return false;
		if (this.isSign(i + 5, "-./") && this.at(i + 6).kind === "number" && this.at(i + 5).text === parted) return false;
		if (this.isSign(i - 1, "-./") && this.at(i - 2).kind === "number") return false;
		const small = ({ text }: Token) => text.length === 1 || (text.length === 2 && text <= "31");
		const short = c.text.length === 2 && parted !== "-";
		return small(b) && ((year(a) && small(c)) || (small(a) && (year(c) || short)));
	}

	/** A number of at least so many digits after token i, in the same sentence. Letters that hang on it belong to it. */
	numberAfter(after: number, least: number): readonly [number, number] | undefined {
		let i = after;
		for (let step = 0; step < 6; step++) {
			i = this.next(i);
			if (this.ends(i) || this.used[i]) return undefined;
			if (this.at(i).kind !== "number" || this.dates[i] || this.isSign(i - 1, "$@_=")) continue;
			const { groups, ends } = this.runAt(i, "-/");
			const last = ends.at(-1);
			if (last === undefined || groups.join("").length < least || (groups.length === 1 && year(this.at(i))) || this.counts(last)) continue;
			const letters = this.at(i - 1);
			return [letters.kind === "word" && [...letters.text].length <= 2 ? i - 1 : i, last];
		}
		return undefined;
	}

	/** The first of the next few tokens for which test gives a token; -1 where none does. */
	soon(after: number, steps: number, test: (i: number) => number): number {
		let i = after;
		for (let step = 0; step < steps; step++) {
			i = this.next(i);
			if (this.ends(i)) return -1;
			const found = test(i);
			if (found >= 0) return found;
		}
		return -1;
	}
}

const linkSigns = ".,;:!?)'";

function link(s: Scan, i: number): void {
	if (s.at(i).kind !== "word" && s.at(i).kind !== "number") return;
	let ahead = "";
	for (let j = i; j < i + 12 && j < s.tokens.length && s.at(j).kind !== "space"; j++) ahead += s.at(j).text;
	const known = lists.links.find(
		(start) => ahead.startsWith(start) && (start !== "geo:" || s.at(i + 2).kind === "number" || s.isSign(i + 2, "-")),
	);
	if (known === undefined) return;
	let from = i;
	for (let step = 0; step < 8; step++) {
		if (s.at(from - 1).kind === "space" || s.ends(from - 1) || s.used[from - 1] || s.isSign(from - 1, "(<\"',")) break;
		from--;
	}
	let to = i;
	for (let j = i; j < i + 64 && j < s.tokens.length && s.at(j).kind !== "space" && !s.isSign(j, '\n<>"'); j++) to = j;
	while (to > i && s.isSign(to, linkSigns)) to--;
	s.take("coordinates", from, to);
}

/** The letters of Open Location Code. */
const codeLetters = "23456789cfghjmpqrvwx";

function plusCode(s: Scan, i: number): void {
	if (!s.isSign(i, "+")) return;
	const part = (j: number) => s.at(j).kind === "word" || s.at(j).kind === "number";
	let [from, before, to, after] = [i, "", i, ""];
	while (from > 0 && part(from - 1) && before.length < 9) before = s.at(--from).text + before;
	while (part(to + 1) && after.length < 4) after += s.at(++to).text;
	if (![4, 6, 8].includes(before.length) || after.length < 2 || after.length > 3) return;
	const code = before + after;
	if ([...code].every((letter) => codeLetters.includes(letter)) && /[2-9]/.test(code) && /[a-z]/.test(code))
		s.take("coordinates", from, to);
}

const quarters = new Set(["n", "s", "e", "w", "с", "ю", "в", "з", "ш", "д"]);

function degrees(s: Scan, i: number): void {
	if (s.at(i).kind !== "number" || s.at(i).text.length > 3) return;
	let j = i + 1;
	if (s.isSign(j, ".,") && s.at(j + 1).kind === "number") j += 2;
	if (s.at(j).kind === "space") j++;
	if (!s.isSign(j, "°")) return;
	let [end, sure] = [j, false];
	for (j++; j < i + 26; j++) {
		const t = s.at(j);
		const part = (t.kind === "word" && quarters.has(t.text)) || (s.isSign(j, "'\"") && s.at(j - 1).kind === "number");
		sure ||= part;
		if (part || s.isSign(j, "°")) end = j;
		else if (t.kind !== "number" && t.kind !== "space" && !s.isSign(j, "'\".,;/")) break;
	}
	if (sure) s.take("coordinates", i, end);
}

const between = new Set(["n", "s", "e", "w", "lat", "lon", "long", "lng", "latitude", "longitude", "and"]);

const isDirection = (s: Scan, i: number) => s.at(i).kind === "word" && between.has(s.at(i).text);

/** Whether a number with decimals stands at i whose whole part is at most so much. Behind a comma four decimals are asked for. */
function decimal(s: Scan, i: number, most: number): boolean {
	const [whole, fraction] = [s.at(i), s.at(i + 2)];
	if (whole.kind !== "number" || fraction.kind !== "number" || whole.text.length > 3 || fraction.text.length > 12) return false;
	const fits = Number(whole.text) <= most && s.isSign(i + 1, ".,") && fraction.text.length >= (s.isSign(i + 1, ",") ? 4 : 3);
	return fits && (s.at(i + 3).kind !== "word" || isDirection(s, i + 3));
}

function decimals(s: Scan, i: number): void {
	if (!decimal(s, i, 90) || (s.at(i - 1).kind === "word" && !isDirection(s, i - 1)) || s.isSign(i - 1, ".")) return;
	for (let j = i + 3; j < i + 9; j++) {
		const t = s.at(j);
		if (t.kind === "number") {
			if (decimal(s, j, 180)) s.take("coordinates", i, j + 2);
			return;
		}
		if (t.kind !== "space" && !s.isSign(j, ",;/-+°=:") && !isDirection(s, j)) return;
	}
}

const papersByWord = [
	["passport", 5],
	["tazkira", 4],
	["cnic", 5],
	["identity", 5],
] as const;

function papers(s: Scan, i: number): void {
	for (const [kind, digits] of papersByWord) {
		const last = s.match(kind, i);
		const found = last >= 0 ? s.numberAfter(last, digits) : undefined;
		if (found) return s.take(kind, ...found);
	}
}

function volumes(s: Scan, i: number): void {
	const number = (after: number) => s.soon(after, 3, (j) => (s.at(j).kind === "number" ? j : -1));
	let last = s.match("volume", i);
	for (const name of ["page", "registration"] as const) {
		if (last >= 0) last = number(last);
		if (last >= 0) last = s.soon(last, 4, (j) => s.match(name, j));
	}
	if (last >= 0) last = number(last);
	if (last >= 0) s.take("tazkira", i, last);
}

/** An electronic tazkira begins with the Solar Hijri year in which it was given. */
const century = (group: string) => group.startsWith("13") || group.startsWith("14");

function cnic(s: Scan, i: number): void {
	if (s.at(i).kind !== "number" || s.dates[i]) return;
	const { groups, ends } = s.runAt(i, "-");
	const [first = ""] = groups;
	const last = (...form: number[]) => {
		const end = ends[form.length - 1];
		return end !== undefined && form.every((length, n) => groups[n]?.length === length) && !s.glued(i, end) ? end : -1;
	};
	if (last(5, 7, 1) >= 0) s.take("cnic", i, last(5, 7, 1));
	else if (last(4, 4, 5) >= 0 && century(first)) s.take("tazkira", i, last(4, 4, 5));
	else if (last(13) >= 0 && century(first)) s.take("tazkira", i, i);
	else if (last(13) >= 0 && first >= "1" && first < "8") s.take("cnic", i, i);
	else if (last(14) >= 0 && first >= "3" && first < "7") s.take("identity", i, i);
}

function passport(s: Scan, i: number): void {
	const t = s.at(i);
	const length = (j: number) => [...s.at(j).text].length;
	if (t.kind !== "word" || !t.cased || length(i) > 2 || s.at(i - 1).kind === "number" || s.isSign(i - 1, "$@_=#&/!:")) return;
	const digits = (j: number, least: number, most: number) =>
		s.at(j).kind === "number" && length(j) >= least && length(j) <= most && s.at(j + 1).kind !== "word" && !s.dates[j];
	const apart = s.at(i + 1).kind === "space" || s.isSign(i + 1, "-");
	if (digits(i + 1, 7, 9)) s.take("passport", i, i + 1);
	else if (t.capitals && apart && digits(i + 2, 7, 9)) s.take("passport", i, i + 2);
	else if (s.isSign(i + 1, "-") && s.at(i + 2).kind === "word" && length(i + 2) === 2 && s.at(i + 2).capitals) {
		// Turkmenistan's: I-AŞ 123456.
		const j = s.next(i + 2);
		if (digits(j, 6, 6)) s.take("passport", i, j);
	}
}

/** What people put between the digits of a phone number. */
const phoneSigns = "-.()_/\\|*·•~";

function phone(s: Scan, i: number): void {
	if (s.at(i).kind !== "number" || s.dates[i]) return;
	const run = s.runAt(i, phoneSigns);
	const plus = s.isSign(i - 1, "+") || (s.isSign(i - 1, "(") && s.isSign(i - 2, "+"));
	const called = calledFor(s, i);
	for (let n = run.groups.length; n > 0; n--) {
		const [groups, last] = [run.groups.slice(0, n), run.ends[n - 1] ?? i];
		const digits = groups.join("");
		if (s.glued(i, last) && !plus) continue;
		const sure = (plus && digits.length >= 8 && digits.length <= 15) || international(digits) || local(digits);
		if (sure || (!s.counts(last) && (grouped(groups) || (called && digits.length >= 6 && digits.length <= 15)))) {
			let from = i;
			while (s.isSign(from - 1, "+(") && !s.used[from - 1]) from--;
			return s.take("phone", from, last);
		}
	}
}

function calledFor(s: Scan, at: number): boolean {
	let i = at;
	for (let step = 0; step < 4; step++) {
		i = s.before(i);
		if (s.ends(i) || s.at(i).kind === "number") return false;
		if (s.is("phone", i)) return true;
	}
	return false;
}

const codes: readonly (readonly [string, number])[] = [
	["937", 11],
	["923", 12],
	["992", 12],
	["9936", 11],
	["998", 12],
	["79", 11],
];

function international(digits: string): boolean {
	if (digits.startsWith("00")) return digits.length >= 11 && digits.length <= 17 && digits[2] !== "0";
	return codes.some(([code, length]) => digits.startsWith(code) && digits.length === length);
}

/** With the digit that dials out: 0 in Afghanistan and Pakistan, 8 in the others. */
function local(digits: string): boolean {
	const long = digits.length === 10 || digits.length === 11;
	return (long && /^0[1-9]/.test(digits)) || (digits.length === 9 && digits.startsWith("86")) || (long && /^8[5-9]/.test(digits));
}

/** Forms in which people group nine digits of a mobile number. Sums of round thousands are none. */
const forms = new Set(["9", "2,3,2,2", "3,2,2,2", "2,7", "3,3,3", "3,6", "2,3,4"]);

function grouped(groups: readonly string[]): boolean {
	const digits = groups.join("");
	const form = groups.map((group) => group.length).join(",");
	if (digits.length === 10) return /^3[0-4]/.test(digits) && ["10", "3,7", "3,3,4"].includes(form);
	if (digits.length !== 9 || digits.endsWith("000") || !forms.has(form)) return false;
	return /^[79]/.test(digits) || (groups.length > 2 && /^[358]/.test(digits) && form !== "3,3,3");
}

function born(s: Scan, i: number): void {
	const last = s.match("born", i);
	if (last < 0) return;
	const found = dateNear(s, last, (j) => s.next(j)) ?? dateNear(s, i, (j) => s.before(j));
	if (found) s.take("birth", ...found);
}

function dateNear(s: Scan, at: number, step: (i: number) => number): readonly [number, number] | undefined {
	const parts: number[] = [];
	let i = at;
	for (let n = 0; n < 8; n++) {
		i = step(i);
		if (s.ends(i)) break;
		if (!s.used[i] && ofDate(s, i)) parts.push(i);
	}
	const [from, to] = [Math.min(...parts), Math.max(...parts)];
	const dated = parts.length > 0 && s.tokens.slice(from, to + 1).some((t) => t.kind === "number");
	return dated ? [from, to] : undefined;
}

function ofDate(s: Scan, i: number): boolean {
	const t = s.at(i);
	const near = (test: (j: number) => boolean) => [-4, -3, -2, -1, 0, 1, 2, 3, 4].some((away) => test(i + away));
	const day = ({ kind, text }: Token) => kind === "number" && text.length <= 2;
	if ((s.dates[i] && t.kind === "number") || year(t)) return true;
	if (t.kind === "word") return s.is("months", i) && near((j) => day(s.at(j)) || year(s.at(j)));
	return day(t) && near((j) => s.is("months", j));
}

/** A word for a street or a house, perhaps its name, and a number. */
function addressBefore(s: Scan, i: number): void {
	const street = s.match("street", i);
	const last = street >= 0 ? street : s.match("house", i);
	if (last < 0 || ([...s.at(i).text].length === 1 && !s.isSign(last + 1, "."))) return;
	let j = past(s, last);
	for (let named = 0; s.at(j).kind === "word" && named < nameLength(s, j); named++) j = past(s, j);
	if (houseNumber(s, j)) s.take("address", i, houseEnd(s, j));
}

function past(s: Scan, at: number): number {
	let i = s.next(at);
	for (let step = 0; step < 3; step++) if (s.isSign(i, ".:,#-") || s.is("number", i)) i = s.next(i);
	return i;
}

function nameLength(s: Scan, i: number): number {
	const t = s.at(i);
	if (s.is("units", i) || s.is("street", i) || s.is("house", i)) return 0;
	if (t.cased && t.capital) return 3;
	return t.cased || [...t.text].length < 3 ? 0 : 1;
}

function houseNumber(s: Scan, i: number): boolean {
	const t = s.at(i);
	if (t.kind !== "number" || t.text.length > 4 || s.dates[i] || s.used[i] || year(t) || s.counts(i)) return false;
	return !s.isSign(i + 1, ".,:") || s.at(i + 2).kind !== "number";
}

function houseEnd(s: Scan, i: number): number {
	if (s.isSign(i + 1, "/-") && s.at(i + 2).kind === "number" && s.at(i + 2).text.length <= 4) return i + 2;
	return s.at(i + 1).kind === "word" && [...s.at(i + 1).text].length === 1 ? i + 1 : i;
}

const numberAt = (s: Scan, i: number) =>
	s.at(i).kind === "number" && s.at(i).text.length <= 4 && !s.dates[i] && s.at(i - 1).kind !== "word" && !s.isSign(i - 1, "-.,");

/** The number first: "12-uy", "12-nji jaý", «۵مه کوڅه». */
function addressAfter(s: Scan, i: number): void {
	const street = s.is("street", i);
	if (!street && !s.is("house", i)) return;
	const ordinal = s.at(i - 1).kind === "space" && s.is("ordinal", i - 2);
	if (s.isSign(i - 1, "-") && numberAt(s, i - 2)) s.take("address", i - 2, i);
	else if (ordinal && s.isSign(i - 3, "-") && numberAt(s, i - 4)) s.take("address", i - 4, i);
	else if (ordinal && street && numberAt(s, i - 3)) s.take("address", i - 3, i);
}

function mainStreet(s: Scan, i: number): void {
	if (!numberAt(s, i) || s.at(i + 1).kind !== "space") return;
	let j = i + 2;
	for (let named = 0; named < 3; named++) {
		if (s.at(j).kind !== "word" || !s.at(j).capital || s.is("units", j)) return;
		j = s.next(j);
		if (s.is("street", j) && s.at(j).capital) return s.take("address", i, j);
	}
}
