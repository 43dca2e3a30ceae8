import { describe, expect, it } from "vitest";
import { arrange, type Entry } from "./arrange";

const minute = 60_000;
const dayOf = (at: number) => String(Math.floor(at / (24 * 60 * minute)));
const post = (key: string, sender: string, at: number, more: Partial<Entry> = {}): Entry => ({
	key,
	sender,
	at: at * minute,
	post: true,
	...more,
});

function shape(entries: Entry[], freshFrom?: string): string[] {
	return arrange(entries, { dayOf, freshFrom }).map((item) =>
		item.kind === "entry" ? `${item.key}${item.first ? "<" : ""}${item.last ? ">" : ""}` : item.key,
	);
}

describe("arrange", () => {
	it("groups one author's posts of a few minutes", () => {
		expect(shape([post("a", "z", 0), post("b", "z", 2), post("c", "u", 3), post("d", "u", 30)])).toEqual([
			"day 0",
			"a<",
			"b>",
			"c<>",
			"d<>",
		]);
	});
	it("begins a group anew at a change of language", () => {
		expect(shape([post("a", "z", 0, { language: "ps" }), post("b", "z", 1, { language: "ur" })])).toEqual(["day 0", "a<>", "b<>"]);
	});
	it("separates days", () => {
		expect(shape([post("a", "z", 1439), post("b", "z", 1440)])).toEqual(["day 0", "a<>", "day 1", "b<>"]);
	});
	it("marks what is new, and ends the group before it", () => {
		expect(shape([post("a", "z", 0), post("b", "z", 1)], "b")).toEqual(["day 0", "a<>", "fresh", "b<>"]);
	});
	it("lets joins and names of channels stand alone", () => {
		expect(shape([post("a", "z", 0), post("j", "z", 1, { post: false }), post("b", "z", 2)])).toEqual(["day 0", "a<>", "j<>", "b<>"]);
	});
	it("keeps keys apart when clocks go back over midnight", () => {
		const keys = shape([post("a", "z", 1441), post("b", "u", 1439), post("c", "z", 1442)]);
		expect(new Set(keys).size).toBe(keys.length);
	});
	it("has nothing to arrange in an empty timeline", () => {
		expect(shape([])).toEqual([]);
	});
});
