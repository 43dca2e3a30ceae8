import { expect, test } from "vitest";
import { fitted } from "./shrink";

test.each([
	[4000, 3000, 1600, { width: 1600, height: 1200 }],
	[3000, 4000, 1600, { width: 1200, height: 1600 }],
	[800, 600, 1600, { width: 800, height: 600 }],
	[10_000, 1, 1600, { width: 1600, height: 1 }],
])("%i × %i within %i", (width, height, side, want) => {
	expect(fitted(width, height, side)).toEqual(want);
});
