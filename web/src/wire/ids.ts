/** Branded ids: a room's id cannot be handed to who wants a person's. */
export type RoomId = string & { readonly brand: "room" };
export type UserId = string & { readonly brand: "user" };
export type EventId = string & { readonly brand: "event" };
/** Where the log was last heard up to: `next_batch`. */
export type Token = string & { readonly brand: "token" };

export const roomId = (s: string): RoomId => s as RoomId;
export const userId = (s: string): UserId => s as UserId;
export const eventId = (s: string): EventId => s as EventId;
export const token = (s: string): Token => s as Token;

/**
 * A transaction id that nothing else has. `crypto.randomUUID` is missing where the hub is reached by a plain-http address, as in
 * an office's own network.
 */
export function freshTxn(): string {
	return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
