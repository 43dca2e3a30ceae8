import { expect, test } from "vitest";
import { outsideOf } from "./exchange";

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
