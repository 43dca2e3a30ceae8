import { type Json, object, string } from "../../wire/decode";
import { request } from "../../wire/http";
import { type RoomId, roomId, type UserId } from "../../wire/ids";
import * as account from "../account";
import * as care from "../care";
import type { Known } from "./known";
import type { Own } from "./own";
import type { Done, Sending } from "./sending";
import type { Talk } from "./talk";

export interface NewChannel {
	readonly name: string;
	readonly topic?: string;
	readonly space?: RoomId;
	readonly invite?: readonly UserId[];
	/** Whoever is in the space may enter without being asked. */
	readonly open?: boolean;
}

/** Which channels there are, and who is in them. */
export class Channels {
	constructor(
		private readonly here: Known,
		private readonly sending: Sending,
		private readonly talk: Talk,
		private readonly own: Own,
	) {}

	createChannel(wish: NewChannel): Promise<RoomId> {
		return create({ ...channelBody(wish), preset: wish.open ? "public_chat" : "private_chat" });
	}

	createSpace(wish: NewChannel): Promise<RoomId> {
		return create({ ...channelBody(wish), preset: wish.open ? "public_chat" : "private_chat", creation_content: { type: "m.space" } });
	}

	/** Enters a channel, by a server that knows it where this hub may not. */
	join(id: RoomId, via?: string): Promise<Done> {
		return this.sending.do(id, { kind: "join", ...(via !== undefined && { via }) });
	}

	/** Leaves a channel, or declines an invitation. */
	leave(id: RoomId): Promise<Done> {
		return this.sending.do(id, { kind: "leave" });
	}

	invite(id: RoomId, user: UserId): Promise<Done> {
		return this.sending.do(id, { kind: "invite", user });
	}

	channelsIn(space: RoomId): Promise<account.PublicChannel[]> {
		return account.channelsIn(space);
	}

	setTopic(id: RoomId, topic: string): Promise<void> {
		return this.talk.setState(id, "m.room.topic", { topic });
	}

	/** The channel with one person alone: the one that there is, or a new one. */
	async direct(user: UserId): Promise<RoomId> {
		const open = this.directs()[user]?.find((id) => this.here.rooms.value.has(roomId(id)));
		if (open !== undefined) return roomId(open);
		const made = await this.makeDirect(user);
		await this.own.keepData("m.direct", () => ({ ...this.directs(), [user]: [...new Set([...(this.directs()[user] ?? []), made])] }));
		this.made = undefined;
		return made;
	}

	/** What was made and is not noted yet, because the line broke or it was pressed twice: another one would stand beside it. */
	private made: { readonly by: UserId; readonly for: UserId; readonly room: Promise<RoomId> } | undefined;

	private makeDirect(user: UserId): Promise<RoomId> {
		const { me } = this.here.model.value;
		if (this.made?.by === me && this.made.for === user) return this.made.room;
		const room = create({ preset: "trusted_private_chat", is_direct: true, invite: [user] });
		this.made = { by: me, for: user, room };
		room.catch(() => {
			this.made = undefined;
		});
		return room;
	}

	private directs(): Readonly<Record<string, readonly string[]>> {
		return care.directOf(this.here.model.value.accountData);
	}
}

function channelBody(wish: NewChannel): Json {
	return {
		name: wish.name,
		...(wish.topic && { topic: wish.topic }),
		...(wish.space && { "network.panah.space": wish.space }),
		...(wish.invite && { invite: wish.invite }),
	};
}

function create(body: Json): Promise<RoomId> {
	return request("POST", "/_matrix/client/v3/createRoom", (v) => roomId(string(object(v)["room_id"])), { body });
}
