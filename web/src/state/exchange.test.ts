import { afterEach, expect, test, vi } from "vitest";
import { roomId } from "../wire/ids";
import { feeds, makeFeed, outsideOf } from "./exchange";

afterEach(() => vi.unstubAllGlobals());

const info = { language: "fa-AF", event: "سیلاب", headline: "سیلاب در هرات", description: "دور شوید", urgency: "Immediate", severity: "Severe", certainty: "Likely", expires: 2_000_000_000, areas: ["هرات"] };
const card = { sender: "weather.example.org", identifier: "a1", sent: 1, status: "Actual", msg_type: "Alert", scope: "Public", infos: [info] };

test("an alert from outside is read as its sender words it", () => {
	expect(outsideOf({ "network.panah.cap": card })).toEqual({
		sender: "weather.example.org",
		status: "Actual",
		cancelled: false,
		words: [{ language: "fa-AF", title: "سیلاب در هرات", description: "دور شوید", instruction: "", urgency: "Immediate", expires: 2_000_000_000_000, areas: ["هرات"] }],
	});
});

test.each([
	[{}, undefined],
	[{ "network.panah.cap": "x" }, undefined],
	[{ "network.panah.cap": { ...card, infos: [] } }, undefined],
	[{ "network.panah.cap": { ...card, infos: [{ ...info, urgency: "<b>", areas: 3 }] } }, undefined],
])("what is no such alert is none: %o", (content, expected) => expect(outsideOf(content)).toEqual(expected));

test("what is not meant for real is never taken for it", () => {
	for (const status of ["Exercise", "Test", "System", "Draft", "anything"]) expect(outsideOf({ "network.panah.cap": { ...card, status } })?.status).not.toBe("Actual");
	expect(outsideOf({ "network.panah.cap": { ...card, msg_type: "Cancel" } })?.cancelled).toBe(true);
});

/** A hub that says what it is asked to make, and makes it. */
function hubThatMakes(): unknown[] {
	const asked: unknown[] = [];
	vi.stubGlobal("fetch", async (_address: unknown, how: RequestInit) => {
		const body = JSON.parse(String(how.body)) as { name: string; room_id?: string };
		asked.push(body);
		return Response.json({ id: "f1", room_id: body.room_id ?? "", name: body.name, made_at: 1, token: "t", address: "https://hub/feed" });
	});
	return asked;
}

test("a feed is of one channel of alerts, or of all that an organisation gets", async () => {
	const asked = hubThatMakes();
	const channel = roomId("!a:hub");
	expect(await makeFeed("one", channel)).toMatchObject({ name: "one", room: channel });
	expect(await makeFeed("all")).not.toHaveProperty("room");
	expect(asked).toEqual([{ name: "one", room_id: "!a:hub" }, { name: "all" }]);
});

test("of which alerts a feed is stands in the list", async () => {
	const made = { made_at: 1, used_at: 0 };
	vi.stubGlobal("fetch", async () => Response.json({ feeds: [{ ...made, id: "f1", name: "one", room_id: "!a:hub" }, { ...made, id: "f2", name: "all", room_id: "" }] }));
	expect((await feeds()).map(({ room }) => room)).toEqual(["!a:hub", undefined]);
});
