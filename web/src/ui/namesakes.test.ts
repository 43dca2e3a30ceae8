import { expect, test } from "vitest";
import { namesakesAmong } from "./namesakes";

const among = (...names: string[]) => [...namesakesAmong(names.map((name, n) => ({ id: String(n), name })))];

test("whose names look alike is told, in whatever letters they are written", () => {
	expect(among("Farida Ahmadi", "Olga", "farida  ahmadi.")).toEqual(["0", "2"]);
	expect(among("Ольга", "Oльгa")).toEqual(["0", "1"]); // Latin O and a
	expect(among("مریم کاظمی", "مريم كاظمي")).toEqual(["0", "1"]); // Arabic letters in place of Persian
	expect(among("Rustam", "Rust\u200bam", "Рустам")).toEqual(["0", "1"]);
});

test("different names stay as they are, and so does nobody's", () => {
	expect(among("Farida", "Farid", "", "")).toEqual([]);
});
