import { expect, test } from "vitest";
import { totals } from "./figures";

test("months that are too small to be told make a sum a least one", () => {
	expect(
		totals([
			{ month: "2026-01", category: "women", count: 12 },
			{ month: "2026-02", category: "women", count: undefined },
			{ month: "2026-01", category: "girls", count: undefined },
			{ month: "2026-02", category: "men", count: 20 },
			{ month: "2026-03", category: "men", count: 11 },
		]),
	).toEqual([
		{ category: "men", count: 31, more: false },
		{ category: "women", count: 12, more: true },
		{ category: "girls", count: 0, more: true },
	]);
});
