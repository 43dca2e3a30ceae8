import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import { beacon } from "../wire/beacon";
import { type Json, object, string } from "../wire/decode";
import { Fault } from "../wire/fault";
import { answerBy, request } from "../wire/http";
import { type EventId, freshTxn, type RoomId, roomId, type UserId } from "../wire/ids";
import { Line, type LineState } from "../wire/line";
import { mediaUri, uploadLimit } from "../wire/media";
import { meter } from "../wire/meter";
import type { Delta, JoinedDelta } from "../wire/sync";
import { giveUp, upload } from "../wire/upload";
import * as account from "./account";
import * as care from "./care";
import { editContent, type Post, postContent, reactionContent } from "./content";
import { blankAnswer, blankModel, nobody } from "./decoy";
import { withoutExpired } from "./expire";
import { heard } from "./heard";
import * as history from "./history";
import { inTurn, Kin, type News } from "./kin";
import { holdMarks } from "./marks";
import { attachmentOf, type FilePost, fileContent, type NewFile, withStored } from "./media/content";
import { Media, setPicture } from "./media/media";
import { type Progress, Uploads } from "./media/uploads";
import { apply, emptyModel, type Invitation, isPost, type Model, prepend, type Room, relation } from "./model";
import { type Act, type Deed, Outbox, type Outgoing, own, type Waiting } from "./outbox";
import { doDeed, perform } from "./perform";
import { relatedTo, relationsOf } from "./relations";
import { decodeNotices, type Notice, noticesType } from "./signin";
import { decodeSettings, type Settings, settingsType } from "./settings";
import { forgetUsed, keepUsed, plus, readUsed, type Used } from "./used";
import { removeStore, Vault } from "./vault";

/** Whether someone is signed in on this device. */
export type Session =
	| { readonly kind: "checking" }
	/** The hub could not be asked, and this device knows of nobody. */
	| { readonly kind: "unreachable" }
	| { readonly kind: "out"; readonly why?: "elsewhere" }
	/** A PIN keeps what this device has. */
	| { readonly kind: "locked" }
	| { readonly kind: "in"; readonly me: account.Me };

export interface NewChannel {
	readonly name: string;
	readonly topic?: string;
	readonly space?: RoomId;
	readonly invite?: readonly UserId[];
	/** Whoever is in the space may enter without being asked. */
	readonly open?: boolean;
}

/** Whether something was done, or waits for a line. */
export type Done = "done" | "waiting";

/** Who is in the network, as it was read. */
interface Directory {
	readonly organisations: readonly account.Organisation[];
	readonly people: readonly account.Person[];
}

const matrix = "/_matrix/client/v3";
const saveAfter = 800;
/** How often a debt to the hub is tried to be paid while the page is open, milliseconds. */
const errandEvery = 60_000;
/** How often a touch is told to the hub, so that a session at a shared device goes on. The hub waits 30 minutes. */
const stayEvery = 5 * 60_000;
const ageEvery = 3_600_000;

/**
 * What this device knows, as signals, and what a person can do. Changes come in from the line, are applied to the model, and are
 * saved with the position they stand at; the screens read the signals and never see the line.
 */
export class Client {
	readonly session = signal<Session>({ kind: "checking" });
	readonly line = signal<{ readonly state: LineState; readonly since: number }>({ state: "catching", since: Date.now() });
	readonly model = signal<Model>(emptyModel("" as UserId));
	readonly outbox = signal<readonly Outgoing[]>([]);
	/** What is being written, by channel or by channel and thread. */
	readonly drafts = signal<ReadonlyMap<string, string>>(new Map());
	/** Undefined until it was read. What was read stays when a later reading fails. */
	readonly organisations = signal<readonly account.Organisation[] | undefined>(undefined);
	readonly people = signal<readonly account.Person[] | undefined>(undefined);
	readonly loadingOlder = signal<ReadonlySet<RoomId>>(new Set());
	readonly settings: ReadonlySignal<Settings> = computed(() => decodeSettings(this.model.value.accountData.get(settingsType)));
	/** The channels that make no noise. */
	readonly muted: ReadonlySignal<ReadonlySet<string>> = computed(() =>
		history.mutedRooms(this.model.value.accountData.get("m.push_rules")),
	);
	/** What the hub must tell the person until it is answered. */
	readonly notices: ReadonlySignal<readonly Notice[]> = computed(() => decodeNotices(this.model.value.accountData.get(noticesType)));
	private readonly ignoredData = computed(() => this.model.value.accountData.get(care.ignoredType));
	/** Whose words one does not want. */
	readonly blocked: ReadonlySignal<ReadonlySet<string>> = computed(() => care.ignoredOf(this.ignoredData.value));
	readonly rooms: ReadonlySignal<ReadonlyMap<RoomId, Room>> = computed(() => heard(this.model.value.rooms, this.blocked.value));
	readonly invitations: ReadonlySignal<readonly Invitation[]> = computed(() => [...this.model.value.invitations.values()]);
	/** Whether the rooms were heard of at all: an empty list before that is not an empty list. */
	readonly loaded: ReadonlySignal<boolean> = computed(() => this.model.value.next !== undefined);

