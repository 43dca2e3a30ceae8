import type { Event } from "../wire/sync";
import type { Model, Room } from "./model";

/** The shortest time that a hub keeps posts, whatever a channel says. */
const least = 86_400_000;

/** How long a channel keeps its posts, in milliseconds: what it says, but never longer than the hub. */
export function lifetimeOf(room: Pick<Room, "lifetime">, most: number): number {
	return room.lifetime === undefined || room.lifetime >= most ? most : Math.max(room.lifetime, least);
}

/** What this device knows, without the posts that their channels keep no longer. The hub has emptied those, or will within the hour. */
export function withoutExpired(model: Model, most: number, now: number): Model {
	const rooms = [...model.rooms].map(([id, room]) => [id, younger(room, now - lifetimeOf(room, most))] as const);
	return rooms.every(([id, room]) => room === model.rooms.get(id)) ? model : { ...model, rooms: new Map(rooms) };
}

function younger(room: Room, than: number): Room {
	const stays = (event: Event) => event.at >= than || event.stateKey !== undefined;
	return room.timeline.every(stays) ? room : { ...room, timeline: room.timeline.filter(stays) };
}
