import type { Room, RoomId, UserId } from "../../state";
import type { Label } from "../../state/alerts/model";
import { mayShow } from "../../state/alerts/quote";
import { client, me, peopleById } from "../client";
import { isHub } from "../names";

/** The channels in which an alert under a label may be shown. `at` is where the alert itself is. */
export function quotable(label: Label, at: RoomId | undefined): Room[] {
	const rooms = client.model.value.rooms;
	const inside = [...((at && rooms.get(at)?.members.values()) ?? [])].filter(({ membership }) => membership === "join");
	const had = new Set(inside.map(({ id }) => id));
	const own = me.value?.organisation?.id ?? "";
	const circle = {
		organisation: own,
		organisationOf: (user: UserId) => {
			const person = peopleById.value.get(user);
			return isHub(user) ? own : person && (person.organisation ?? ""); // the hub's own account keeps channels and reads nothing
		},
		space: (id: RoomId) => rooms.get(id),
	};
	return [...client.rooms.value.values()].filter((room) => !room.space && mayShow(label, room, had, circle));
}
