import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { fold, wordsOf } from "./fold";

interface Line {
	text: string;
	strict: string;
	loose: string;
	words: { start: number; end: number; folded: string; strict: string; parts: string[] | null }[];
}

// What the hub folds, as its own test has it.
const lines = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../../hub/script/testdata/fold.json"), "utf8")) as Line[];

describe("folding as the hub does", () => {
	test.each(lines)("$text", ({ text, strict, loose, words }) => {
		expect(fold(text, false)).toBe(strict);
		expect(fold(text, true)).toBe(loose);
		expect(wordsOf(text).map((word) => ({ ...word, parts: word.parts ?? null }))).toEqual(words);
	});
});
