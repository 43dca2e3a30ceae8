import { describe, expect, it } from "vitest";
import { around, atEnd, grown, most, newer, older, step } from "./stretch";

describe("a stretch", () => {
	it("starts at the newest end", () => {
		expect(atEnd(1000)).toEqual({ from: 1000 - step, to: 1000 });
		expect(atEnd(5)).toEqual({ from: 0, to: 5 });
	});
	it("never grows beyond its bound, whichever way one reads", () => {
		let one = atEnd(1000);
		for (let n = 0; n < 30; n++) {
			one = older(one);
			expect(one.to - one.from).toBeLessThanOrEqual(most);
		}
		expect(one.from).toBe(0);
		for (let n = 0; n < 30; n++) {
			one = newer(one, 1000);
			expect(one.to - one.from).toBeLessThanOrEqual(most);
		}
		expect(one.to).toBe(1000);
	});
	it("follows new posts when at the end, and stays put when not", () => {
		expect(grown({ from: 40, to: 100 }, 101, 0, 1)).toEqual({ from: 40, to: 101 });
		expect(grown({ from: 0, to: 60 }, 101, 0, 1)).toEqual({ from: 0, to: 60 });
	});
	it("keeps the same posts when older ones come in", () => {
		expect(grown({ from: 0, to: 60 }, 160, 60, 0)).toEqual({ from: 60, to: 120 });
	});
	it("surrounds a post to jump to", () => {
		expect(around(500, 1000)).toEqual({ from: 470, to: 530 });
		expect(around(3, 1000).from).toBe(0);
	});
});
