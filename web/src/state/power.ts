import { lenient, number, object } from "../wire/decode";
import type { UserId } from "../wire/ids";
import type { Room } from "./model";

/** What someone may do in one channel, by its own rule (Matrix, m.room.power_levels). The hub decides; this only hides what it would refuse. */
export function power(room: Room, user: UserId): number {
	return lenient(number, lenient(object, room.powers["users"])?.[user]) ?? lenient(number, room.powers["users_default"]) ?? 0;
}

const level = (room: Room, name: string, otherwise: number): number => lenient(number, room.powers[name]) ?? otherwise;

/** Whether someone may set a part of what the channel is. */
export function maySet(room: Room, user: UserId, type: string): boolean {
	const needed = lenient(number, lenient(object, room.powers["events"])?.[type]) ?? level(room, "state_default", 50);
	return power(room, user) >= needed;
}

/** Whether someone may take back what others wrote. */
export const mayRemove = (room: Room, user: UserId): boolean => power(room, user) >= level(room, "redact", 50);

/** Whether someone may call everybody in the channel at once. */
export const mayCallAll = (room: Room, user: UserId): boolean =>
	power(room, user) >= (lenient(number, lenient(object, room.powers["notifications"])?.["room"]) ?? 50);

/** Whether someone may put others out of the channel. */
export const mayKick = (room: Room, user: UserId): boolean => power(room, user) >= level(room, "kick", 50);
