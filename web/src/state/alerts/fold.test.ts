import { expect, test } from "vitest";
import { eventId, roomId, userId } from "../../wire/ids";
import type { Event } from "../../wire/sync";
import { alertMember } from "../model";
import { answerType, byNeed, fold, newsOf, type Reader } from "./fold";
import { decodeNotices, type Entry, stage } from "./model";
import { seenUpTo } from "./alerts";

const room = roomId("!herat:localhost");
const sent = Date.UTC(2026, 2, 21, 8);
const reader: Reader = {
	me: userId("@mavzuna:localhost"),
	organisation: "mehrubon",
	answers: true,
	organisationOf: (user) => ({ "@mavzuna:localhost": "mehrubon", "@firuz:localhost": "mehrubon", "@farida:localhost": "rahnuma" })[user as string] ?? "",
	usual: () => ({ urgency: "Immediate", severity: "Extreme", certainty: "Likely" }),
};

let made = 0;
function event(sender: string, type: string, content: Event["content"]): Event {
	return { id: eventId(`$${++made}`), type, sender: userId(sender), at: sent + made * 1000, content, redacted: false };
}

const block = (more: object = {}) => ({ code: "transit", slots: { count: 2, from: "AF-HER" }, areas: ["AF-HER"], expires: sent / 1000 + 3600, tlp: "AMBER", ...more });
const alert = (more: object = {}, sender = "@farida:localhost") => event(sender, "m.room.message", { [alertMember]: block(more) });
const update = (of: Event, more: object) =>
	event("@farida:localhost", "m.room.message", { [alertMember]: block(more), "m.relates_to": { rel_type: "network.panah.update", event_id: of.id } });
const answer = (of: Event, sender: string, answer: string, more: object = {}) =>
	event(sender, answerType, { answer, ...more, "m.relates_to": { rel_type: "m.reference", event_id: of.id } });

const after = (...events: Event[]): Entry => {
	const all = events.reduce<readonly Entry[]>((known, e) => fold(known, room, e, reader), []);
	if (!all[0]) throw new Error("no alert");
	return all[0];
};

test("an alert stands as its event says it, with what its code proposes where the event is silent", () => {
	const first = alert();
	const entry = after(first);
	expect(entry.block).toMatchObject({ code: "transit", urgency: "Immediate", severity: "Extreme", status: "Actual", kind: "Alert", tlp: "AMBER", text: "" });
	expect(entry).toMatchObject({ id: first.id, room, organisation: "rahnuma", needsMe: true, mine: "", ours: "silent", deadline: first.at + 600_000 });
	expect(fold([entry], room, first, reader)).toEqual([entry]); // heard twice, it is there once
});

test("what another hub says is told from what one's own says: its ids are that hub's", () => {
	expect(after(alert()).block.origin).toBeUndefined();
	const far = "@dilnoza:uz.example:8448";
	const entry = after(alert({}, far));
	expect(entry.block.origin).toBe("uz.example:8448");
	const again = event(far, "m.room.message", { [alertMember]: block({ msg_type: "Update" }), "m.relates_to": { rel_type: "network.panah.update", event_id: entry.id } });
	expect(fold([entry], room, again, reader)[0]?.block).toMatchObject({ kind: "Update", origin: "uz.example:8448" });
});

test("nobody waits for an answer to one's own alert, to a test, or from a role that answers none", () => {
	expect(after(alert({}, "@mavzuna:localhost")).needsMe).toBe(false);
	expect(after(alert({}, "@firuz:localhost")).needsMe).toBe(false);
	expect(after(alert({ status: "Test" })).needsMe).toBe(false);
	expect(after(alert({ status: "Exercise" })).needsMe).toBe(true);
	expect(fold([], room, alert(), { ...reader, answers: false })[0]?.needsMe).toBe(false);
	expect(after(alert({ urgency: "Past" })).deadline).toBeUndefined();
});

