import { expect, test } from "vitest";
import { excerpt } from "./excerpt";

const said = (text: string, marks: [number, number][]) =>
	excerpt(text, marks)
		.map(({ text, found }) => (found ? `[${text}]` : text))
		.join("");

test("a short text is whole, with what was found marked", () => {
	expect(said("این كتاب نو است", [[4, 8]])).toBe("این [كتاب] نو است");
	expect(said("word", [[0, 4]])).toBe("[word]");
	expect(said("", [])).toBe("");
});

test("a long one is cut round the first thing found, between words", () => {
	const text = `${"before ".repeat(30)}found ${"after ".repeat(60)}`;
	const at = text.indexOf("found");
	const shown = said(text, [[at, at + 5]]);
	expect(shown).toContain("[found]");
	expect(shown.startsWith("… before")).toBe(true);
	expect(shown.endsWith("after…")).toBe(true);
	expect(shown.length).toBeLessThan(260);
});

test("no character is cut in two", () => {
	const text = "👍".repeat(300);
	expect(said(text, [[200, 202]])).not.toMatch(/^…[\udc00-\udfff]|[\ud800-\udbff]…$/);
});
