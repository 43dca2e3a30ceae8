import { expect, test } from "vitest";
import type { UserId } from "../wire/ids";
import { decodeDraft, encodeDraft, wishOf } from "./alertDraft";
import { draftAnew, type WaitingAlert } from "./alertSend";
import { decodeBlock } from "./alerts/model";

const hour = 3_600_000;
const at = 1_800_000_000_000;

const said = decodeBlock(
	{
		code: "recruiter",
		slots: { from: "AF-HER" },
		urgency: "Future",
		severity: "Minor",
		certainty: "Possible",
		areas: ["AF-HER"],
		expires: (at + 6 * hour) / 1000,
		tlp: "RED",
		text: "واژه‌ها",
		language: "fa-AF",
		quotes: "$other",
	},
	{ urgency: "Unknown", severity: "Unknown", certainty: "Unknown" },
);

const audience = { people: ["@zahra:hub"], organisations: ["o1"], officials: true };

const refused: WaitingAlert & { readonly said: typeof said } = {
	id: "d1",
	organisation: "o1",
	author: "@me:hub" as UserId,
	causes: ["said", "guard"],
	at,
	until: at + 6 * hour,
	standing: "refused",
	decidedBy: "@other:hub",
	reason: "anew",
	alert: "",
	said,
	audience,
	update: "",
};

test("what was refused is begun anew with all that its author had said of it", () => {
	const draft = draftAnew(refused, "ru", ["AF-HER"]);
	expect(decodeDraft(encodeDraft(draft))).toEqual(draft);
	expect(draft).toMatchObject({ step: 1, language: "fa-AF", confirmed: [] });
	expect(wishOf(draft, at + 20 * hour)).toMatchObject({
		code: "recruiter",
		urgency: "Future",
		severity: "Minor",
		certainty: "Possible",
		tlp: "RED",
		expires: (at + 26 * hour) / 1000,
		text: "واژه‌ها",
		audience,
		quotes: "$other",
		describes: true,
	});
	expect(draftAnew({ ...refused, causes: ["code"] }, "ru", []).describes).toBe(false);
});

test("a new version that was refused is begun anew as it was", () => {
	const draft = draftAnew({ ...refused, update: "$1" }, "ru", ["AF-HER"]);
	expect(draft.step).toBe(0);
	const wish = wishOf(draft, at + hour, true);
	expect(wish).toMatchObject({ urgency: "Future", tlp: "RED", expires: said.expires / 1000, describes: true });
	for (const member of ["code", "audience", "quotes"]) expect(wish).not.toHaveProperty(member);
});