test.each([
	["seen by me", "@mavzuna:localhost", "seen", {}, { mine: "seen", ours: "seen", needsMe: true }],
	["I act", "@mavzuna:localhost", "can_act", {}, { mine: "can_act", ours: "can_act", needsMe: false }],
	["I cannot", "@mavzuna:localhost", "cannot", { why: "unsafe" }, { mine: "cannot", ours: "seen", needsMe: false }],
	["a colleague acts", "@firuz:localhost", "can_act", {}, { mine: "", ours: "can_act", needsMe: false }],
	["a colleague cannot", "@firuz:localhost", "cannot", { why: "other" }, { mine: "", ours: "seen", needsMe: true }],
	["nobody of ours can", "@firuz:localhost", "cannot", { why: "other", whole: true }, { mine: "", ours: "cannot", needsMe: false }],
	["another organisation acts", "@ayesha:localhost", "can_act", {}, { mine: "", ours: "silent", needsMe: true }],
])("%s", (_, sender, said, more, want) => {
	const first = alert();
	expect(after(first, answer(first, sender, said, more))).toMatchObject(want);
});

test("whoever has answered has seen it", () => {
	const first = alert();
	expect(after(first, answer(first, "@mavzuna:localhost", "can_act"), answer(first, "@mavzuna:localhost", "seen"))).toMatchObject({ mine: "can_act" });
});

test("where there is no haste, having seen it is enough", () => {
	const first = alert({ urgency: "Future" });
	expect(after(first, answer(first, "@firuz:localhost", "seen"))).toMatchObject({ ours: "seen", needsMe: false });
});

test("an update stands in the place of the first, and a cancel takes it off the board", () => {
	const first = alert();
	const later = update(first, { msg_type: "Update", urgency: "Expected", text: "x", language: "fa-AF" });
	const entry = after(first, later);
	expect(entry).toMatchObject({ id: first.id, version: later.id, sentAt: first.at, updatedAt: later.at, state: "live" });
	expect(entry.block.urgency).toBe("Expected");
	expect(after(first, later, update(first, { msg_type: "Cancel" }))).toMatchObject({ state: "cancelled", needsMe: false });
});

test("an alert is over when its time is, without a word from the hub", () => {
	const entry = after(alert());
	expect(stage(entry, entry.block.expires - 1)).toBe("live");
	expect(stage(entry, entry.block.expires)).toBe("expired");
	expect(stage({ ...entry, state: "cancelled" }, 0)).toBe("cancelled");
});

test("what is not understood is no alert, and a label that nobody knows is the strictest", () => {
	expect(fold([], room, event("@farida:localhost", "m.room.message", { [alertMember]: { code: 7 } }), reader)).toEqual([]);
	expect(newsOf(event("@farida:localhost", "m.room.message", { body: "hello" }))).toBeUndefined();
	expect(after(alert({ tlp: "PINK" })).block.tlp).toBe("RED");
});

test("what needs its reader most comes first", () => {
	const base = after(alert());
	const named = { ...base, id: eventId("$named"), asked: true };
	const late = { ...base, id: eventId("$late"), deadline: 5 };
	const calm = { ...base, id: eventId("$calm"), deadline: 20, block: { ...base.block, urgency: "Future" as const } };
	const answered = { ...base, id: eventId("$answered"), needsMe: false, mine: "can_act" as const };
	expect([answered, calm, late, named].sort(byNeed(10)).map(({ id }) => id)).toEqual(["$named", "$late", "$calm", "$answered"]);
});

test("a receipt goes no further than what was seen", () => {
	const [one, two, three] = [alert(), alert(), alert()];
	const said = answer(one, "@firuz:localhost", "seen");
	const seen = (...ids: string[]) => seenUpTo([one, said, two, three], (id) => ids.includes(id));
	expect(seen(one.id)).toBe(said.id);
	expect(seen(two.id, three.id)).toBeUndefined();
	expect(seen(one.id, two.id, three.id)).toBe(three.id);
});

test("notices of a newer hub are left out", () => {
	const notices = [
		{ id: "1", alert_id: "$a", kind: "duty", at: 5 },
		{ id: "2", kind: "approve", about: "d", at: 6 },
		{ id: "3", kind: "whatever", at: 7 },
	];
	expect(decodeNotices({ notices })).toEqual([
		{ id: "1", alert: "$a", kind: "duty", about: "", at: 5 },
		{ id: "2", kind: "approve", about: "d", at: 6 },
	]);
	expect(decodeNotices(undefined)).toEqual([]);
});
