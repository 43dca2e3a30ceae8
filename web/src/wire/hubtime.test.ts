import { afterEach, beforeEach, expect, test, vi } from "vitest";

const noon = Date.UTC(2026, 10, 26, 12);
const day = 86_400_000;

beforeEach(() => {
	vi.resetModules();
	vi.useFakeTimers({ now: noon });
});

afterEach(() => vi.useRealTimers());

const said = (at: number) => new Date(at).toUTCString();

test("before the hub was heard the device's clock counts", async () => {
	const { hubNow } = await import("./hubtime");
	expect(hubNow()).toBe(noon);
});

test.each([
	["three days fast", -3 * day],
	["a year slow", 365 * day],
	["five minutes fast", -300_000],
])("a clock that is %s is made up for", async (_how, off) => {
	const { hearDate, hubNow, onCorrected } = await import("./hubtime");
	const corrected = vi.fn();
	onCorrected(corrected);
	hearDate(said(noon + off), noon - 400, noon);
	expect(Math.abs(hubNow() - (noon + off))).toBeLessThanOrEqual(1_000);
	hearDate(said(noon + off), noon - 400, noon);
	expect(corrected).toHaveBeenCalledTimes(1);
});

test("a slow answer does not unsettle a clock that is right, nor one that was made up for", async () => {
	const { hearDate, hubNow } = await import("./hubtime");
	hearDate(said(noon - 20_000), noon - 40_000, noon);
	expect(hubNow()).toBe(noon);
	hearDate(said(noon - day), noon - 100, noon);
	const once = hubNow();
	hearDate(said(noon - day - 9_000), noon - 20_000, noon);
	expect(hubNow()).toBe(once);
});

test("a clock that is set right meanwhile is noticed", async () => {
	const { hearDate, hubNow } = await import("./hubtime");
	hearDate(said(noon - day), noon, noon);
	hearDate(said(noon), noon, noon);
	expect(Math.abs(hubNow() - noon)).toBeLessThanOrEqual(1_000);
});

test("an answer without a time says nothing, nor one during which the clock was set back", async () => {
	const { hearDate, hubNow } = await import("./hubtime");
	hearDate(null, noon, noon);
	hearDate("soon", noon, noon);
	hearDate(said(noon - day), noon, noon - 5_000);
	expect(hubNow()).toBe(noon);
});