	/** What waits for those who look after the network; undefined until it was read. */
	readonly waiting = signal<care.Overview | undefined>(undefined);
	readonly duty: ReadonlySignal<ReadonlyMap<string, care.Duty>> = computed(() => care.dutyOf(this.model.value.accountData));

	/** How much the line was used on this device. */
	readonly used = signal<Used>(readUsed());

	/** Files of the hub. */
	readonly media = new Media();
	/** How far the file has come that goes out now. */
	readonly uploading = signal<Progress | undefined>(undefined);

	private hub: Line | undefined;
	private vault: Vault | undefined;
	private readonly kin = new Kin((news) => void this.hear(news));
	/** What is in the outbox of this page and not on its disk, for want of room or not yet. */
	private readonly unkept = new Set<string>();
	/** Whether the hub has said who is signed in here. Without a line, what is kept says so. */
	private known = false;
	private saved: Model = emptyModel("" as UserId);
	private saving: ReturnType<typeof setTimeout> | undefined;
	private aging: ReturnType<typeof setInterval> | undefined;
	private readonly posts = new Outbox({
		perform: (item) => perform(item, this.model.value.me, (call) => this.call(call)),
		keep: (item) => this.keep(item),
		drop: (txn) => this.drop(txn),
		inTurn: (item, work) => inTurn(`send ${item.room}`, async () => ((await this.stillWaits(item)) ? work() : undefined)),
		has: (room, event) => this.model.value.rooms.get(room)?.timeline.some((e) => e.id === event) ?? false,
		base: (room, act) => baseOf(this.model.value.rooms.get(room), act, this.model.value.me),
		changed: (items) => {
			this.outbox.value = items;
			this.files.kick();
		},
		later: (after, then) => void setTimeout(then, after),
	});
	private readonly files: Uploads = new Uploads({
		items: () => this.outbox.peek(),
		kept: async (txn) => (this.vault && !this.unkept.has(txn) ? this.vault.waiting(txn) : this.outgoing(txn)),
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
			this.uploading.value = now;
		},
		later: (after, then) => void setTimeout(then, after),
	});

	constructor() {
		meter((bytes) => this.countUse(bytes));
	}

	/** Adds to what the line was used for. What other pages of this device have added counts as well. */
	countUse(bytes: number): void {
		this.used.value = plus(readUsed(), bytes, new Date());
		keepUsed(this.used.value);
	}

	/** Finds out who is signed in: from what this device remembers, so that it opens without a line, else from the hub. */
	async start(): Promise<void> {
		this.session.value = { kind: "checking" };
		const standing = await Vault.standing().catch(() => "none" as const); // a browser that keeps nothing can still talk
		if (standing === "locked") {
			this.session.value = { kind: "locked" };
			return;
		}
		if (standing === "open") return this.open(await Vault.open());
		if (await Vault.errand()) {
			void this.runErrand();
			this.session.value = { kind: "out" };
			return;
		}
		await this.ask();
	}

	/** Opens a device that is locked. Gives how many tries are left after a wrong PIN. */
	async unlock(pin: string): Promise<number | undefined> {
		const attempt = await Vault.unlock(pin, nobody);
		if (attempt.kind === "open") await this.open(attempt.vault);
		if (attempt.kind === "second") await this.vanish(attempt.vault);
		if (attempt.kind !== "wrong") return undefined;
		if (attempt.left === 0) await this.signOut();
		return attempt.left;
	}

	/** Shows what is kept at once, and lets the line say what is new. */
	private async open(vault: Vault | undefined): Promise<void> {
		this.vault = vault;
		const me = await vault?.me();
		if (me?.alone) return this.standAlone(me);
		if (!me) return this.ask();
		await this.enter(me);
		await this.recognise();
	}

	/** Nobody is known here: the hub is asked. */
	private async ask(): Promise<void> {
		try {
			const me = await account.me();
			this.known = true;
			await this.enter(me);
		} catch (error) {
			if (!(error instanceof Fault)) throw error;
			if (error.status === 401) this.empty({ kind: "out" });
			else this.session.value = { kind: "unreachable" };
		}
	}

	/** Has the hub say who is signed in here. Until it is reached, what is kept stays on the screen. */
	private async recognise(): Promise<void> {
		const before = this.session.value;
		if (this.known || before.kind !== "in") return;
		try {
			const me = await account.me();
			if (this.session.value !== before) return;
			this.known = true;
			if (me.id !== before.me.id) return await this.becomes(me);
			await this.vault?.setMe(me);
			this.session.value = { kind: "in", me };
		} catch (error) {
			if (!(error instanceof Fault)) throw error;
			if (error.status === 401 && this.session.value === before) await this.forget("elsewhere");
		}
	}

	/** Somebody else signed in here, in another page. */
	private async becomes(me: account.Me): Promise<void> {
		await this.forget();
		await this.enter(me);
	}

	/** Locks the device: what is on the screen goes, and so do the keys to what is kept. A session at a shared device ends. */
	async lock(): Promise<void> {
		if (this.session.value.kind !== "in") return;
		if (this.session.value.me.brief) return this.signOut();
		if (!(await Vault.locked())) return;
		await this.saveNow();
		this.kin.tell("locked");
		this.shut();
	}

	private shut(): void {
		this.hub?.close();
		this.files.hold();
		this.stopSaving();
		this.vault?.close();
		this.vault = undefined;
		this.empty({ kind: "locked" });
	}

	private async hear(news: News): Promise<void> {
		const session = this.session.value;
		if (session.kind === "in" && session.me.brief) return;
		if (news === "outbox") return this.reread();
		if (news === "locked" && session.kind === "in") return this.shut();
		if (news === "changed" && session.kind !== "checking") {
			this.shut();
			await this.start();
		}
	}

	/** Whether what this device keeps is under a PIN; undefined where it keeps nothing. */
	async hasPin(): Promise<boolean | undefined> {
		return this.vault && Vault.locked();
	}

	/** Sets the PIN of this device and, if wanted, a second one; without a PIN takes both off. */
	async setPin(pin: string | undefined, second?: string): Promise<void> {
		if (!this.vault) return;
		this.stopSaving();
		this.files.hold();
		this.vault = await this.vault.relock(pin, second);
		this.media.use(this.vault.sealing);
		this.files.wake();
		this.saved = emptyModel(this.model.value.me);
		await this.saveNow();
		this.kin.tell("changed");
	}

	/**
	 * What the second PIN does: the keys are gone already; now nothing of the person is left in this page or in others, the hub ends the
	 * device's session, and what opens is an account with nothing in it.
	 */
	private async vanish(left: Vault): Promise<void> {
		this.kin.tell("changed");
		this.used.value = forgetUsed();
		await this.open(left);
	}

	private async standAlone(me: account.Me): Promise<void> {
		void this.runErrand();
		const settings = (await this.vault?.load(me.id))?.accountData ?? new Map();
		answerBy((method, path) => blankAnswer(method, path, this.deviceName));
		this.empty({ kind: "in", me });
		batch(() => {
			this.organisations.value = [];
			this.people.value = [];
			this.model.value = blankModel(me, settings);
			this.line.value = { state: "connected", since: Date.now() };
		});
	}

	/** How this device is called where it is listed and nobody may be asked. */
	deviceName = "";

	/** What this device still owes the hub: the end of its session. Without a line it is tried again when there is one. */
	private async runErrand(): Promise<void> {
		if (await Vault.errand()) await this.endSession();
	}

	private async endSession(): Promise<void> {
		try {
			await account.signOut();
		} catch (error) {
			if (!(error instanceof Fault)) throw error;
			if (error.status !== 401) {
				addEventListener("online", () => void this.runErrand(), { once: true });
				setTimeout(() => void this.runErrand(), errandEvery);
				return this.wantWorker();
			}
		}
		await Vault.errandDone();
	}

	/** Asks the browser to wake the worker when there is a line, also when this page is closed by then. */
	wantWorker: () => void = () => undefined;

	/**
	 * Gives a challenge to those who have a second key; once it is shown, they have arrived. `brief` is for a device that others use too:
	 * nothing stays on it.
	 */
	async signIn(user: string, passphrase: string, deviceName: string, brief = false): Promise<account.Challenge | undefined> {
		await this.settleErrand();
		const challenge = await account.signIn(user, passphrase, deviceName, brief);
		if (!challenge) await this.come();
		return challenge;
	}

	/** The hub has let this device in by a second key, a passkey or a recovery, or lets it do more than before. */
	async arrived(): Promise<void> {
		await this.settleErrand();
		await this.come();
	}

	/** The person's role now asks for a second key: nothing goes on before there is one. */
	private async barred(): Promise<void> {
		this.hub?.close();
		this.session.value = { kind: "in", me: await account.me() };
	}

	async signUp(wish: account.SignUp): Promise<void> {
		await this.settleErrand();
		await account.signUp(wish);
		await this.come();
	}

	private async come(): Promise<void> {
		const me = await account.me();
		this.known = true;
		await this.enter(me);
	}

	/** Before somebody signs in here the old session is ended if it can be; if not, it is in nobody's hands, since its cookie is replaced. */
	private async settleErrand(): Promise<void> {
		await this.runErrand();
		await Vault.errandDone();
	}

	/** Takes everything off this device first, then has the hub end the session, also when it cannot be told yet. */
	async signOut(): Promise<void> {
		const { alone, brief } = this;
		const owing = !brief && (!alone || (await Vault.errand()) !== undefined);
		await this.forget(undefined, owing);
		if (brief) await quietly(account.signOut());
		else if (owing) await this.endSession();
	}

	private async enter(me: account.Me): Promise<void> {
		if (me.factorNeeded) {
			this.session.value = { kind: "in", me };
			return;
		}
		if (me.brief) await this.keepNothing();
		else this.vault ??= await Vault.open().catch(() => undefined);
		await this.vault?.setMe(me);
		const kept =
			this.vault && Promise.all([this.vault.load(me.id), this.vault.drafts(), this.vault.outbox(), this.vault.directory<Directory>()]);
		const [model, drafts, waiting, directory] = (await kept) ?? [emptyModel(me.id), new Map<string, string>(), [], undefined];
		this.saved = model;
		clearInterval(this.aging);
		this.aging = setInterval(() => this.age(me), ageEvery);
		batch(() => {
			this.model.value = withoutExpired(model, me.retention ?? Number.POSITIVE_INFINITY, Date.now()); // an older store does not say
			this.drafts.value = drafts;
			this.session.value = { kind: "in", me };
			this.people.value = directory?.people;
			this.organisations.value = directory?.organisations;
			for (const item of waiting) this.foresee(item);
		});
		await this.takeUpFiles(waiting);
		this.listen(me.id);
		this.posts.restore(waiting);
	}

	private listen(me: UserId): void {
		this.hub = new Line({
			state: (state) => this.lineIs(state),
			delta: (delta) => this.take(delta),
			signedOut: () => void this.forget("elsewhere"),
			barred: () => void this.barred(),
			lost: () => {
				this.model.value = emptyModel(me);
			},
			since: () => this.model.value.next,
		});
	}

	/** A device that others use too has nothing of ours, not even an empty drawer. */
	private async keepNothing(): Promise<void> {
		holdMarks();
		this.vault?.close();
		this.vault = undefined;
		await removeStore();
	}

	/** Whether this session leaves nothing on its device. */
	get brief(): boolean {
		const session = this.session.value;
		return session.kind === "in" && session.me.brief === true;
	}

	/** Somebody is at the device: their session at a shared one goes on. */
	touched(): void {
		if (!this.brief || Date.now() - this.stayed < stayEvery) return;
		this.stayed = Date.now();
		void quietly(account.me());
	}

	private stayed = Date.now();

	/** The page is being closed. At a shared device that is leaving. */
	closing(): void {
		if (!this.brief) return;
		beacon("/_panah/v1/sign-out", {});
		this.hub?.close();
		this.files.hold();
		this.empty({ kind: "out" });
	}

	/**
	 * Takes what was read off this device, for whoever leaves quickly, before it returns. The session stays, and so does what is not sent
	 * yet: on coming back everything is read from the hub again. At a shared device the session ends too.
	 */
	blank(): void {
		this.closing();
		this.hub?.close();
		this.files.hold();
		this.stopSaving();
		this.vault?.unread();
		void this.media.store.forgetKept().catch(() => undefined); // sealed, and without a name: what is not done in time tells nothing
	}

	/** Takes everything off this device. `owing` says that the hub has not ended the session yet. */
	private async forget(why?: "elsewhere", owing = false): Promise<void> {
		this.hub?.close();
		this.files.hold();
		this.stopSaving();
		answerBy(undefined);
		const brief = this.brief;
		const vault = this.vault;
		this.vault = undefined;
		this.known = false;
		this.unkept.clear();
		this.empty(why ? { kind: "out", why } : { kind: "out" });
		this.used.value = forgetUsed();
		if (brief) return;
		if (vault) await vault.destroy(owing ? "end" : undefined);
		else await Vault.destroyAll(owing ? "end" : undefined);
		this.kin.tell("changed");
	}

	/** Leaves nothing of a person in this page. */
	private empty(session: Session): void {
		this.hub = undefined;
		clearInterval(this.aging);
		this.media.use(undefined);
		batch(() => {
			this.session.value = session;
			this.model.value = emptyModel("" as UserId);
			this.outbox.value = [];
			this.drafts.value = new Map();
			this.organisations.value = undefined;
			this.people.value = undefined;
			this.waiting.value = undefined;
		});
	}

	// The outbox, shared with the other pages and the worker of this device

	private async keep(item: Outgoing): Promise<void> {
		this.unkept.add(item.txn);
		if (!this.vault) return;
		await this.vault.keep(item);
		this.unkept.delete(item.txn);
		this.kin.tell("outbox");
		if (item.state === "waiting" && this.line.value.state !== "connected") this.wantWorker();
	}

	private async drop(txn: string): Promise<void> {
		this.unkept.delete(txn);
		await this.vault?.drop(txn);
		this.kin.tell("outbox");
	}

	private async stillWaits({ txn }: Outgoing): Promise<boolean> {
		if (!this.vault || this.unkept.has(txn)) return true;
		const kept = await this.vault.waiting(txn);
		return kept !== undefined && kept.event === undefined;
	}

	private async reread(): Promise<void> {
		const vault = this.vault;
		if (!vault || this.session.value.kind !== "in") return;
		const read = async () => {
			const kept = await vault.outbox();
			return vault === this.vault ? kept : undefined;
		};
		await this.posts.reread(read, (txn) => this.unkept.has(txn));
	}

	private lineIs(state: LineState): void {
		const now = this.line.value;
		if (now.state !== state) this.line.value = { state, since: Date.now() };
		if (state === "offline") this.files.hold();
		if (state !== "connected") return;
		this.files.wake();
		void this.recognise();
		this.posts.caughtUp();
		this.posts.flush();
	}

	private take(delta: Delta): void {
		for (const [id, joined] of delta.join) void this.forgetFiles(this.model.value.rooms.get(id), joined);
		this.model.value = apply(this.model.value, delta);
		for (const joined of delta.join.values()) this.posts.arrived(joined.timeline);
		const after = this.saved.next === undefined ? 0 : saveAfter; // the first picture is dear: it is kept at once
		this.saving ??= setTimeout(() => void this.save(), after); // not put off by what comes next: a busy hub is never silent
	}

	private async save(): Promise<void> {
		this.saving = undefined;
		const model = this.model.value;
		await this.vault?.save(model, this.saved, Date.now());
		this.saved = model;
	}

	private async saveNow(): Promise<void> {
		this.stopSaving();
		await this.save();
	}

	private stopSaving(): void {
		clearTimeout(this.saving);
		this.saving = undefined;
	}

	/** Forgets what its channel keeps no longer; kept and shown alike. */
	private age(me: account.Me): void {
		this.model.value = withoutExpired(this.model.value, me.retention ?? Number.POSITIVE_INFINITY, Date.now());
		this.saving ??= setTimeout(() => void this.save(), saveAfter);
	}

	private call(...args: Parameters<Line["call"]>): ReturnType<Line["call"]> {
		if (!this.hub) return Promise.reject(new Fault("M_MISSING_TOKEN", "error.missing_token", {}, 401));
		return this.hub.call(...args);
	}

	// Talk

	/** Writes a post. It is safe in the outbox when the promise is fulfilled. */
	send(post: Post): Promise<void> {
		return this.sendContent(post.room, postContent(post));
	}

	/** The same with a content that is ready: a picture, a file. */
	sendContent(room: RoomId, content: Json, type = "m.room.message"): Promise<void> {
		return this.posts.add(room, { kind: "send", type, content }, Date.now());
	}

	/** Sends a file, and the post that shows it when the hub has it. It is safe in the outbox when the promise is fulfilled. */
	async sendFile(post: FilePost, file: NewFile): Promise<void> {
		const id = freshTxn();
		const safe = await this.media.store.put(id, file.blob, { kind: "pending", used: Date.now() });
		const waiting: Waiting = { id, name: file.name, type: file.blob.type, size: file.blob.size, ...(!safe && { fleeting: true }) };
		await this.posts.add(post.room, { kind: "send", type: "m.room.message", content: fileContent(post, file) }, Date.now(), waiting);
	}

	/** Lets a file that goes out rest, or go on from where it stopped. */
	async pauseFile(txn: string, paused: boolean): Promise<void> {
		await this.posts.file(txn, (file) => ({ ...file, paused }));
	}

	/** A file of mine that is on its way, to be shown meanwhile. */
	waitingFile(file: Waiting): Promise<Blob | undefined> {
		return this.media.store.read(file.id);
	}

	/** How large a file may be, in bytes. */
	uploadLimit(): Promise<number | undefined> {
		return uploadLimit();
	}

	private outgoing(txn: string): Outgoing | undefined {
		return this.outbox.peek().find((item) => item.txn === txn);
	}

	private async sendBytes(
		item: Outgoing,
		file: Waiting,
		events: Parameters<typeof upload>[1],
		signal: AbortSignal,
	): ReturnType<typeof upload> {
		const about = await this.media.store.about(file.id);
		if (!about) throw new Fault("M_NOT_FOUND", "error.file_gone", {}, 404);
		const slice = (from: number, to: number) => this.media.store.slice(file.id, about, from, to);
		return upload({ name: file.name, type: file.type, size: about.size, address: file.address, room: item.room, slice }, events, signal);
	}

	/** A picture or a sound that was sent need not be fetched to be seen again. */
	private async sentFile({ file, act }: Outgoing, uri: ReturnType<typeof mediaUri>): Promise<void> {
		if (!file) return;
		const shown = act.kind === "send" && act.content["msgtype"] !== "m.file";
		const blob = shown ? await this.media.store.read(file.id).catch(() => undefined) : undefined;
		if (blob) await this.media.keep(uri, "full", blob);
		await this.media.store.drop(file.id);
	}

	/** Files are kept under the keys of the vault; what nothing waits for any more goes. */
	private async takeUpFiles(waiting: readonly Outgoing[]): Promise<void> {
		this.media.use(this.vault?.sealing);
		const wanted = new Set(waiting.flatMap((item) => item.file?.id ?? []));
		await this.media.dropOrphans(wanted).catch(() => undefined); // a browser that keeps nothing has no orphans
		void this.media.sweep(Date.now()).catch(() => undefined);
	}

	/** What was taken back is not kept here either. */
	private async forgetFiles(room: Room | undefined, { timeline }: JoinedDelta): Promise<void> {
		const gone = new Set(timeline.filter((e) => e.type === "m.room.redaction").map((e) => e.redacts));
		if (gone.size === 0) return;
		for (const event of room?.timeline ?? []) {
			const uri = gone.has(event.id) ? attachmentOf(event.content)?.uri : undefined;
			if (uri) await this.media.forget(uri);
		}
	}

	/** Words a post anew: what has not left yet is changed where it waits, anything else gets a later wording. */
	async edit(post: Post, edited: { event?: EventId | undefined; txn?: string | undefined }): Promise<void> {
		if (edited.event !== undefined) return this.sendContent(post.room, editContent(post, edited.event));
		await this.posts.rewrite(edited.txn ?? "", { kind: "send", type: "m.room.message", content: postContent(post) });
	}

	/** Says something short to a post with one sign, or takes that back. */
	async react(room: RoomId, event: EventId, key: string): Promise<void> {
		const timeline = this.model.value.rooms.get(room)?.timeline ?? [];
		const related = relatedTo(relationsOf(room, timeline, this.outbox.value, this.model.value.me), event);
		const mine = related.reactions.find((reaction) => reaction.key === key)?.mine;
		if (mine?.event !== undefined) return this.redact(room, mine.event);
		if (mine?.txn !== undefined) return this.posts.discard(mine.txn);
		await this.sendContent(room, reactionContent(event, key), "m.reaction");
	}

	/** Takes back what someone wrote. */
	redact(room: RoomId, event: EventId): Promise<void> {
		return this.posts.add(room, { kind: "redact", event }, Date.now());
	}

	/** Changes what a channel is. */
	setState(room: RoomId, type: string, content: Json): Promise<void> {
		return this.posts.add(room, { kind: "state", type, key: "", content }, Date.now());
	}

	/** Keeps a post in view of the whole channel, or no longer. */
	pin(room: Room, event: EventId, pinned: boolean): Promise<void> {
		const others = room.pinned.filter((one) => one !== event);
		return this.setState(room.id, "m.room.pinned_events", { pinned: pinned ? [...others, event] : others });
	}

	/** Does at once what leaves no event; without a line it waits in the outbox. Gives which of the two it was. */
	private async do(room: RoomId, act: Deed): Promise<Done> {
		this.foresee({ room, act });
		if (this.alone) return "done";
		try {
			if (this.line.value.state === "offline") throw new Fault("NETWORK", "error.unreachable");
			await doDeed(room, act, this.model.value.me, (call) => this.call(call));
			this.posts.outdone({ room, act });
			return "done";
		} catch (error) {
			if (!(error instanceof Fault) || error.status !== 0) throw error;
			await this.posts.add(room, act, Date.now());
			return "waiting";
		}
	}

	/** Shows at once what will be so when the hub has heard of it. */
	private foresee({ room, act }: Pick<Outgoing, "room" | "act">): void {
		const model = this.model.value;
		if (act.kind === "read") this.change(room, (r) => ({ ...r, unread: 0, highlights: 0, marked: false }));
		if (act.kind === "unread") this.change(room, (r) => ({ ...r, marked: true }));
		if (act.kind === "settings") this.model.value = { ...model, accountData: new Map(model.accountData).set(act.type, act.content) };
		const session = this.session.value;
		if (act.kind === "name" && session.kind === "in") this.session.value = { kind: "in", me: { ...session.me, name: act.name } };
	}

	mute(room: RoomId, muted: boolean): Promise<Done> {
		return this.do(room, { kind: "mute", muted });
	}

	/** Puts a channel back among those with something new. */
	markUnread(room: RoomId): Promise<Done> {
		return this.do(room, { kind: "unread" });
	}

	retry(txn: string): void {
		this.posts.retry(txn);
	}

	discard(txn: string): void {
		const file = this.outgoing(txn)?.file;
		this.posts.discard(txn);
		if (!file) return;
		void this.media.store.drop(file.id);
		if (file.address) void quietly(giveUp(file.address));
	}

	saveDraft(place: string, text: string): void {
		const drafts = new Map(this.drafts.value);
		if (text === "") drafts.delete(place);
		else drafts.set(place, text);
		this.drafts.value = drafts;
		void this.vault?.draft(place, text);
	}

	/** Reads what is older. False when there is nothing older. */
	async loadOlder(id: RoomId): Promise<boolean> {
		const room = this.model.value.rooms.get(id);
		if (!room || room.before === undefined || this.loadingOlder.value.has(id)) return room?.before !== undefined;
		this.loadingOlder.value = new Set([...this.loadingOlder.value, id]);
		try {
			const from = room.before === "context" ? await history.placeBefore(id, room.timeline[0]?.id ?? ("" as EventId)) : room.before;
			const page = await history.olderPosts(id, from);
			this.change(id, (now) => prepend(now, room, page.events, page.end));
			return page.end !== undefined;
		} finally {
			this.loadingOlder.value = new Set([...this.loadingOlder.value].filter((other) => other !== id));
		}
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
		const read = room.receipts.get(this.model.value.me)?.event === last.id;
		if (read && room.unread === 0 && !room.marked) return;
		await quietly(this.do(id, { kind: "read", event: last.id, marked: room.marked }));
	}

	async setTyping(id: RoomId, typing: boolean): Promise<void> {
		const params = { room_id: id, typing, ...(typing && { timeout: 20_000 }) };
		if (this.line.value.state === "connected") await quietly(this.call({ method: "typing", params }));
	}

	// Channels

	createChannel(wish: NewChannel): Promise<RoomId> {
		return create({ ...channelBody(wish), preset: wish.open ? "public_chat" : "private_chat" });
	}

	createSpace(wish: NewChannel): Promise<RoomId> {
		return create({ ...channelBody(wish), preset: wish.open ? "public_chat" : "private_chat", creation_content: { type: "m.space" } });
	}

	join(id: RoomId): Promise<Done> {
		return this.do(id, { kind: "join" });
	}

	/** Leaves a channel, or declines an invitation. */
	leave(id: RoomId): Promise<Done> {
		return this.do(id, { kind: "leave" });
	}

	invite(id: RoomId, user: UserId): Promise<Done> {
		return this.do(id, { kind: "invite", user });
	}

	channelsIn(space: RoomId): Promise<account.PublicChannel[]> {
		return account.channelsIn(space);
	}

	setTopic(id: RoomId, topic: string): Promise<void> {
		return this.setState(id, "m.room.topic", { topic });
	}

	// People

	/** Reads who is in the network. What was read last time is shown until then, and while there is no line. */
	async loadPeople(): Promise<void> {
		const [organisations, people] = await Promise.all([account.organisations(), account.people()]);
		batch(() => {
			this.organisations.value = organisations;
			this.people.value = people;
		});
		await this.vault?.setDirectory({ organisations, people } satisfies Directory);
	}

	async createOrganisation(name: string, kind: account.Kind, country: string): Promise<account.Organisation> {
		const made = await account.createOrganisation(name, kind, country);
		await this.loadPeople();
		return made;
	}

	/** Does something to an organisation or a person, and reads anew who is in the network. */
	async look(after: Promise<void>): Promise<void> {
		await after;
		await this.loadPeople();
	}

	/** Reads what waits for those who look after the network. */
	async loadWaiting(): Promise<void> {
		if (this.may("see_overview")) this.waiting.value = await care.overview();
	}

	/** Blocks somebody, or no longer. The hub holds back what they say from now on; unblocked, what it held back is read. */
	async block(user: UserId, blocked: boolean): Promise<void> {
		const users = new Set(this.blocked.value);
		if (blocked) users.add(user);
		else users.delete(user);
		const content = { ignored_users: Object.fromEntries([...users].map((one) => [one, {}])) };
		await this.keepData(care.ignoredType, content);
		if (!blocked) this.readAnew();
	}

	private async keepData(type: string, content: Json): Promise<void> {
		const me = this.model.value.me;
		await care.keepData(me, type, content);
		this.model.value = { ...this.model.value, accountData: new Map(this.model.value.accountData).set(type, content) };
	}

	/** Reads everything from the hub as a new device does. */
	private readAnew(): void {
		const { me, accountData } = this.model.value;
		this.hub?.close();
		this.model.value = { ...emptyModel(me), accountData };
		this.listen(me);
	}

	/** The channel with one person alone: the one that there is, or a new one. */
	async direct(user: UserId): Promise<RoomId> {
		const known = care.directOf(this.model.value.accountData);
		const open = known[user]?.find((id) => this.rooms.value.has(roomId(id)));
		if (open !== undefined) return roomId(open);
		const made = await create({ preset: "trusted_private_chat", is_direct: true, invite: [user] });
		await this.keepData("m.direct", { ...known, [user]: [...(known[user] ?? []), made] });
		return made;
	}

	/** Ends this person's account for good, and takes everything off this device. */
	async endAccount(passphrase: string, erase: boolean, sure: boolean): Promise<void> {
		await care.endAccount(this.model.value.me, passphrase, erase, sure);
		await this.signOut();
	}

	async setAbout(speaks: readonly string[], askAbout: string): Promise<void> {
		const session = this.session.value;
		if (session.kind !== "in") return;
		await care.setAbout(speaks, askAbout);
		this.session.value = { ...session, me: { ...session.me, speaks, askAbout } };
	}

	// The person's own

	async set(change: Settings): Promise<void> {
		const content = { ...this.model.value.accountData.get(settingsType), ...change };
		await this.do(own, { kind: "settings", type: settingsType, content });
		if (this.alone) await this.vault?.save(this.model.value, this.saved, Date.now());
	}

	async setName(name: string): Promise<Done> {
		const before = this.session.value;
		try {
			const done = await this.do(own, { kind: "name", name });
			if (this.session.value.kind === "in") await this.vault?.setMe(this.session.value.me);
			return done;
		} catch (error) {
			this.session.value = before; // the hub does not take that name
			throw error;
		}
	}

	/** Gives the person a picture, or takes it away. */
	async setPicture(picture: Blob | undefined): Promise<void> {
		const session = this.session.value;
		if (session.kind !== "in" || this.alone) return;
		const uri = picture ? await uploadSmall(picture) : "";
		await setPicture(session.me.id, uri);
		if (uri !== "" && picture) await this.media.keep(uri, "face", picture);
		this.people.value = this.people.value?.map((person) =>
			person.id === session.me.id ? { ...person, picture: uri || undefined } : person,
		);
	}

	/** Whether this is the account that has nothing and speaks to nobody. */
	get alone(): boolean {
		const session = this.session.value;
		return session.kind === "in" && session.me.alone === true;
	}

	/** Whether the person's role allows an act of the hub's table. */
	may(act: string): boolean {
		const session = this.session.value;
		return session.kind === "in" && session.me.may.includes(act);
	}
}

/** For what may fail without harm: the next such act makes up for it. */
async function quietly(act: Promise<unknown>): Promise<void> {
	try {
		await act;
	} catch (error) {
		if (!(error instanceof Fault)) throw error;
	}
}

/** Sends a small file in one go: the face of a person. */
async function uploadSmall(blob: Blob): Promise<ReturnType<typeof mediaUri>> {
	return request("POST", "/_matrix/media/v3/upload", (value) => mediaUri(object(value)["content_uri"]), {
		blob,
		query: { filename: "picture" },
	});
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
