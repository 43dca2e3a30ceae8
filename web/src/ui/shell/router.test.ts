// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import { above, followAddress, go, link, parse, type Route, route, tell } from "./router";

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
		{ at: "place-figures" },
		{ at: "place-year" },
		{ at: "place-ledger", shelter: "a-_1" },
		{ at: "shelter-rota", id: "a-_1" },
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

describe("the history", () => {
	const channel: Route = { at: "channel", room: "!secret:hub.example", details: false };
	const shown = () => location.hash + JSON.stringify(history.state);
	beforeEach(() => {
		tell("open");
		history.replaceState(null, "", "#/now");
		route.value = { at: "now" };
		followAddress();
	});
	it("names places while nothing is to be kept from others", () => {
		go(channel);
		expect(location.hash).toContain("secret");
	});
	it("has no channel and nobody in its addresses once a PIN is set, and a reload still finds the place", () => {
		go(channel);
		tell("quiet");
		expect(location.hash).toBe("#/talk");
		dispatchEvent(new Event("popstate"));
		expect(route.value).toEqual(channel);
		go({ at: "person", id: "@p:hub.example" });
		expect(location.hash).toBe("#/people");
		go({ at: "search", room: "!secret:hub.example" });
		expect(location.hash).toBe("#/search");
	});
	it("follows links without the address", () => {
		tell("quiet");
		document.body.innerHTML = `<a href="${link(channel)}"><b>here</b></a>`;
		document.querySelector("b")?.click();
		expect(route.value).toEqual(channel);
		expect(location.hash).toBe("#/talk");
	});
	it("knows nothing of the account before in an empty one", () => {
		tell("quiet");
		go(channel);
		tell("empty");
		expect(shown()).toBe("#/talknull");
		expect(route.value).toEqual({ at: "talk" });
		history.replaceState({ place: link(channel) }, "", "#/talk"); // as Back finds it
		dispatchEvent(new Event("popstate"));
		expect(shown()).toBe("#/talknull");
		expect(route.value).toEqual({ at: "talk" });
		go({ at: "recoveries" });
		expect(route.value).toEqual({ at: "people" });
	});
});
