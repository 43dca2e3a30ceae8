import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import { type Json, lenient, list, maybe, object, string } from "../wire/decode";
import { Fault } from "../wire/fault";
import { nothing, path, request } from "../wire/http";
import { type EventId, freshTxn, type RoomId, roomId, type UserId } from "../wire/ids";
import { Line, type LineState } from "../wire/line";
import { type Delta, decodeEvent } from "../wire/sync";
import * as account from "./account";
import { apply, emptyModel, type Invitation, isPost, type Model, prepend, type Room } from "./model";
import { Outbox, type Outgoing } from "./outbox";
import { decodeSettings, type Settings, settingsType } from "./settings";
import { Vault } from "./vault";

/** Whether someone is signed in on this device. */
export type Session =
	| { readonly kind: "checking" }
	/** The hub could not be asked, and this device knows of nobody. */
	| { readonly kind: "unreachable" }
	| { readonly kind: "out"; readonly why?: "elsewhere" }
	| { readonly kind: "in"; readonly me: account.Me };

export interface NewChannel {
	readonly name: string;
	readonly topic?: string;
	readonly space?: RoomId;
	readonly invite?: readonly UserId[];
	/** Whoever is in the space may enter without being asked. */
	readonly open?: boolean;
}

export interface Post {
	readonly room: RoomId;
	readonly body: string;
	/** The tag of the language that it is written in. */
	readonly language: string;
	readonly replyTo?: EventId;
	readonly mentions?: readonly UserId[];
}

const matrix = "/_matrix/client/v3";
const saveAfter = 800;
const pageSize = "40";
const meKey = "panah.me";

/**
 * What this device knows, as signals, and what a person can do. Changes come in from the line, are applied to the model, and are
 * saved with the position they stand at; the screens read the signals and never see the line.
 */
export class Client {
	readonly session = signal<Session>({ kind: "checking" });
	readonly line = signal<{ readonly state: LineState; readonly since: number }>({ state: "catching", since: Date.now() });
	readonly model = signal<Model>(emptyModel("" as UserId));
	readonly outbox = signal<readonly Outgoing[]>([]);
	readonly drafts = signal<ReadonlyMap<RoomId, string>>(new Map());
	/** Undefined until it was read. What was read stays when a later reading fails. */
	readonly organisations = signal<readonly account.Organisation[] | undefined>(undefined);
	readonly people = signal<readonly account.Person[] | undefined>(undefined);
	readonly loadingOlder = signal<ReadonlySet<RoomId>>(new Set());
	readonly settings: ReadonlySignal<Settings> = computed(() => decodeSettings(this.model.value.accountData.get(settingsType)));
	readonly rooms: ReadonlySignal<ReadonlyMap<RoomId, Room>> = computed(() => this.model.value.rooms);
	readonly invitations: ReadonlySignal<readonly Invitation[]> = computed(() => [...this.model.value.invitations.values()]);
	/** Whether the rooms were heard of at all: an empty list before that is not an empty list. */
	readonly loaded: ReadonlySignal<boolean> = computed(() => this.model.value.next !== undefined);

	private hub: Line | undefined;
	private vault: Vault | undefined;
	private saved: Model = emptyModel("" as UserId);
	private saving: ReturnType<typeof setTimeout> | undefined;
	private readonly posts = new Outbox({
		call: (call) => this.call(call),
		keep: async (item) => this.vault?.keep(item),
		drop: async (txn) => this.vault?.drop(txn),
		has: (room, event) => this.model.value.rooms.get(room)?.timeline.some((e) => e.id === event) ?? false,
		changed: (items) => {
			this.outbox.value = items;
		},
		later: (after, then) => void setTimeout(then, after),
	});

	/** Finds out who is signed in, from the hub or, without a line, from what this device remembers. */
	async start(): Promise<void> {
		this.session.value = { kind: "checking" };
		try {
			await this.enter(await account.me());
		} catch (error) {
			if (!(error instanceof Fault)) throw error;
			const known = remembered();
			if (error.status === 401) await this.forget(known ? "elsewhere" : undefined);
			else if (known) await this.enter(known);
			else this.session.value = { kind: "unreachable" };
		}
	}

	async signIn(user: string, passphrase: string, deviceName: string): Promise<void> {
		await account.signIn(user, passphrase, deviceName);
		await this.enter(await account.me());
	}

	async signUp(wish: account.SignUp): Promise<void> {
		await account.signUp(wish);
		await this.enter(await account.me());
	}

	/** Ends the session and takes everything off this device, also when the hub cannot be told. */
	async signOut(): Promise<void> {
		try {
			await account.signOut();
		} catch (error) {
			if (!(error instanceof Fault)) throw error;
		} finally {
			await this.forget();
		}
	}

