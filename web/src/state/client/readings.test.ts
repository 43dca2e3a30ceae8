import { expect, test } from "vitest";
import { type Reading, within } from "./readings";

const now = Date.UTC(2026, 10, 26);
const day = 86_400_000;
const of = (...all: [string, Reading<unknown>][]) => new Map(all);

test("what was read last is kept for a week, the newest first, and no more than fits", () => {
	const many = Array.from({ length: 20 }, (_, n): [string, Reading<unknown>] => [`rota ${n}`, { at: now - n, value: n }]);
	const kept = within(of(["drill", { at: now - 8 * day, value: {} }], ["figures", { at: now, value: "x".repeat(60_000) }], ...many), now);
	expect([...kept.keys()]).toEqual(many.slice(0, 16).map(([place]) => place));
	expect(within(of(["figures", { at: now - 6 * day, value: [1] }]), now).get("figures")?.value).toEqual([1]);
});
