import type { Json } from "../../wire/decode";
import { Fault } from "../../wire/fault";
import { hubNow } from "../../wire/hubtime";
import { type EventId, freshTxn, type RoomId, type UserId } from "../../wire/ids";
import type { Line } from "../../wire/line";
import type { mediaUri } from "../../wire/media";
import { upload } from "../../wire/upload";
import { inTurn } from "../kin";
import { type FilePost, fileContent, type NewFile, withStored } from "../media/content";
import { Uploads } from "../media/uploads";
import { type Room, relation } from "../model";
import { type Act, type Deed, Outbox, type Outgoing, quiet, type Waiting } from "../outbox";
import { doDeed, perform } from "../perform";
import { relatedTo, relationsOf } from "../relations";
import type { Keeping } from "./keeping";
import type { Known } from "./known";

/** Whether something was done, or waits for a line. */
export type Done = "done" | "waiting";

/** What goes out: acts in their order, and the files that they wait for. */
export class Sending {
	readonly posts: Outbox;
	readonly files: Uploads;

	/** What failed for want of a line while the device was locked. */
	private owed: readonly { readonly who: UserId; readonly room: RoomId; readonly act: Deed }[] = [];

	/** What is kept while this page does it: no other way of this page does it meanwhile. */
	private readonly holding = new Set<string>();

	constructor(
		private readonly here: Known,
		private readonly keeping: Keeping,
		private readonly call: Line["call"],
	) {
		this.posts = this.postsOf();
		this.files = this.filesOf();
	}

	private postsOf(): Outbox {
		const { here, keeping } = this;
		return new Outbox({
			perform: (item) => perform(item, here.model.value.me, this.call),
			keep: (item) => keeping.keep(item),
			drop: (txn) => keeping.drop(txn),
			inTurn: (item, work) => inTurn(`send ${item.room}`, async () => ((await keeping.stillWaits(item)) ? work() : undefined)),
			has: (room, event) => here.model.value.rooms.get(room)?.timeline.some((e) => e.id === event) ?? false,
			base: (room, act) => baseOf(here.model.value.rooms.get(room), act, here.model.value.me),
			current: () => here.line.value.state === "connected",
			changed: (items) => {
				here.outbox.value = items;
				this.files.kick();
			},
			later: (after, then) => void setTimeout(then, after),
		});
	}

	private filesOf(): Uploads {
		const { here, keeping } = this;
		return new Uploads({
			items: () => here.outbox.peek(),
			kept: async (txn) => (keeping.vault && !keeping.unkept.has(txn) ? keeping.vault.waiting(txn) : this.outgoing(txn)),
			send: (item, file, events, signal) => this.sendBytes(item, file, events, signal),
			placed: (txn, address) => void this.posts.file(txn, (file) => ({ ...file, address })),
			ready: async (txn, stored) => {
				const item = this.outgoing(txn);
				if (item?.act.kind !== "send") return;
				await this.posts.ready(txn, withStored(item.act.content, stored));
				await this.sentFile(item, stored.uri);
			},
			failed: (txn, fault) => void this.posts.refused(txn, fault),
			gone: (txn) => this.posts.discard(txn),
			progress: (now) => {
				here.uploading.value = now;
			},
			later: (after, then) => void setTimeout(then, after),
		});
	}

	/** Does at once what leaves no event; without a line it waits in the outbox. Gives which of the two it was. */
	async do(room: RoomId, act: Deed): Promise<Done> {
		this.here.foresee({ room, act });
		if (this.here.alone) return "done";
		const { me } = this.here.model.value;
		const held = await this.hold(room, act);
		const stays = () => me === this.here.model.value.me;
		try {
			if (!stays() || this.here.line.value.state === "offline") throw new Fault("NETWORK", "error.unreachable"); // else it would go out as somebody else's
			await doDeed(room, act, me, this.call);
			if (stays()) this.posts.outdone({ room, act });
			return "done";
		} catch (error) {
			await this.later(me, room, act, error, held !== undefined);
			return "waiting";
		} finally {
			if (held !== undefined && stays()) await this.letGo(held);
		}
	}

	/**
	 * Keeps what is being done until it is known how it went: where the page is closed before that, the next one does it. What makes up for
	 * itself is not worth it. Gives under which id, or undefined where it could not be kept; then it is done all the same.
	 */
	private async hold(room: RoomId, act: Deed): Promise<string | undefined> {
		const { vault } = this.keeping;
		if (!vault || quiet(act)) return undefined;
		const txn = freshTxn();
		this.holding.add(txn);
		try {
			await vault.keep({ txn, room, act, at: hubNow(), state: "waiting" });
			return txn;
		} catch {
			this.holding.delete(txn); // a full disk, or a store that is just being given up
			return undefined;
		}
	}

	private async letGo(txn: string): Promise<void> {
		await this.keeping.vault?.drop(txn).catch(() => undefined); // what stays is done once more, which changes nothing
		this.holding.delete(txn);
	}

