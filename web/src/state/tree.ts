import type { RoomId } from "../wire/ids";
import type { Room } from "./model";

/** A space with the channels that one is in, and the spaces inside it. `space` is undefined for what is in none. */
export interface Branch {
	readonly space?: Room;
	readonly channels: readonly Room[];
	readonly branches: readonly Branch[];
	/** Unread posts in it and below it. */
	readonly unread: number;
}

/** The rooms by space. Within a space, channels with something new come first, then those that something happened in last. */
export function tree(rooms: ReadonlyMap<RoomId, Room>): Branch {
	const inside = new Set<RoomId>();
	for (const room of rooms.values()) {
		if (room.space) for (const child of room.children) inside.add(child);
	}
	const tops = [...rooms.values()].filter((room) => !inside.has(room.id) || isLoop(rooms, room.id));
	return branch(undefined, tops, rooms, new Set());
}

/** A space that is, over others, inside itself would never be shown: then it is a top. */
function isLoop(rooms: ReadonlyMap<RoomId, Room>, id: RoomId): boolean {
	const seen = new Set<RoomId>();
	const below = (room: RoomId): boolean =>
		(rooms.get(room)?.children ?? []).some((child) => {
			if (child === id) return true;
			if (seen.has(child)) return false;
			seen.add(child);
			return below(child);
		});
	return below(id);
}

function branch(space: Room | undefined, rooms: readonly Room[], all: ReadonlyMap<RoomId, Room>, above: ReadonlySet<RoomId>): Branch {
	const channels = rooms.filter((room) => !room.space).sort(byNews);
	const within = space ? new Set([...above, space.id]) : above;
	const branches = rooms
		.filter((room) => room.space && !within.has(room.id))
		.map((room) => branch(room, present(room.children, all), all, within));
	const unread = [...channels, ...branches].reduce((sum, part) => sum + part.unread, 0);
	return { channels, branches, unread, ...(space && { space }) };
}

function present(ids: readonly RoomId[], all: ReadonlyMap<RoomId, Room>): Room[] {
	return ids.map((id) => all.get(id)).filter((room) => room !== undefined);
}

function byNews(a: Room, b: Room): number {
	const fresh = Number(b.unread > 0) - Number(a.unread > 0);
	return fresh || (b.timeline.at(-1)?.at ?? 0) - (a.timeline.at(-1)?.at ?? 0);
}
