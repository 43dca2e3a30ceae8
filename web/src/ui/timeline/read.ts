import type { Room } from "../../state";

export type RoomEvent = Room["timeline"][number];
export type EventId = RoomEvent["id"];
export type Content = RoomEvent["content"];

/** A member of an event's content where it is text. Others may have written anything there. */
export function text(content: RoomEvent["content"], member: string): string | undefined {
	const value = content[member];
	return typeof value === "string" && value !== "" ? value : undefined;
}