	/**
	 * What failed for want of a line waits in the outbox of whoever did it, and of nobody who came to the device since. Behind a lock it
	 * waits until that is opened, where `kept` says with what else is kept. Throws all other errors.
	 */
	async later(who: UserId, room: RoomId, act: Deed, error: unknown, kept = false): Promise<void> {
		if (!(error instanceof Fault) || error.status !== 0) throw error;
		if (who === this.here.model.value.me) return this.posts.add(room, act, hubNow());
		if (this.here.session.value.kind !== "locked") throw error;
		if (!kept) this.owed = [...this.owed, { who, room, act }];
	}

	/** Somebody is in: what they did before the lock, and could not be sent behind it, waits for a line from now on. */
	takeUpOwed(): void {
		const { owed } = this;
		this.owed = [];
		for (const { who, room, act } of owed) if (who === this.here.model.value.me) void this.posts.add(room, act, hubNow());
	}

	outgoing(txn: string): Outgoing | undefined {
		return this.here.outbox.peek().find((item) => item.txn === txn);
	}

	/** As which event a post of the outbox was sent, by this page, another one or the worker, and with which words. */
	async sentAs(room: RoomId, txn: string): Promise<{ readonly event: EventId; readonly content: Json } | undefined> {
		const heard = this.here.model.value.rooms.get(room)?.timeline.find((event) => event.txn === txn);
		if (heard) return { event: heard.id, content: heard.content };
		const sent = this.posts.sentAs(txn) ?? (await this.keeping.vault?.waiting(txn));
		return sent?.event !== undefined && sent.act.kind === "send" ? { event: sent.event, content: sent.act.content } : undefined;
	}

	/** Another page or the worker has changed what waits. */
	async reread(): Promise<void> {
		const vault = this.keeping.vault;
		if (!vault || this.here.session.value.kind !== "in") return;
		const read = async () => {
			const kept = await vault.outbox();
			return vault === this.keeping.vault ? kept.filter(({ txn }) => !this.holding.has(txn)) : undefined;
		};
		await this.posts.reread(read, (txn) => this.keeping.unkept.has(txn));
	}

	/** Sends a file, and the post that shows it when the hub has it. It is safe in the outbox when the promise is fulfilled. */
	async sendFile(post: FilePost, file: NewFile): Promise<void> {
		const id = freshTxn();
		const safe = await this.here.media.store.put(id, file.blob, { kind: "pending", used: Date.now() });
		const waiting: Waiting = { id, name: file.name, type: file.blob.type, size: file.blob.size, ...(!safe && { fleeting: true }) };
		await this.posts.add(post.room, { kind: "send", type: "m.room.message", content: fileContent(post, file) }, hubNow(), waiting);
	}

	private async sendBytes(
		item: Outgoing,
		file: Waiting,
		events: Parameters<typeof upload>[1],
		signal: AbortSignal,
	): ReturnType<typeof upload> {
		const { store } = this.here.media;
		const about = await store.about(file.id);
		if (!about) throw new Fault("M_NOT_FOUND", "error.file_gone", {}, 404);
		const slice = (from: number, to: number) => store.slice(file.id, about, from, to);
		return upload({ name: file.name, type: file.type, size: about.size, address: file.address, room: item.room, slice }, events, signal);
	}

	/** A picture or a sound that was sent need not be fetched to be seen again. */
	private async sentFile({ file, act }: Outgoing, uri: ReturnType<typeof mediaUri>): Promise<void> {
		if (!file) return;
		const { media } = this.here;
		const shown = act.kind === "send" && act.content["msgtype"] !== "m.file";
		const blob = shown ? await media.store.read(file.id).catch(() => undefined) : undefined;
		if (blob) await media.keep(uri, "full", blob);
		await media.store.drop(file.id);
	}

	/** Files are kept under the keys of the vault; what nothing waits for any more goes. */
	async takeUpFiles(waiting: readonly Outgoing[]): Promise<void> {
		const { media } = this.here;
		media.use(this.keeping.vault?.sealing);
		const wanted = new Set(waiting.flatMap((item) => item.file?.id ?? []));
		await media.dropOrphans(wanted, Date.now()).catch(() => undefined); // a browser that keeps nothing has no orphans
		void media.sweep(Date.now()).catch(() => undefined);
	}
}

/** For what may fail without harm: the next such act makes up for it. */
export async function quietly(act: Promise<unknown>): Promise<void> {
	try {
		await act;
	} catch (error) {
		if (!(error instanceof Fault)) throw error;
	}
}

/** What an act is done upon: the last wording of a post, or what a part of the channel says now. */
function baseOf(room: Room | undefined, act: Act, me: UserId): string | undefined {
	if (!room) return undefined;
	if (act.kind === "state") return room.setBy.get(act.type) ?? "";
	if (act.kind !== "send") return undefined;
	const relates = relation({ content: act.content });
	const edited = relates?.type === "m.replace" ? relates.event : undefined;
	const original = edited === undefined ? undefined : room.timeline.find((e) => e.id === edited);
	if (!original) return undefined;
	if (original.redacted) return "removed";
	return relatedTo(relationsOf(room.id, room.timeline, [], me), original.id).wordings.at(-1)?.event ?? original.id;
}
