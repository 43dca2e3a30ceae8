import { describe, expect, it } from "vitest";
import { emptyRoom, type Role, type Room, type RoomId, type UserId } from "../../state";
import { callables, calledIn, callingAt, matching, mentionsOf, type Register } from "./calling";

const user = (name: string) => `@${name}:hub` as UserId;
const names: Record<string, [name: string, organisation: string, role: Role]> = {
	[user("farida")]: ["فریده نوری", "rahnuma", "admin"],
	[user("hamid")]: ["Ҳамид", "rahnuma", "member"],
	[user("ali")]: ["Ali", "umid", "interpreter"],
	[user("alisher")]: ["Alisher", "umid", "interpreter"],
};

const known: Register = {
	name: (id) => names[id]?.[0] ?? id,
	organisation: (id) => ({ id: names[id]?.[1] ?? "", name: `org ${names[id]?.[1]}` }),
	role: (id) => names[id]?.[2],
	roleName: (role) => `all ${role}s`,
	everybody: "everyone",
	mayCallAll: true,
};

const room: Room = {
	...emptyRoom("!r:hub" as RoomId),
	members: new Map([...Object.keys(names), user("me")].map((id) => [id as UserId, { id: id as UserId, name: id, membership: "join" }])),
};
const all = callables(room, user("me"), known);

describe("calling people", () => {
	it.each([
		["@", 1, ""],
		["سلام @فر", 8, "فر"],
		["(@Al", 4, "Al"],
		["@فریده نو", 9, "فریده نو"],
	])("in %j sees what is being written", (text, caret, wanted) => {
		expect(callingAt(text, caret)?.wanted).toBe(wanted);
	});
	it("takes no address for a call", () => {
		expect(callingAt("mail a@b", 8)).toBeUndefined();
		expect(callingAt("x", 1)).toBeUndefined();
	});
	it("finds people by any word of their name, whatever keyboard wrote it", () => {
		expect(matching(all, "نوري").map((one) => one.id)).toEqual([user("farida")]);
		expect(matching(all, "al").map((one) => one.label)).toContain("Alisher");
	});
	it("does not take a name inside another one for it", () => {
		expect(calledIn("@Alisher, come", all).map((one) => one.id)).toEqual([user("alisher")]);
		expect(calledIn("@Ali and @Alisher", all)).toHaveLength(2);
	});
	it("calls the people behind an organisation and a role, each once", () => {
		expect(mentionsOf(calledIn("@org rahnuma @فریده نوری @everyone", all))).toEqual({
			people: [user("farida"), user("hamid")],
			room: true,
			organisations: ["rahnuma"],
			roles: [],
		});
		expect(mentionsOf(calledIn("@all interpreters", all))?.people).toEqual([user("ali"), user("alisher")]);
		expect(mentionsOf([])).toBeUndefined();
	});
});
