import { expect, test } from "vitest";
import { Backoff } from "./backoff";

test("waits twice as long each time, up to thirty seconds, and anew after a line that held", () => {
	const backoff = new Backoff(() => 1);
	expect(Array.from({ length: 8 }, () => backoff.next())).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
	backoff.reset();
	expect(backoff.next()).toBe(500);
});

test("spreads a crowd over the whole time", () => {
	const backoff = new Backoff(() => 0);
	expect(backoff.next()).toBe(0);
});
