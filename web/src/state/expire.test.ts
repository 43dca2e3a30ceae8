import { expect, test } from "vitest";
import { eventId, roomId, userId } from "../wire/ids";
import type { Event } from "../wire/sync";
import { lifetimeOf, withoutExpired } from "./expire";
import { emptyModel, emptyRoom, type Room } from "./model";

const day = 86_400_000;
const now = 1_000 * day;
const event = (id: string, age: number, stateKey?: string): Event => ({
	id: eventId(id),
	type: stateKey === undefined ? "m.room.message" : "m.room.topic",
	sender: userId("@a:hub"),
	at: now - age,
	content: {},
	redacted: false,
	...(stateKey !== undefined && { stateKey }),
});

function modelOf(room: Partial<Room>) {
	const id = roomId("!r");
	return { ...emptyModel(userId("@a:hub")), rooms: new Map([[id, { ...emptyRoom(id), ...room }]]) };
}

test("a channel keeps no longer than it says, nor than the hub does", () => {
	expect(lifetimeOf({}, 730 * day)).toBe(730 * day);
	expect(lifetimeOf({ lifetime: 30 * day }, 730 * day)).toBe(30 * day);
	expect(lifetimeOf({ lifetime: 900 * day }, 730 * day)).toBe(730 * day);
	expect(lifetimeOf({ lifetime: 5 }, 730 * day)).toBe(day);
});

test("what is kept no longer leaves the device, what the channel is stays", () => {
	const timeline = [event("$topic", 40 * day, ""), event("$old", 31 * day), event("$young", 29 * day)];
	const model = withoutExpired(modelOf({ lifetime: 30 * day, timeline }), 730 * day, now);
	expect(model.rooms.get(roomId("!r"))?.timeline.map(({ id }) => id)).toEqual(["$topic", "$young"]);
	expect(withoutExpired(model, 730 * day, now)).toBe(model);
});
