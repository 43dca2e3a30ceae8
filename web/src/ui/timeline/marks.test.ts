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
