import { describe, expect, it } from "vitest";
import { shiftCounter } from "./leave";

const press = (key: string, timeStamp: number, repeat = false) => ({ key, timeStamp, repeat });

describe("Shift three times", () => {
	it("leaves when pressed within five seconds", () => {
		const count = shiftCounter();
		expect([count(press("Shift", 0)), count(press("Shift", 2400)), count(press("Shift", 4900))]).toEqual([false, false, true]);
	});
	it("does not when slower", () => {
		const count = shiftCounter();
		expect([count(press("Shift", 0)), count(press("Shift", 2600)), count(press("Shift", 5200))]).toEqual([false, false, false]);
	});
	it("is not set off by writing capitals", () => {
		const count = shiftCounter();
		const written = ["Shift", "A", "Shift", "B", "Shift", "C"].map((key, n) => count(press(key, n * 100)));
		expect(written).not.toContain(true);
	});
	it("is not set off by holding the key", () => {
		const count = shiftCounter();
		expect([1, 2, 3, 4].map((n) => count(press("Shift", n * 100, n > 1)))).not.toContain(true);
	});
});