	private async enter(me: account.Me): Promise<void> {
		localStorage.setItem(meKey, JSON.stringify(me));
		this.vault = await Vault.open(me.id).catch(() => undefined); // a browser that keeps nothing can still talk
		const kept = this.vault && Promise.all([this.vault.load(me.id), this.vault.drafts(), this.vault.outbox()]);
		const [model, drafts, waiting] = (await kept) ?? [emptyModel(me.id), new Map<RoomId, string>(), []];
		this.saved = model;
		batch(() => {
			this.model.value = model;
			this.drafts.value = drafts;
			this.session.value = { kind: "in", me };
		});
		this.posts.restore(waiting);
		this.hub = new Line({
			state: (state) => this.lineIs(state),
			delta: (delta) => this.take(delta),
			signedOut: () => void this.forget("elsewhere"),
			lost: () => {
				this.model.value = emptyModel(me.id);
			},
			since: () => this.model.value.next,
		});
	}

	/**
	 * Takes what was read off this device, for whoever leaves quickly. The session stays, and so does what is not sent yet:
	 * on coming back everything is read from the hub again.
	 */
	async blank(): Promise<void> {
		this.hub?.close();
		this.stopSaving();
		await this.vault?.unread();
	}

	private async forget(why?: "elsewhere"): Promise<void> {
		this.hub?.close();
		this.hub = undefined;
		this.stopSaving();
		localStorage.removeItem(meKey);
		await this.vault?.clear();
		this.vault?.close();
		this.vault = undefined;
		batch(() => {
			this.session.value = why ? { kind: "out", why } : { kind: "out" };
			this.model.value = emptyModel("" as UserId);
			this.outbox.value = [];
			this.drafts.value = new Map();
			this.organisations.value = undefined;
			this.people.value = undefined;
		});
	}

	private lineIs(state: LineState): void {
		const now = this.line.value;
		if (now.state !== state) this.line.value = { state, since: Date.now() };
		if (state !== "connected") return;
		this.posts.caughtUp();
		this.posts.flush();
	}

	private take(delta: Delta): void {
		this.model.value = apply(this.model.value, delta);
		for (const joined of delta.join.values()) this.posts.arrived(joined.timeline);
		this.saving ??= setTimeout(() => void this.save(), saveAfter); // not put off by what comes next: a busy hub is never silent
	}

	private async save(): Promise<void> {
		this.saving = undefined;
		const model = this.model.value;
		await this.vault?.save(model, this.saved);
		this.saved = model;
	}

	private stopSaving(): void {
		clearTimeout(this.saving);
		this.saving = undefined;
	}

	private call(...args: Parameters<Line["call"]>): ReturnType<Line["call"]> {
		if (!this.hub) return Promise.reject(new Fault("M_MISSING_TOKEN", "error.missing_token", {}, 401));
		return this.hub.call(...args);
	}

	// Talk

	/** Writes a post. It is safe in the outbox when the promise is fulfilled. */
	send(post: Post): Promise<void> {
		const relates = post.replyTo && { "m.relates_to": { "m.in_reply_to": { event_id: post.replyTo } } };
		const mentions = { "m.mentions": post.mentions?.length ? { user_ids: post.mentions } : {} };
		const content: Json = { msgtype: "m.text", body: post.body, "network.panah.language": post.language, ...mentions, ...relates };
		return this.posts.add(post.room, content, Date.now());
	}

	retry(txn: string): void {
		this.posts.retry(txn);
	}

	discard(txn: string): void {
		this.posts.discard(txn);
	}

	saveDraft(room: RoomId, text: string): void {
		const drafts = new Map(this.drafts.value);
		if (text === "") drafts.delete(room);
		else drafts.set(room, text);
		this.drafts.value = drafts;
		void this.vault?.draft(room, text);
	}

	/** Reads what is older. False when there is nothing older. */
	async loadOlder(id: RoomId): Promise<boolean> {
		const room = this.model.value.rooms.get(id);
		if (!room || room.before === undefined || this.loadingOlder.value.has(id)) return room?.before !== undefined;
		this.loadingOlder.value = new Set([...this.loadingOlder.value, id]);
		try {
			const from = room.before === "context" ? await this.startOf(room) : room.before;
			const page = await request("GET", path`/_matrix/client/v3/rooms/${id}/messages`, decodePage, {
				query: { dir: "b", from, limit: pageSize },
			});
			this.change(id, (now) => prepend(now, room, page.events, page.end));
			return page.end !== undefined;
		} finally {
			this.loadingOlder.value = new Set([...this.loadingOlder.value].filter((other) => other !== id));
		}
	}

	/** A page token for what is before the first event that is known. */
	private startOf(room: Room): Promise<string> {
		const first = room.timeline[0]?.id ?? "";
		return request("GET", path`/_matrix/client/v3/rooms/${room.id}/context/${first}`, (v) => string(object(v)["start"]), {
			query: { limit: "0" },
		});
	}

