import { expect, test } from "vitest";
import { eventId, roomId, userId } from "../wire/ids";
import type { Event } from "../wire/sync";
import { emptyModel, emptyRoom, type Model } from "./model";
import { nameFits, searchHere } from "./search";

const me = userId("@me:hub");
const other = userId("@other:hub");

function post(id: string, body: string, more: Partial<Event> = {}): Event {
	return { id: eventId(id), type: "m.room.message", sender: me, at: 1000, content: { msgtype: "m.text", body }, redacted: false, ...more };
}

function modelWith(...rooms: [string, Event[]][]): Model {
	return { ...emptyModel(me), rooms: new Map(rooms.map(([id, timeline]) => [roomId(id), { ...emptyRoom(roomId(id)), timeline }])) };
}

const edit = (id: string, of: string, body: string) =>
	post(id, `* ${body}`, {
		content: { body: `* ${body}`, "m.new_content": { body }, "m.relates_to": { rel_type: "m.replace", event_id: of } },
	});

test("finds what is on this device in all spellings, newest first, with where it stands", () => {
	const model = modelWith(
		["!a", [post("$1", "این كتاب"), post("$2", "کتاب‌ها", { at: 3000 })]],
		["!b", [post("$3", "👍 کِتاب", { at: 2000 }), post("$4", "دفتر")]],
	);
	const { hits } = searchHere(model, { words: "کتاب" });
	expect(hits.map((hit) => hit.event.id)).toEqual(["$2", "$3", "$1"]);
	expect(hits.map((hit) => hit.marks)).toEqual([[[0, 7]], [[3, 8]], [[4, 8]]]);
});

test("finds what posts say now, and nothing that was taken back", () => {
	const model = modelWith([
		"!a",
		[post("$1", "first"), edit("$2", "$1", "second"), post("$3", "second gone", { redacted: true, content: {} })],
	]);
	expect(searchHere(model, { words: "first" }).hits).toEqual([]);
	expect(searchHere(model, { words: "seco" }).hits.map((hit) => hit.text)).toEqual(["second"]);
});

test("narrows down by channel, person and time", () => {
	const model = modelWith(["!a", [post("$1", "word"), post("$2", "word", { sender: other, at: 5000 })]], ["!b", [post("$3", "word")]]);
	const ids = (more: object) => searchHere(model, { words: "word", ...more }).hits.map((hit) => hit.event.id);
	expect(ids({ room: roomId("!b") })).toEqual(["$3"]);
	expect(ids({ by: other })).toEqual(["$2"]);
	expect(ids({ since: 4000 })).toEqual(["$2"]);
	expect(ids({ words: "  — " })).toEqual([]);
	expect(ids({ words: "wo rd" })).toEqual([]);
});

test("names are found by the beginnings of their words", () => {
	expect(nameFits("Ҳамкории минтақавӣ", "минтакави хам")).toBe(true);
	expect(nameFits("Ҳамкории минтақавӣ", "кори")).toBe(false);
	expect(nameFits("Ҳамкорӣ", "")).toBe(false);
});
