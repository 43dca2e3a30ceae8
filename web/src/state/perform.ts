import type { Json } from "../wire/decode";
import { Fault } from "../wire/fault";
import type { Call } from "../wire/frame";
import { nothing, path, request } from "../wire/http";
import type { RoomId, UserId } from "../wire/ids";
import * as account from "./account";
import { sendTranslation } from "./alertTranslate";
import * as history from "./history";
import type { Deed, Outgoing } from "./outbox";

const v3 = "/_matrix/client/v3";

/** Does something of the outbox at the hub: over the line where it has a word for it, else over HTTP. */
export async function perform({ room, txn, act }: Outgoing, me: UserId, call: (call: Call) => Promise<Json>): Promise<Json> {
	switch (act.kind) {
		case "send":
			return call({ method: "send", params: { room_id: room, type: act.type, txn_id: txn, content: act.content } });
		case "redact":
			return call({ method: "redact", params: { room_id: room, event_id: act.event, txn_id: txn } });
		case "state":
			return call({ method: "state", params: { room_id: room, type: act.type, state_key: act.key, content: act.content } });
		default:
			await doDeed(room, act, me, call);
			return {};
	}
}

/** Does at once what leaves no event; throws a Fault when the hub refuses it or is not reached. */
export async function doDeed(room: RoomId, act: Deed, me: UserId, call: (call: Call) => Promise<Json>): Promise<void> {
	switch (act.kind) {
		case "read":
			await call({ method: "read_markers", params: { room_id: room, "m.fully_read": act.event, "m.read": act.event } });
			if (act.marked) await history.markUnread(me, room, false);
			return;
		case "unread":
			return history.markUnread(me, room, true);
		case "mute":
			return history.mute(room, act.muted);
		case "join":
			return request("POST", path`/_matrix/client/v3/join/${room}`, nothing, { body: {}, ...(act.via !== undefined && { query: { via: act.via } }) });
		case "leave":
			return leave(room);
		case "invite":
			return request("POST", path`/_matrix/client/v3/rooms/${room}/invite`, nothing, { body: { user_id: act.user } });
		case "settings":
			return request("PUT", path`/_matrix/client/v3/user/${me}/account_data/${act.type}`, nothing, { body: act.content });
		case "answer":
			return request("POST", path`/_panah/v1/alerts/${act.alert}/answer`, nothing, { body: act.reply });
		case "translation":
			return sendTranslation(act.event, act.language, act.text, act.confirmed);
		case "name":
			return account.setName(me, act.name);
		case "alert":
		case "place":
			return request("POST", act.door, nothing, { body: act.wish }); // the wish holds its transaction id
	}
}

/** Whoever is out already has left. */
async function leave(room: RoomId): Promise<void> {
	try {
		await request("POST", `${v3}/rooms/${encodeURIComponent(room)}/leave`, nothing, { body: {} });
	} catch (error) {
		if (!(error instanceof Fault) || error.key !== "error.not_member") throw error;
	}
}
