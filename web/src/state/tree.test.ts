import { expect, test } from "vitest";
import type { RoomId } from "../wire/ids";
import { emptyRoom, type Room } from "./model";
import { type Branch, tree } from "./tree";

function room(id: string, more: Partial<Room> = {}): [RoomId, Room] {
	const made: Room = { ...emptyRoom(id as RoomId), ...more };
	return [made.id, made];
}

const space = (id: string, ...children: string[]) => room(id, { space: true, children: children as RoomId[] });

/** A branch in short: channels, then [space, …]. */
const shape = (b: Branch): unknown[] => [...b.channels.map((c) => c.id), ...b.branches.map((s) => [s.space?.id, ...shape(s)])];

test("channels stand in their spaces, and those without one beside them", () => {
	const rooms = new Map([space("net", "af", "general"), space("af", "kabul"), room("general"), room("kabul"), room("direct")]);
	expect(shape(tree(rooms))).toEqual(["direct", ["net", "general", ["af", "kabul"]]]);
});

test("unread posts are counted up the tree and come first", () => {
	const rooms = new Map([space("net", "a", "b", "af"), space("af", "c"), room("a"), room("b", { unread: 2 }), room("c", { unread: 3 })]);
	const whole = tree(rooms);
	expect(whole.unread).toBe(5);
	expect(whole.branches[0]?.channels.map((c) => c.id)).toEqual(["b", "a"]);
});

test("spaces that are inside each other are still shown, once", () => {
	const rooms = new Map([space("x", "y", "c"), space("y", "x"), room("c")]);
	const flat = JSON.stringify(shape(tree(rooms)));
	expect(flat).toContain('"c"');
	expect(flat.length).toBeLessThan(200);
});
