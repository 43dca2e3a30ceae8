import { expect, test } from "vitest";
import { type AlertDraft, decodeChoice, decodeDraft, draftFrom, draftPlace, encodeDraft, freshDraft, wishOf } from "./alertDraft";
import { decodeBlock } from "./alerts/model";

const full: AlertDraft = {
	...freshDraft("fa-AF"),
	step: 2,
	code: "transit",
	slots: { count: 3, from: "AF-HER", window: [1_800_000_000, 1_800_003_600] },
	status: "Exercise",
	tlp: "GREEN",
	hours: 6,
	text: " از راه اسلام‌قلعه ",
	describes: true,
	confirmed: ["phone"],
	audience: { countries: ["TJ"], without: ["o1"], officials: true },
};

test("a draft is read as it was kept", () => {
	expect(decodeDraft(encodeDraft(full))).toEqual(full);
	expect(decodeDraft(encodeDraft(freshDraft("ru", { txn: "1" })))).toEqual(freshDraft("ru", { txn: "1" }));
});

test.each([undefined, "", "nonsense", "[]", '{"txn":"1"}', '{"txn":"1","step":"x"}'])("%s is no draft", (kept) => {
	expect(decodeDraft(kept)).toBeUndefined();
});

test("a wish says what its sender said, and leaves the rest to the code", () => {
	expect(wishOf({ ...freshDraft("ru", { txn: "1" }), code: "drill" }, 0)).toEqual({ txn_id: "1", code: "drill", slots: {}, audience: {} });
	expect(wishOf(full, 1_000)).toEqual({
		txn_id: full.txn,
		code: "transit",
		slots: full.slots,
		status: "Exercise",
		tlp: "GREEN",
		expires: 1 + 6 * 3600,
		text: "از راه اسلام‌قلعه",
		language: "fa-AF",
		describes: true,
		confirmed: ["phone"],
		audience: full.audience,
	});
});

test("a new version keeps its code, its audience and whether it is for real", () => {
	const wish = wishOf(full, 0, true);
	for (const member of ["code", "audience", "status"]) expect(wish).not.toHaveProperty(member);
	expect(draftPlace("$1")).not.toBe(draftPlace());
	expect(wishOf({ ...full, text: " " }, 0, true)).toMatchObject({ text: "" }); // left out, the words would stay
});

/** What stands, graded and labelled otherwise than its code proposes. */
const standing = decodeBlock(
	{
		code: "transit",
		slots: { count: 3, from: "AF-HER", window: [1_800_000_000] },
		urgency: "Future",
		severity: "Minor",
		certainty: "Possible",
		areas: ["AF-HER"],
		expires: 1_800_050_000,
		tlp: "GREEN",
	},
	{ urgency: "Unknown", severity: "Unknown", certainty: "Unknown" },
);

test("a new version begins with the grades, the label and the end of what stands, and says them", () => {
	const draft = draftFrom(standing, "ur", []);
	expect(draft).toMatchObject({ urgency: "Future", severity: "Minor", certainty: "Possible", tlp: "GREEN", expires: standing.expires });
	expect(decodeDraft(encodeDraft(draft))).toEqual(draft);
	expect(wishOf(draft, 0, true)).toMatchObject({ urgency: "Future", severity: "Minor", certainty: "Possible", tlp: "GREEN", expires: 1_800_050_000 });
});

test("a new version may stand for longer, or again as long as before", () => {
	const longer: AlertDraft = { ...draftFrom(standing, "ur", []), hours: 2 };
	expect(wishOf(longer, 10_000, true)).toMatchObject({ expires: 10 + 2 * 3600 });
	expect(wishOf({ ...longer, hours: undefined }, 10_000, true)).toMatchObject({ expires: 1_800_050_000 });
});

test("the areas of a new version are those of its places again, unless its sender had said others", () => {
	const moved = { ...draftFrom(standing, "ur", ["AF-HER"]), slots: { from: "AF-FRA" } };
	expect(wishOf(moved, 0, true)).toMatchObject({ areas: [] }); // left out, the old ones would stay where they had been said
	const own = draftFrom({ ...standing, areas: ["AF-HER", "TM"] }, "ur", ["AF-HER"]);
	expect(wishOf(own, 0, true)).toMatchObject({ areas: ["AF-HER", "TM"] });
	expect(draftFrom({ ...standing, areas: ["TM", "AF-HER"] }, "ur", ["AF-HER", "TM"]).areas).toEqual([]);
	expect(wishOf({ ...moved, code: "transit" }, 0)).not.toHaveProperty("areas");
});

test("an empty list in a choice is as none", () => {
	expect(decodeChoice({ countries: [], kinds: null, roles: undefined, people: ["@a:x"], officials: false })).toEqual({ people: ["@a:x"] });
});
