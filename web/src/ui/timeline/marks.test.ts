import { describe, expect, it } from "vitest";
import { pieces } from "./marks";

describe("pieces", () => {
	it("shows a bidi override as a mark", () => {
		expect(pieces("pay \u202e001\u202c now")).toEqual([
			{ text: "pay " },
			{ mark: "RLO" },
			{ text: "001" },
			{ mark: "PDF" },
			{ text: " now" },
		]);
	});
	it("leaves joiners alone", () => {
		expect(pieces("می\u200cروم")).toEqual([{ text: "می\u200cروم" }]);
	});
	it("has nothing to cut in an empty text", () => {
		expect(pieces("")).toEqual([]);
	});
});

describe("addresses of pages", () => {
	it("become links without the sentence's own signs", () => {
		expect(pieces("See https://example.org/a?b=1. Thanks")).toEqual([{ text: "See " }, { href: "https://example.org/a?b=1" }, { text: ". Thanks" }]);
		expect(pieces("ببینید: https://example.org/x، تشکر")).toEqual([{ text: "ببینید: " }, { href: "https://example.org/x" }, { text: "، تشکر" }]);
	});
	it("of other kinds stay words", () => {
		expect(pieces("javascript:alert(1) http://")).toEqual([{ text: "javascript:alert(1) http://" }]);
	});
});
