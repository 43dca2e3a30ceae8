import type { EventId, FilePost, Room } from "../../state";

/** Where what is chosen will go. */
export interface Target {
	room: Room;
	language: string;
	replyTo?: EventId | undefined;
	thread?: { readonly root: EventId; readonly last: EventId } | undefined;
}

/** The same as a post names it. */
export const addressed = ({ room, language, replyTo, thread }: Target): Omit<FilePost, "caption"> => ({
	room: room.id,
	language,
	...(replyTo !== undefined && { replyTo }),
	...(thread && { thread }),
});