	private change(id: RoomId, how: (room: Room) => Room): void {
		const room = this.model.value.rooms.get(id);
		if (room) this.model.value = { ...this.model.value, rooms: new Map(this.model.value.rooms).set(id, how(room)) };
	}

	/** Tells the others that I have read up to the newest post. */
	async markRead(id: RoomId): Promise<void> {
		const room = this.model.value.rooms.get(id);
		const last = room?.timeline.findLast(isPost);
		if (!room || !last) return;
		if (room.unread > 0) this.change(id, (r) => ({ ...r, unread: 0, highlights: 0 }));
		if (room.receipts.get(this.model.value.me)?.event === last.id) return;
		await quietly(this.call({ method: "read_markers", params: { room_id: id, "m.fully_read": last.id, "m.read": last.id } }));
	}

	async setTyping(id: RoomId, typing: boolean): Promise<void> {
		const params = { room_id: id, typing, ...(typing && { timeout: 20_000 }) };
		if (this.line.value.state === "connected") await quietly(this.call({ method: "typing", params }));
	}

	async redact(id: RoomId, event: EventId): Promise<void> {
		await this.call({ method: "redact", params: { room_id: id, event_id: event, txn_id: freshTxn() } });
	}

	// Channels

	createChannel(wish: NewChannel): Promise<RoomId> {
		return create({ ...channelBody(wish), preset: wish.open ? "public_chat" : "private_chat" });
	}

	createSpace(wish: NewChannel): Promise<RoomId> {
		return create({ ...channelBody(wish), preset: wish.open ? "public_chat" : "private_chat", creation_content: { type: "m.space" } });
	}

	async join(id: RoomId): Promise<void> {
		await request("POST", path`/_matrix/client/v3/rooms/${id}/join`, nothing, { body: {} });
	}

	/** Leaves a channel, or declines an invitation. */
	async leave(id: RoomId): Promise<void> {
		await request("POST", path`/_matrix/client/v3/rooms/${id}/leave`, nothing, { body: {} });
	}

	async invite(id: RoomId, user: UserId): Promise<void> {
		await request("POST", path`/_matrix/client/v3/rooms/${id}/invite`, nothing, { body: { user_id: user } });
	}

	channelsIn(space: RoomId): Promise<account.PublicChannel[]> {
		return account.channelsIn(space);
	}

	async setTopic(id: RoomId, topic: string): Promise<void> {
		await this.call({ method: "state", params: { room_id: id, type: "m.room.topic", state_key: "", content: { topic } } });
	}

	// People

	async loadPeople(): Promise<void> {
		const [organisations, people] = await Promise.all([account.organisations(), account.people()]);
		batch(() => {
			this.organisations.value = organisations;
			this.people.value = people;
		});
	}

	async createOrganisation(name: string, kind: account.Kind, country: string): Promise<account.Organisation> {
		const made = await account.createOrganisation(name, kind, country);
		await this.loadPeople();
		return made;
	}

	async setStanding(id: string, standing: account.Standing): Promise<void> {
		await account.setStanding(id, standing);
		await this.loadPeople();
	}

	// The person's own

	async set(change: Settings): Promise<void> {
		const me = this.model.value.me;
		const content = { ...this.model.value.accountData.get(settingsType), ...change };
		this.model.value = { ...this.model.value, accountData: new Map(this.model.value.accountData).set(settingsType, content) };
		await request("PUT", path`/_matrix/client/v3/user/${me}/account_data/${settingsType}`, nothing, { body: content });
	}

	async setName(name: string): Promise<void> {
		const session = this.session.value;
		if (session.kind !== "in") return;
		await account.setName(session.me.id, name);
		this.session.value = { kind: "in", me: { ...session.me, name } };
	}

	/** Whether the person's role allows an act of the hub's table. */
	may(act: string): boolean {
		const session = this.session.value;
		return session.kind === "in" && session.me.may.includes(act);
	}
}

function remembered(): account.Me | undefined {
	const kept = localStorage.getItem(meKey);
	return kept === null ? undefined : (JSON.parse(kept) as account.Me);
}

/** For what may fail without harm: the next such act makes up for it. */
async function quietly(act: Promise<unknown>): Promise<void> {
	try {
		await act;
	} catch (error) {
		if (!(error instanceof Fault)) throw error;
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
	return request("POST", `${matrix}/createRoom`, (v) => roomId(string(object(v)["room_id"])), { body });
}

function decodePage(value: unknown) {
	const o = object(value);
	return { events: list(decodeEvent)(o["chunk"]), end: lenient((v) => maybe(string, v), o["end"]) };
}
