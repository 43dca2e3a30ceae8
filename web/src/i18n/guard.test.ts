import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Finding, find } from "./guard";

interface Case {
	readonly language: string;
	readonly text: string;
	readonly findings: readonly { readonly kind: string; readonly shown: string }[];
}

// The hub's own test reads the same file.
const cases = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../../hub/guard/testdata/cases.json"), "utf8")) as Case[];

test.each(cases)("$language: $text", ({ text, findings }) => {
	expect(find(text).map(({ kind, start, end }) => ({ kind, shown: text.slice(start, end) }))).toEqual(findings);
});

test("every language has twelve texts with and twelve without findings", () => {
	for (const language of ["en", "fa-AF", "ps", "tg", "uz", "tk", "ur", "ru"]) {
		const its = cases.filter((c) => c.language === language);
		expect(its.filter((c) => c.findings.length > 0).length).toBeGreaterThanOrEqual(12);
		expect(its.filter((c) => c.findings.length === 0).length).toBeGreaterThanOrEqual(12);
	}
});

/** Whether findings lie within a text, in order and apart. */
const inOrder = (text: string, found: readonly Finding[]) =>
	found.every(({ start, end }, i) => start >= (found[i - 1]?.end ?? 0) && end > start && end <= text.length);

const pieces = [
	"0",
	"12",
	"0701234567",
	"+",
	"-",
	".",
	",",
	"°",
	"'",
	'"',
	" ",
	"\n",
	"(",
	"/",
	"geo:",
	"born",
	"дом",
	"خانه",
	"۱۳۸۵",
	"P",
	"May",
	"uy",
	"nji",
	"😀",
	"\u0301",
	"\ud800",
];

/** Halves of letters too. (What fast-check has for this builds tables for seconds before the first text.) */
const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 200 }).map((codes) => String.fromCharCode(...codes));

test("findings lie within any text, in order and apart", () => {
	fc.assert(fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 60 }), (parts) => inOrder(parts.join(""), find(parts.join("")))));
	fc.assert(fc.property(units, (text) => inOrder(text, find(text))));
});

// A pattern that goes astray would not come back within the limit of a test.
test.each(pieces)("a long text of %j is looked at in one go", (piece) => {
	const text = piece.repeat(5000);
	expect(inOrder(text, find(text))).toBe(true);
});
