import type { RoomId } from "../wire/ids";
import { isPost, type Room } from "./model";

/** What was made of a room before, so that a room that did not change stays the same object. */
const made = new WeakMap<Room, { readonly without: ReadonlySet<string>; readonly room: Room }>();

/** The rooms without those that carry alerts, or what shelters have free. */
export function talked(rooms: ReadonlyMap<RoomId, Room>): ReadonlyMap<RoomId, Room> {
	const silent = (room: Room) => room.alerts || room.places === "board";
	return [...rooms.values()].some(silent) ? new Map([...rooms].filter(([, room]) => !silent(room))) : rooms;
}

/** The rooms without what those wrote, or are writing, whom one has blocked. What happened in a channel stays. */
export function heard(rooms: ReadonlyMap<RoomId, Room>, without: ReadonlySet<string>): ReadonlyMap<RoomId, Room> {
	if (without.size === 0) return rooms;
	return new Map([...rooms].map(([id, room]) => [id, quieter(room, without)]));
}

function quieter(room: Room, without: ReadonlySet<string>): Room {
	const before = made.get(room);
	if (before?.without === without) return before.room;
	const speaks = room.timeline.some((event) => isPost(event) && without.has(event.sender)) || room.typing.some((user) => without.has(user));
	const quiet = !speaks
		? room
		: {
				...room,
				timeline: room.timeline.filter((event) => !(isPost(event) && without.has(event.sender))),
				typing: room.typing.filter((user) => !without.has(user)),
			};
	made.set(room, { without, room: quiet });
	return quiet;
}
