import { describe, expect, it } from "vitest";
import { below, propose, wordsInPassphrase } from "./passphrase";

const lists = import.meta.glob<{ words: string }>(["./*.ts", "!./passphrase*.ts", "!./lists.ts"], { eager: true });
const letters: Record<string, RegExp> = {
	"./fa-AF.ts": /^[\u0621-\u06cc\s]+$/u,
	"./ps.ts": /^[\u0621-\u06d0\s]+$/u,
	"./ur.ts": /^[\u0621-\u06d3\s]+$/u,
	"./tg.ts": /^[а-яёғӣқӯҳҷ\s]+$/u,
	"./ru.ts": /^[а-яё\s]+$/u,
	"./uz.ts": /^[a-zʻʼ\s]+$/u,
	"./tk.ts": /^[a-zäçňöşüýž\s]+$/u,
	"./en.ts": /^[a-z\s]+$/u,
};

describe("the words", () => {
	it("are there in eight languages", () => {
		expect(Object.keys(lists).sort()).toEqual(Object.keys(letters).sort());
	});
	it.each(Object.entries(lists))("of %s are 128, all different, in its own letters", (name, { words }) => {
		const all = words.split(/\s+/u);
		expect(new Set(all).size).toBe(128);
		expect(all).toHaveLength(128);
		expect(words).toMatch(letters[name] ?? /never/);
	});
});

describe("a proposed passphrase", () => {
	it.each(["fa-AF", "tk", "xx"])("in %s has its six words", async (tag) => {
		expect((await propose(tag)).split(" ")).toHaveLength(wordsInPassphrase);
	});
	it("favours no word", () => {
		const draws = [2 ** 32 - 1, 7];
		expect(below(10, () => draws.shift() ?? 0)).toBe(7);
	});
});
