import { expect, test } from "vitest";
import { plus } from "./used";

test("a month adds up, and the next one begins at nothing", () => {
	const nothing = { of: "", month: 0, all: 0 };
	const november = plus(plus(nothing, 10, new Date("2026-11-02")), 5, new Date("2026-11-30"));
	expect(november).toEqual({ of: "2026-11", month: 15, all: 15 });
	expect(plus(november, 7, new Date("2026-12-01"))).toEqual({ of: "2026-12", month: 7, all: 22 });
});
