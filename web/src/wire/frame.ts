import { type Json, lenient, object, parse, string } from "./decode";
import { decodeFault, type Fault } from "./fault";
import { type Delta, decodeDelta } from "./sync";

/** What the hub sends over the stream; see docs/stream.md. */
export type Frame =
	| { readonly kind: "delta"; readonly delta: Delta }
	| { readonly kind: "result"; readonly id: string; readonly result: Json }
	| { readonly kind: "error"; readonly id?: string; readonly fault: Fault };

export function decodeFrame(text: string): Frame {
	const frame = object(parse(text));
	const id = lenient(string, frame["id"]);
	if (frame["error"] !== undefined) {
		return { kind: "error", fault: decodeCallFault(frame["error"]), ...(id !== undefined && { id }) };
	}
	if (id !== undefined) return { kind: "result", id, result: object(frame["result"]) };
	return { kind: "delta", delta: decodeDelta(frame) };
}

/** A frame has no HTTP status; these codes stand for what passes, and a post that meets it waits instead of failing. */
const passing: ReadonlyMap<string, number> = new Map([
	["M_LIMIT_EXCEEDED", 429],
	["M_UNKNOWN", 500],
	["M_RESOURCE_LIMIT_EXCEEDED", 507],
]);

function decodeCallFault(error: unknown): Fault {
	const errcode = lenient(string, lenient(object, error)?.["errcode"]) ?? "M_UNKNOWN";
	return decodeFault(error, passing.get(errcode) ?? 400);
}

/** What the client may call. */
export type Call =
	| { method: "ping"; params: Record<string, never> }
	| { method: "send"; params: { room_id: string; type: string; txn_id: string; content: Json } }
	| { method: "state"; params: { room_id: string; type: string; state_key: string; content: Json } }
	| { method: "redact"; params: { room_id: string; event_id: string; txn_id: string; reason?: string } }
	| { method: "typing"; params: { room_id: string; typing: boolean; timeout?: number } }
	| { method: "read_markers"; params: { room_id: string; "m.fully_read"?: string; "m.read"?: string; "m.read.private"?: string } }
	| { method: "presence"; params: { presence: "online" | "unavailable" | "offline"; status_msg?: string } };

export function encodeCall(id: string, call: Call): string {
	return JSON.stringify({ id, ...call });
}
