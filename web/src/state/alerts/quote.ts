import { type Json, lenient, object, string } from "../../wire/decode";
import { type EventId, eventId, type RoomId, roomId, type UserId } from "../../wire/ids";
import type { Room } from "../model";
import { type Block, decodeBlock, type Entry, type Label } from "./model";

/** The part of a post's content that shows an alert in a channel that people talk in. */
export const quoteMember = "network.panah.quoted_alert";

/** An alert as a post shows it to those who may not open it. */
export interface AlertQuote {
	readonly alert: EventId;
	/** The channel that the alert itself is in. */
	readonly room: RoomId;
	readonly block: Block;
}

/** A post that shows an alert: its sentence for other clients, and the codes for ours. Its free text stays where the alert is. */
export function quoteContent(entry: Entry, sentence: string, language: string): Json {
	const { code, slots, status, kind, urgency, severity, certainty, areas, expires, tlp } = entry.block;
	const alert = { code, slots, status, msg_type: kind, urgency, severity, certainty, areas, expires: Math.round(expires / 1000), tlp };
	return {
		msgtype: "m.text",
		body: `TLP:${tlp} ${sentence}`,
		"network.panah.language": language,
		"m.mentions": {},
		[quoteMember]: { alert_id: entry.id, room_id: entry.room, alert },
	};
}

const nothingUsual = { urgency: "Unknown", severity: "Unknown", certainty: "Unknown" };

/** The alert that a post shows; undefined for all other posts. */
export function quoteOf(content: Json): AlertQuote | undefined {
	return lenient((value) => {
		const q = object(value);
		return { alert: eventId(string(q["alert_id"])), room: roomId(string(q["room_id"])), block: decodeBlock(q["alert"], nothingUsual) };
	}, content[quoteMember]);
}

/** For whom channels are looked at. */
export interface Circle {
	/** Mine, or "". */
	readonly organisation: string;
	/** Of a person of the network, "" for one without; undefined for whoever is not of the network. */
	organisationOf(user: UserId): string | undefined;
	/** The spaces, by id. */
	space(id: Room["id"]): Pick<Room, "about"> | undefined;
}

/**
 * Whether an alert under a label may be shown in a channel: only where nobody could read it who is outside of what the label allows (TLP 2.0).
 * `had` are those who got the alert itself. RED stays where it is.
 */
export function mayShow(label: Label, room: Room, had: ReadonlySet<UserId>, circle: Circle): boolean {
	const own = (user: UserId) => circle.organisation !== "" && circle.organisationOf(user) === circle.organisation;
	switch (label) {
		case "CLEAR":
			return true;
		case "GREEN":
			return everyone(room, (user) => circle.organisationOf(user) !== undefined);
		case "AMBER":
			return closed(room, circle) && everyone(room, (user) => own(user) || had.has(user));
		case "AMBER+STRICT":
			return closed(room, circle) && everyone(room, own);
		default:
			return false;
	}
}

/** Those who are in a channel, and those who are asked into it. */
function everyone(room: Room, fits: (user: UserId) => boolean): boolean {
	const inside = [...room.members.values()].filter(({ membership }) => membership === "join" || membership === "invite");
	return inside.length > 0 && inside.every(({ id }) => fits(id));
}

/** Whether nobody comes in by themselves but people of one's own organisation (Matrix, "Restricted rooms"). */
function closed(room: Room, { organisation, space }: Circle): boolean {
	if (room.joinRule === "restricted") return room.parents.length > 0 && room.parents.every((id) => space(id)?.about?.organisation === organisation);
	return room.joinRule === "invite";
}
