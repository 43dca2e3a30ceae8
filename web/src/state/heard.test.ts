import { expect, test } from "vitest";
import { roomId, userId } from "../wire/ids";
import { heard } from "./heard";
import { emptyRoom, type Room } from "./model";

const at = { at: 1, redacted: false } as const;
const event = (id: string, sender: string, type: string) => ({ ...at, id, sender: userId(sender), type, content: {} }) as Room["timeline"][number];
const room: Room = {
	...emptyRoom(roomId("!a:hub")),
	timeline: [event("$1", "@a:hub", "m.room.message"), event("$2", "@b:hub", "m.room.message"), event("$3", "@b:hub", "m.room.member")],
	typing: [userId("@b:hub")],
};
const rooms = new Map([[room.id, room]]);

test("the words of somebody blocked are gone, what happened stays", () => {
	const quiet = heard(rooms, new Set(["@b:hub"])).get(room.id);
	expect(quiet?.timeline.map((one) => one.id)).toEqual(["$1", "$3"]);
	expect(quiet?.typing).toEqual([]);
});

test("rooms that did not change stay the same objects", () => {
	const blocked = new Set(["@b:hub"]);
	expect(heard(rooms, new Set())).toBe(rooms);
	expect(heard(rooms, blocked).get(room.id)).toBe(heard(rooms, blocked).get(room.id));
	expect(heard(rooms, new Set(["@c:hub"])).get(room.id)).toBe(room);
});
