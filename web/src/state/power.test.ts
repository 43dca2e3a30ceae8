import { expect, it } from "vitest";
import { mutedRooms } from "./history";
import { maySet, power } from "./power";
import { emptyRoom } from "./model";
import type { RoomId, UserId } from "../wire/ids";

it("muted are the rooms whose own rule says nothing", () => {
	const rule = (rule_id: string, enabled: boolean, actions: unknown[]) => ({ rule_id, enabled, actions, default: false });
	const override = [rule("!a:hub", true, []), rule("!b:hub", false, []), rule("!c:hub", true, ["notify"]), rule(".m.rule.master", true, [])];
	expect([...mutedRooms({ global: { override } })]).toEqual(["!a:hub"]);
	expect(mutedRooms(undefined).size).toBe(0);
});

it("power follows the channel's own rule", () => {
	const me = "@me:hub" as UserId;
	const room = { ...emptyRoom("!r:hub" as RoomId), powers: { users: { [me]: 50 }, events: { "m.room.topic": 0, "m.room.power_levels": 100 } } };
	expect(power(room, me)).toBe(50);
	expect(["m.room.topic", "m.room.pinned_events", "m.room.power_levels"].map((type) => maySet(room, me, type))).toEqual([true, true, false]);
	expect(maySet(room, "@other:hub" as UserId, "m.room.pinned_events")).toBe(false);
});
