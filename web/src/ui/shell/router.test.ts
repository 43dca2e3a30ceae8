import { describe, expect, it } from "vitest";
import { above, link, parse, type Route } from "./router";

describe("the address", () => {
	const places: Route[] = [
		{ at: "now" },
		{ at: "talk" },
		{ at: "channel", room: "!a/b:hub.example", details: false },
		{ at: "channel", room: "!a:hub.example", details: true },
		{ at: "channel", room: "!a:hub.example", details: false, thread: "$r/1+2" },
		{ at: "channel", room: "!a:hub.example", details: false, post: "$p" },
		{ at: "new-channel" },
		{ at: "new-channel", space: "!s:hub.example" },
		{ at: "browse" },
		{ at: "search" },
		{ at: "search", room: "!a:hub.example" },
		{ at: "people" },
		{ at: "organisation", id: "org 1" },
		{ at: "new-organisation" },
		{ at: "invite-person" },
		{ at: "invite-person", organisation: "o1" },
		{ at: "invitations" },
		{ at: "settings" },
		{ at: "lock" },
		{ at: "guide" },
		{ at: "sign-in" },
		{ at: "invite" },
	];
	it.each(places)("of $at is read as it was written", (place) => {
		expect(parse(link(place))).toEqual(place);
	});
	it.each(["", "#", "#/", "#/nowhere", "#/settings/"])("%j leads somewhere", (hash) => {
		expect(["now", "settings"]).toContain(parse(hash).at);
	});
	it("survives a broken escape", () => {
		expect(parse("#/talk/%E0%A4%A")).toEqual({ at: "channel", room: "%E0%A4%A", details: false });
	});
	it("goes up one step at a time", () => {
		expect(above({ at: "channel", room: "!r", details: true })).toEqual({ at: "channel", room: "!r", details: false });
		expect(above({ at: "channel", room: "!r", details: false, thread: "$t" })).toEqual({ at: "channel", room: "!r", details: false });
		expect(above({ at: "talk" })).toBeUndefined();
	});
});
