import { describe, expect, test } from "vitest";
import { byNeed, decodeEntry, decodePlaceNotices, decodeShelter, freshness, withFree } from "./model";
import { askBody, decodeWish, encodeWish, foundHere, freshWish, searchBody } from "./wish";

describe("a count by what is free", () => {
	test.each([
		["one more comes back into service", { total: 4, out: 2, surge: 0 }, 1, { total: 4, out: 1, surge: 0 }],
		["more than there are is put up for a time", { total: 4, out: 1, surge: 0 }, 3, { total: 4, out: 0, surge: 2 }],
		["what was put up goes first", { total: 4, out: 0, surge: 1 }, -2, { total: 4, out: 1, surge: 0 }],
		["one fewer is out of service", { total: 4, out: 0, surge: 0 }, -1, { total: 4, out: 1, surge: 0 }],
	])("%s", (_name, units, more, want) => {
		expect(withFree(units, more)).toEqual(want);
		const usable = (u: typeof units) => u.total + u.surge - u.out;
		expect(usable(withFree(units, more)) - usable(units)).toBe(more);
	});
	test("the first one says how many there are", () => {
		expect(withFree({ total: 1, out: 0, surge: 0 }, 2, true)).toEqual({ total: 3, out: 0, surge: 0 });
	});
});

test("numbers grow old at 12, 24 and 48 hours", () => {
	const at = (hours: number) => freshness({ confirmedAt: 0 }, hours * 3_600_000);
	expect([at(11.9), at(12), at(24), at(48)]).toEqual(["fresh", "ageing", "stale", "uncounted"]);
});

describe("a wish", () => {
	const wish = freshWish("tg", { from: "AF-KDZ", countries: ["TJ"], chosen: ["s1"], note: " шабона ", consent: "given", consentAt: 5, confirmed: [] });
	test("is read as it was kept, and something else is not", () => {
		expect(decodeWish(encodeWish(wish))).toEqual(wish);
		expect(decodeWish('{"txn":1}')).toBeUndefined();
		expect(decodeWish("")).toBeUndefined();
	});
	test("looks in countries, and asks without them", () => {
		expect(searchBody(wish)).toEqual({ category: "women", group: 1, urgency: "urgent", from: "AF-KDZ", countries: ["TJ"] });
		expect(askBody(wish)).toEqual({
			txn_id: wish.txn, category: "women", group: 1, urgency: "urgent", from: "AF-KDZ", shelters: ["s1"], note: "шабона", language: "tg",
			consent: { given: "given", at: 5, words: "consent-1", language: "tg" },
		});
	});
	test("says no more of a consent that was not given than that", () => {
		expect(askBody({ ...wish, consent: "none" })["consent"]).toEqual({ given: "none" });
	});
});

const entry = (of: object) =>
	decodeEntry({ id: "r", ask_id: "a", shelter_id: "s", shelter: "S", category: "women", places: 1, urgency: "standard", state: "held", at: 1, updated_at: 1, consent: { given: "none" }, ...of });

test("what is mine to decide comes first, the most urgent before the rest", () => {
	const all = [entry({ id: "theirs", mine: true }), entry({ id: "calm", decide: true }), entry({ id: "urgent", decide: true, urgency: "emergency" }), entry({ id: "in", decide: true, state: "arrived" })];
	expect(all.sort(byNeed).map(({ id }) => id)).toEqual(["urgent", "calm", "theirs", "in"]);
});

test("notices of a kind that is not known are left out", () => {
	const notices = [{ id: "1", about: "r", kind: "held", at: 3 }, { id: "2", about: "r", kind: "new", at: 3 }];
	expect(decodePlaceNotices({ notices })).toEqual([{ id: "1", about: "r", kind: "held", at: 3 }]);
	expect(decodePlaceNotices(undefined)).toEqual([]);
});

test("without a line, those are found that had such places, the nearest of them first, and none that closed", () => {
	const at = 100 * 3_600_000;
	const shelter = (id: string, of: object) => decodeShelter({ id, name: id, country: "TJ", province: "TJ-KT", facility: "hotel", confirmed_at: at, free: { women: 1 }, ...of });
	const all = [
		shelter("old", { confirmed_at: at - 49 * 3_600_000 }), shelter("far", {}), shelter("near", { country: "AF", province: "AF-KDZ" }), shelter("closed", { closed: true }), shelter("others", { free: { men: 4 } }),
	];
	const found = foundHere(all, freshWish("tg", { from: "AF-KDZ" }), at);
	expect(found.shelters.map(({ id, suits }) => [id, suits.free, suits.distance])).toEqual([["near", 1, 0], ["far", 1, 2], ["old", 0, 2]]);
	expect(foundHere(all, freshWish("tg", { provinces: ["AF-HER"] }), at)).toEqual({ shelters: [], free: false });
});
