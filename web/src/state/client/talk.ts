import { canonical } from "../../wire/canonical";
import type { Json } from "../../wire/decode";
import { Fault } from "../../wire/fault";
import { hubNow } from "../../wire/hubtime";
import type { EventId, RoomId } from "../../wire/ids";
import type { Line } from "../../wire/line";
import { uploadLimit } from "../../wire/media";
import { giveUp } from "../../wire/upload";
import { editContent, type Post, postContent, reactionContent } from "../content";
import * as history from "../history";
import type { FilePost, NewFile } from "../media/content";
import { isPost, prepend, type Room } from "../model";
import type { Waiting } from "../outbox";
import { relatedTo, relationsOf } from "../relations";
import type { Keeping } from "./keeping";
import type { Known } from "./known";
import { type Done, quietly, type Sending } from "./sending";

/** What one does in a channel: write, answer, read. */
export class Talk {
	constructor(
		private readonly here: Known,
		private readonly keeping: Keeping,
		private readonly sending: Sending,
		private readonly call: Line["call"],
	) {}

	/** Writes a post. It is safe in the outbox when the promise is fulfilled. */
	send(post: Post): Promise<void> {
		return this.sendContent(post.room, postContent(post));
	}

	/** The same with a content that is ready: a picture, a file. */
	sendContent(room: RoomId, content: Json, type = "m.room.message"): Promise<void> {
		return this.sending.posts.add(room, { kind: "send", type, content }, hubNow());
	}

	/** Sends a file, and the post that shows it when the hub has it. It is safe in the outbox when the promise is fulfilled. */
	sendFile(post: FilePost, file: NewFile): Promise<void> {
		return this.sending.sendFile(post, file);
	}

	/** Lets a file that goes out rest, or go on from where it stopped. */
	async pauseFile(txn: string, paused: boolean): Promise<void> {
		await this.sending.posts.file(txn, (file) => ({ ...file, paused }));
	}

	/** A file of mine that is on its way, to be shown meanwhile. */
	waitingFile(file: Waiting): Promise<Blob | undefined> {
		return this.here.media.store.read(file.id);
	}

	/** How large a file may be, in bytes. */
	uploadLimit(): Promise<number | undefined> {
		return uploadLimit();
	}

	/** Words a post anew: what has not left yet is changed where it waits, anything else gets a later wording, also where it left meanwhile. */
	async edit(post: Post, edited: { event?: EventId | undefined; txn?: string | undefined }): Promise<void> {
		if (edited.event !== undefined) return this.sendContent(post.room, editContent(post, edited.event));
		const txn = edited.txn ?? "";
		const content = postContent(post);
		if (await this.sending.posts.rewrite(txn, { kind: "send", type: "m.room.message", content })) return;
		const sent = await this.sending.sentAs(post.room, txn);
		if (!sent) throw new Fault("M_NOT_FOUND", "error.unknown_event", {}, 404);
		if (canonical(sent.content) !== canonical(content)) await this.sendContent(post.room, editContent(post, sent.event));
	}

	/** Says something short to a post with one sign, or takes that back. */
	async react(room: RoomId, event: EventId, key: string): Promise<void> {
		const { me, rooms } = this.here.model.value;
		const related = relatedTo(relationsOf(room, rooms.get(room)?.timeline ?? [], this.here.outbox.value, me), event);
		const mine = related.reactions.find((reaction) => reaction.key === key)?.mine;
		if (mine?.event !== undefined) return this.redact(room, mine.event);
		if (mine?.txn !== undefined) return this.sending.posts.discard(mine.txn);
		await this.sendContent(room, reactionContent(event, key), "m.reaction");
	}

	/** Takes back what someone wrote. */
	redact(room: RoomId, event: EventId): Promise<void> {
		return this.sending.posts.add(room, { kind: "redact", event }, hubNow());
	}

	/** Changes what a channel is. */
	setState(room: RoomId, type: string, content: Json): Promise<void> {
		return this.sending.posts.add(room, { kind: "state", type, key: "", content }, hubNow());
	}

	/** Keeps a post in view of the whole channel, or no longer. */
	pin(room: Room, event: EventId, pinned: boolean): Promise<void> {
		const others = room.pinned.filter((one) => one !== event);
		return this.setState(room.id, "m.room.pinned_events", { pinned: pinned ? [...others, event] : others });
	}

	mute(room: RoomId, muted: boolean): Promise<Done> {
		return this.sending.do(room, { kind: "mute", muted });
	}

	/** Puts a channel back among those with something new. */
	markUnread(room: RoomId): Promise<Done> {
		return this.sending.do(room, { kind: "unread" });
	}

	retry(txn: string): Promise<void> {
		return this.sending.posts.retry(txn);
	}

	discard(txn: string): void {
		const file = this.sending.outgoing(txn)?.file;
		this.sending.posts.discard(txn);
		if (!file) return;
		void this.here.media.store.drop(file.id);
		if (file.address) void quietly(giveUp(file.address));
	}

	saveDraft(place: string, text: string): void {
		const drafts = new Map(this.here.drafts.value);
		if (text === "") drafts.delete(place);
		else drafts.set(place, text);
		this.here.drafts.value = drafts;
		void this.keeping.vault?.draft(place, text);
	}

	/** Reads what is older. False when there is nothing older. */
	async loadOlder(id: RoomId): Promise<boolean> {
		const { loadingOlder } = this.here;
		const room = this.here.model.value.rooms.get(id);
		if (!room || room.before === undefined || loadingOlder.value.has(id)) return room?.before !== undefined;
		loadingOlder.value = new Set([...loadingOlder.value, id]);
		try {
			const from = room.before === "context" ? await history.placeBefore(id, room.timeline[0]?.id ?? ("" as EventId)) : room.before;
			const page = await history.olderPosts(id, from);
			this.here.change(id, (now) => prepend(now, room, page.events, page.end));
			return page.end !== undefined;
		} finally {
			loadingOlder.value = new Set([...loadingOlder.value].filter((other) => other !== id));
		}
	}

	/** Tells the others that I have read up to the newest post. */
	async markRead(id: RoomId): Promise<void> {
		const { me, rooms } = this.here.model.value;
		const room = rooms.get(id);
		const last = room?.timeline.findLast(isPost);
		if (!room || !last) return;
		const read = room.receipts.get(me)?.event === last.id;
		if (read && room.unread === 0 && !room.marked) return;
		await quietly(this.sending.do(id, { kind: "read", event: last.id, marked: room.marked }));
	}

	async setTyping(id: RoomId, typing: boolean): Promise<void> {
		const params = { room_id: id, typing, ...(typing && { timeout: 20_000 }) };
		if (this.here.line.value.state === "connected") await quietly(this.call({ method: "typing", params }));
	}
}
