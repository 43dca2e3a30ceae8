import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB } from "idb";
import { freshTxn, type RoomId, type Token } from "../wire/ids";
import type { Event } from "../wire/sync";
import type { Me } from "./account";
import { type Chunk, chunksOf, sameChunk, worthKeeping } from "./chunks";
import { hasDatabase, removeDatabase } from "./databases";
import { destroyFiles, removeFiles, resealFiles } from "./media/files";
import type { Invitation, Model, Room } from "./model";
import { emptyModel, modelForm } from "./model";
import type { Outgoing } from "./outbox";
import { type Lock, lock, tryPin } from "./pin";
import { canSeal, freshKeys, hiddenName, importKeys, type Keys, type Sealed, seal, unseal } from "./seal";

/** What a device still has to do with the hub when it is reached next, also when nobody opens the app: end its session. */
export type Errand = "end";

/** What this device keeps, so that it resumes by position after a reload and so that what was written survives a closed tab. */
interface Schema extends DBSchema {
	/**
	 * In clear: how the keys are held, which page saved last, an errand until it is done, under which random name the hub tells this device
	 * that there is something new. Nothing of the person.
	 */
	keys: { key: "keys" | "lock" | "tries" | "page" | "epoch" | "errand" | "told"; value: Keys | Lock | number | string };
	meta: { key: string; value: Sealed };
	rooms: { key: string; value: Sealed };
	chunks: { key: string; value: Sealed };
	outbox: { key: string; value: Sealed };
	drafts: { key: string; value: Sealed };
}

const name = "panah";
const version = 3;
const contents = ["meta", "rooms", "chunks", "outbox", "drafts"] as const;
type Store = (typeof contents)[number];
/** What a person wrote. */
const written = ["outbox", "drafts"] as const;

/** Wrong PINs after which the device forgets everything. */
const triesMost = 10;

/** A room as it is kept: its timeline stands apart, in chunks. */
type KeptRoom = Omit<Room, "timeline"> & { readonly chunks: readonly string[] };

/** How an attempt to open a locked store ended. */
export type Attempt =
	| { readonly kind: "open"; readonly vault: Vault }
	| { readonly kind: "second"; readonly vault: Vault }
	| { readonly kind: "wrong"; readonly left: number };

/** Places in `meta` that hold what came from the hub. */
const heard = ["next", "invitations", "accountData", "directory", "alerts", "places", "readings"] as const;

/**
 * The device's store. Everything in it belongs to one person, is sealed under keys that signing out destroys, and is gone then. With a PIN
 * the keys themselves are locked away whenever the person is. Each change of keys begins a new epoch; a page that still has the keys of
 * an earlier one writes nothing any more.
 */
export class Vault {
	/** Tells this page from others of the same person, which share the store. */
	private readonly page = freshTxn();
	/** What is kept of each room's timeline at the last saving. */
	private readonly kept = new Map<RoomId, readonly Chunk[]>();
	private closed = false;
	/** Whoever was here left quickly: what came from the hub is not written any more. */
	private left = false;
	/** The same store under the keys of the next epoch. */
	private heir: Vault | undefined;
	private written: Promise<void> = Promise.resolve();

	private constructor(
		private readonly db: IDBPDatabase<Schema>,
		private readonly keys: Keys,
		private readonly epoch: string,
		/** The names under which `heard` stands: leaving quickly has no time to compute them. */
		private readonly heardNames: readonly string[],
	) {}

	private static async make(db: IDBPDatabase<Schema>, keys: Keys, epoch: string): Promise<Vault> {
		return new Vault(db, keys, epoch, await Promise.all(heard.map((place) => hiddenName(keys, place))));
	}

	/** Whether this device keeps something, and whether a PIN is before it. Looking leaves nothing behind. */
	static async standing(): Promise<"none" | "open" | "locked"> {
		if (!canSeal() || !(await exists())) return "none";
		return using(async (db) => {
			const [held, keys] = await Promise.all([db.get("keys", "lock"), db.get("keys", "keys")]);
			return held !== undefined ? "locked" : keys !== undefined ? "open" : "none";
		});
	}

	/** Whether this device is locked by a PIN. */
	static async locked(): Promise<boolean> {
		return (await Vault.standing()) === "locked";
	}

	/** Opens the store of a device without a PIN. Undefined where a browser keeps nothing, or has no cryptography for this page. */
	static async open(): Promise<Vault | undefined> {
		if (!canSeal()) return undefined;
		const db = await open();
		const { keys, epoch } = (await standingKeys(db)) ?? (await firstKeys(db, await importKeys(freshKeys())));
		return Vault.make(db, keys, epoch);
	}

	/**
	 * Tries to open a locked store. A try is counted before it is made, so that closing the page in the middle of it saves none. After ten
	 * wrong ones there is nothing left to open. A second PIN leaves an empty store under itself, and `heir` is who it belongs to.
	 */
	static async unlock(pin: string, heir: () => Me): Promise<Attempt> {
		const db = await open();
		const [held, epoch] = await Promise.all([db.get("keys", "lock"), db.get("keys", "epoch")]);
		const tries = await countTry(db);
		const opened = held && tries <= triesMost ? await tryPin(held as Lock, pin) : { kind: "wrong" as const };
		if (opened.kind === "keys") {
			await db.delete("keys", "tries");
			return { kind: "open", vault: await Vault.make(db, await importKeys(opened.keys), epoch as string) };
		}
		if (opened.kind === "second") {
			const raw = freshKeys();
			const keys = await importKeys(raw);
			const me: Put = ["meta", await hiddenName(keys, "me"), await seal(keys, "meta", heir())];
			const epoch = await begin(db, "lock", await opened.lock(raw), [me], { errand: "end" });
			await destroyFiles();
			return { kind: "second", vault: await Vault.make(db, keys, epoch as string) };
		}
		if (tries >= triesMost) await destroy(db);
		db.close();
		return { kind: "wrong", left: Math.max(0, triesMost - tries) };
	}

	/** What the device still owes the hub. Can be asked without any key. */
	static async errand(): Promise<Errand | undefined> {
		if (!canSeal() || !(await exists())) return undefined;
		return using(async (db) => (await db.get("keys", "errand")) as Errand | undefined);
	}

	/** The errand is done. */
	static async errandDone(): Promise<void> {
		if (canSeal() && (await exists())) await using((db) => db.delete("keys", "errand"));
	}

	/** Under which name the hub tells this device; undefined where it does not. Can be asked without any key. */
	static async told(): Promise<string | undefined> {
		if (!canSeal() || !(await exists())) return undefined;
		return using(async (db) => (await db.get("keys", "told")) as string | undefined);
	}

	/** Notes the name, or that there is none any more. */
	static async setTold(name: string | undefined): Promise<void> {
		if (!canSeal() || !(await exists())) return;
		await using<unknown>((db) => (name === undefined ? db.delete("keys", "told") : db.put("keys", name, "told")));
	}

	/**
	 * Puts the store under a PIN, or takes the PIN off. What the person wrote is sealed anew under fresh keys, in one transaction, so that
	 * the old keys open nothing and nothing is lost in between: what this page writes meanwhile goes into the store that this gives, and
	 * what another one or the worker has written is taken along.
	 */
	async relock(pin: string | undefined, second: string | undefined): Promise<Vault> {
		const done = this.written.then(() => this.relockNow(pin, second));
		this.written = done.then(
			() => undefined,
			() => undefined, // whoever asked for it hears why it failed
		);
		return done;
	}

	private async relockNow(pin: string | undefined, second: string | undefined): Promise<Vault> {
		const raw = freshKeys();
		const keys = await importKeys(raw);
		const held = pin === undefined ? keys : await lock(raw, pin, second);
		const files = await resealFiles(this.keys, keys);
		for (;;) {
			const before = await this.standing();
			const epoch = await begin(this.db, pin === undefined ? "keys" : "lock", held, await this.sealedAnew(keys, files), { before });
			if (epoch === undefined) continue;
			this.heir = await Vault.make(this.db, keys, epoch);
			this.closed = true; // its keys are of an earlier epoch; the database goes on to the next one
			return this.heir;
		}
	}

	/** What stands in the store of what a person wrote, as it can be told from what is written later. */
	private async standing(): Promise<string> {
		const tx = this.db.transaction(["keys", ...written]);
		const [epoch, standing] = await Promise.all([tx.objectStore("keys").get("epoch"), standingOf(tx)]);
		if (epoch !== this.epoch || this.left) throw new Error("the store has other keys by now");
		return standing;
	}

	/** All that stays, sealed under other keys. `files` says under which ids those that wait stand under them. */
	private async sealedAnew(keys: Keys, files: ReadonlyMap<string, string>): Promise<Put[]> {
		const [me, outbox, drafts, directory, alerts, places, placeKey, readings] = await Promise.all([
			this.me(),
			this.all<Outgoing>("outbox"),
			this.all<[string, string]>("drafts"),
			this.directory<unknown>(),
			this.alerts<unknown>(),
			this.places<unknown>(),
			this.placeKey(),
			this.readings<unknown>(),
		]);
		const records: [Store, string, unknown][] = [
			...(me ? [["meta", "me", me] as [Store, string, unknown]] : []),
			...(directory ? [["meta", "directory", directory] as [Store, string, unknown]] : []),
			...(alerts ? [["meta", "alerts", alerts] as [Store, string, unknown]] : []),
			...(places ? [["meta", "places", places] as [Store, string, unknown]] : []),
			...(placeKey ? [["meta", "placeKey", placeKey] as [Store, string, unknown]] : []),
			...(readings ? [["meta", "readings", readings] as [Store, string, unknown]] : []),
			...outbox.map((item): [Store, string, unknown] => ["outbox", item.txn, withFile(item, files)]),
			...drafts.map((draft): [Store, string, unknown] => ["drafts", draft[0], draft]),
		];
		return Promise.all(
			records.map(async ([store, place, value]): Promise<Put> => [store, await hiddenName(keys, place), await seal(keys, store, value)]),
		);
	}

	/** The keys that files are sealed under as well. */
	get sealing(): Keys {
		return this.keys;
	}

	/** Who the store belongs to. */
	me(): Promise<Me | undefined> {
		return this.get("meta", "me");
	}

	/** Makes the store a person's own; what another one left is thrown away. */
	async setMe(me: Me): Promise<void> {
		const before = await this.me();
		if (before && before.id !== me.id) await Promise.all([this.clear(), destroyFiles(), this.db.delete("keys", "told")]);
		await this.put("meta", "me", me);
	}

	/** Who is who, as it was read last. */
	directory<T>(): Promise<T | undefined> {
		return this.get<T>("meta", "directory");
	}

	setDirectory(value: unknown): Promise<void> {
		return this.put("meta", "directory", value);
	}

	/** Urgent alerts, as they were read last. */
	alerts<T>(): Promise<T | undefined> {
		return this.get<T>("meta", "alerts");
	}

	setAlerts(value: unknown): Promise<void> {
		return this.put("meta", "alerts", value);
	}

	/** Shelters and requests for places, as they were read last. */
	places<T>(): Promise<T | undefined> {
		return this.get<T>("meta", "places");
	}

	setPlaces(value: unknown): Promise<void> {
		return this.put("meta", "places", value);
	}

	/** The secret key of this device, to which notes about arrivals are sealed. */
	placeKey(): Promise<string | undefined> {
		return this.get<string>("meta", "placeKey");
	}

	setPlaceKey(secret: string): Promise<void> {
		return this.put("meta", "placeKey", secret);
	}

	/** What only the hub can say, as it was read last. */
	readings<T>(): Promise<T | undefined> {
		return this.get<T>("meta", "readings");
	}

	setReadings(value: unknown): Promise<void> {
		return this.put("meta", "readings", value);
	}

	/** What was known at the last saving; nothing where that was kept in another form. */
	async load(me: Model["me"], form = modelForm): Promise<Model> {
		const [kept, next, invitations, accountData, rooms] = await Promise.all([
			this.get<number>("meta", "form"),
			this.get<Token>("meta", "next"),
			this.get<Map<RoomId, Invitation>>("meta", "invitations"),
			this.get<Model["accountData"]>("meta", "accountData"),
			this.all<KeptRoom>("rooms"),
		]);
		if (next === undefined || kept !== form) return emptyModel(me);
		const whole = await Promise.all(rooms.map((room) => this.loadRoom(room)));
		return {
			...emptyModel(me),
			next,
			rooms: new Map(whole.map((room) => [room.id, room])),
			invitations: invitations ?? new Map(),
			accountData: accountData ?? new Map(),
		};
	}

	private async loadRoom({ chunks, ...room }: KeptRoom): Promise<Room> {
		const events = await Promise.all(chunks.map((chunk) => this.get<Event[]>("chunks", chunkPlace(room.id, chunk))));
		const timeline = events.flatMap((part) => part ?? []);
		this.kept.set(room.id, chunksOf(timeline));
		return { ...room, timeline };
	}

	/**
	 * Saves the position and all that changed since `saved`, in one transaction: the two never disagree. Where another page saved in
	 * between, everything is written anew: its rooms may stand at an earlier position than ours.
	 */
	async save(model: Model, saved: Model, now: number): Promise<void> {
		while (!this.closed && !this.left) {
			const ours = (await this.db.get("keys", "page")) === this.page;
			if (!ours) this.kept.clear();
			const writes = await this.changes(model, ours ? saved : emptyModel(model.me), now);
			if (!(await this.write(writes, ours))) continue;
			for (const [room, chunks] of writes.kept) this.kept.set(room, chunks); // once it is there: what failed is written the next time
			return;
		}
	}

	/** Seals all that is to be written; a transaction of the store cannot wait for that. */
	private async changes(model: Model, saved: Model, now: number): Promise<Writes> {
		const writes: Writes = { puts: [], deletes: [], kept: [] };
		for (const [id, room] of model.rooms) if (saved.rooms.get(id) !== room) await this.changedRoom(room, now, writes);
		for (const [id] of saved.rooms) if (!model.rooms.has(id)) await this.goneRoom(id, writes);
		await Promise.all([
			this.stage(writes, "meta", "form", modelForm),
			this.stage(writes, "meta", "next", model.next), // none before the first answer, and while all is read anew
			this.stage(writes, "meta", "invitations", model.invitations),
			this.stage(writes, "meta", "accountData", model.accountData),
		]);
		return writes;
	}

	private async changedRoom(room: Room, now: number, writes: Writes): Promise<void> {
		const chunks = worthKeeping(chunksOf(room.timeline), now);
		const before = new Map(this.kept.get(room.id)?.map((chunk) => [chunk.name, chunk]));
		for (const chunk of chunks) {
			if (!sameChunk(before.get(chunk.name), chunk)) await this.stage(writes, "chunks", chunkPlace(room.id, chunk.name), chunk.events);
			before.delete(chunk.name);
		}
		for (const gone of before.keys()) writes.deletes.push(["chunks", await hiddenName(this.keys, chunkPlace(room.id, gone))]);
		const cut = chunks[0]?.events[0] !== room.timeline[0];
		const { timeline: _apart, ...rest } = { ...room, typing: [], ...(cut && { before: "context" }) };
		await this.stage(writes, "rooms", room.id, { ...rest, chunks: chunks.map((chunk) => chunk.name) } satisfies KeptRoom);
		writes.kept.push([room.id, chunks]);
	}

	private async goneRoom(id: RoomId, writes: Writes): Promise<void> {
		for (const chunk of this.kept.get(id) ?? []) writes.deletes.push(["chunks", await hiddenName(this.keys, chunkPlace(id, chunk.name))]);
		writes.deletes.push(["rooms", await hiddenName(this.keys, id)]);
		writes.kept.push([id, []]);
	}

	/** False when another page came first: then all must be looked at again. */
	private async write({ puts, deletes }: Writes, ours: boolean): Promise<boolean> {
		let first = true;
		if (this.left) return true;
		await this.change(async (tx) => {
			const keys = tx.objectStore("keys");
			first = ((await keys.get("page")) === this.page) === ours;
			if (!first) return;
			const done: Promise<unknown>[] = ours
				? []
				: [keys.put(this.page, "page"), tx.objectStore("rooms").clear(), tx.objectStore("chunks").clear()];
			for (const [store, key] of deletes) done.push(tx.objectStore(store).delete(key));
			for (const [store, key, value] of puts) done.push(tx.objectStore(store).put(value, key));
			await Promise.all(done);
		});
		return first;
	}

	/** All that waits, with what was asked to be written before. */
	async outbox(): Promise<Outgoing[]> {
		await this.written;
		return this.heir ? this.heir.outbox() : this.all<Outgoing>("outbox");
	}

	/** One thing of the outbox, as it is kept; undefined when it is gone from there. */
	async waiting(txn: string): Promise<Outgoing | undefined> {
		await this.written;
		return this.heir ? this.heir.waiting(txn) : this.get<Outgoing>("outbox", txn);
	}

	keep(item: Outgoing): Promise<void> {
		return this.put("outbox", item.txn, item);
	}

	drop(txn: string): Promise<void> {
		return this.remove("outbox", txn);
	}

	/**
	 * What is written stands there in the order in which it was asked for, though sealing one thing may take longer than another: a draft that
	 * was emptied stays empty.
	 */
	private inOrder(write: (vault: Vault) => Promise<void>): Promise<void> {
		const done = this.written.then(() => (this.heir ? this.heir.inOrder(write) : write(this)));
		this.written = done.catch(() => undefined); // whoever asked for it hears why it failed
		return done;
	}

	async drafts(): Promise<Map<string, string>> {
		await this.written;
		return new Map(await this.all<[string, string]>("drafts"));
	}

	draft(place: string, text: string): Promise<void> {
		return text === "" ? this.remove("drafts", place) : this.put("drafts", place, [place, text]);
	}

	/**
	 * Forgets all that came from the hub; what the person wrote stays. Everything is asked of the store before this returns, and in one
	 * transaction that needs nothing more of the page: whoever leaves quickly does not wait for it.
	 */
	unread(): void {
		if (this.closed) return;
		this.left = true;
		this.kept.clear();
		const tx = this.db.transaction(["keys", "meta", "rooms", "chunks"], "readwrite");
		for (const place of this.heardNames) void tx.objectStore("meta").delete(place);
		void tx.objectStore("keys").delete("page");
		void tx.objectStore("rooms").clear();
		void tx.objectStore("chunks").clear();
		tx.commit();
	}

	/** Destroys the keys first, then what they opened. An errand is left where the hub still has to hear of it. */
	async destroy(errand?: Errand): Promise<void> {
		try {
			await destroy(this.db, errand);
		} catch (error) {
			if (!(error instanceof DOMException)) throw error;
			await Vault.destroyAll(errand); // browsers close a store under a page, and that must not keep it
		} finally {
			this.close();
		}
	}

	/** The same without any key, for a device that cannot be opened. */
	static async destroyAll(errand?: Errand): Promise<void> {
		if (canSeal() && (await exists())) await using((db) => destroy(db, errand));
	}

	close(): void {
		this.closed = true;
		this.db.close();
	}

	/** What cannot be opened by our keys was written by a page of an earlier epoch, and is as good as absent; so is all once this is given up. */
	private async get<T>(store: Store, place: string): Promise<T | undefined> {
		const key = await hiddenName(this.keys, place);
		const sealed = this.closed ? undefined : await this.db.get(store, key);
		return sealed && unseal<T>(this.keys, store, sealed).catch(unreadable);
	}

	private async all<T>(store: Store): Promise<T[]> {
		const all = this.closed ? [] : await this.db.getAll(store);
		const found = await Promise.all(all.map((sealed) => unseal<T>(this.keys, store, sealed).catch(unreadable)));
		return found.filter((one) => one !== undefined);
	}

	private put(store: Store, place: string, value: unknown): Promise<void> {
		return this.inOrder((vault) => vault.putNow(store, place, value));
	}

	private async putNow(store: Store, place: string, value: unknown): Promise<void> {
		const [key, sealed] = await Promise.all([hiddenName(this.keys, place), seal(this.keys, store, value)]);
		if (this.left && store === "meta" && this.heardNames.includes(key)) return;
		await this.change((tx) => tx.objectStore(store).put(sealed, key));
	}

	private async stage(writes: Writes, store: Store, place: string, value: unknown): Promise<void> {
		const key = await hiddenName(this.keys, place);
		if (value === undefined) writes.deletes.push([store, key]);
		else writes.puts.push([store, key, await seal(this.keys, store, value)]);
	}

	private remove(store: Store, place: string): Promise<void> {
		return this.inOrder(async (vault) => {
			const key = await hiddenName(vault.keys, place);
			await vault.change((tx) => tx.objectStore(store).delete(key));
		});
	}

	private clear(): Promise<void> {
		return this.change((tx) =>
			Promise.all([...contents.map((store) => tx.objectStore(store).clear()), tx.objectStore("keys").delete("page")]),
		);
	}

	/** Changes the store, unless its keys are others by now or it is given up. */
	private async change(work: (tx: ReturnType<typeof wholeOf>) => Promise<unknown>): Promise<void> {
		if (this.closed) return;
		const tx = wholeOf(this.db);
		if ((await tx.objectStore("keys").get("epoch")) === this.epoch) await work(tx);
		await tx.done;
	}
}

/** Whether this is the PIN of this device; nothing comes of it but that a wrong one counts as a try. */
export async function pinFits(pin: string): Promise<boolean> {
	return using(async (db) => {
		const held = (await db.get("keys", "lock")) as Lock | undefined;
		const tries = await countTry(db);
		const fits = held !== undefined && tries <= triesMost && (await tryPin(held, pin)).kind === "keys";
		if (fits) await db.delete("keys", "tries");
		else if (tries >= triesMost) await destroy(db);
		return fits;
	});
}

type Put = [Store, string, Sealed];

interface Writes {
	readonly puts: Put[];
	readonly deletes: [Store, string][];
	/** What is kept of each room's timeline then. */
	readonly kept: [RoomId, readonly Chunk[]][];
}

const chunkPlace = (room: RoomId, chunk: string) => `${room} ${chunk}`;

const wholeOf = (db: IDBPDatabase<Schema>) => db.transaction(["keys", ...contents], "readwrite");

/** WebCrypto's word for a seal that does not fit; anything else is a mistake of ours. */
function unreadable(error: unknown): undefined {
	if (error instanceof Error && error.name === "OperationError") return undefined;
	throw error;
}

/** Counts a try, on the disk before it is made. */
async function countTry(db: IDBPDatabase<Schema>): Promise<number> {
	const tx = db.transaction("keys", "readwrite", { durability: "strict" });
	const tries = (((await tx.store.get("tries")) as number | undefined) ?? 0) + 1;
	await tx.store.put(tries, "tries");
	await tx.done;
	return tries;
}

interface Standing {
	readonly keys: Keys;
	readonly epoch: string;
}

async function standingKeys(db: IDBPDatabase<Schema>): Promise<Standing | undefined> {
	const tx = db.transaction("keys");
	const [keys, epoch] = await Promise.all([tx.store.get("keys"), tx.store.get("epoch"), tx.done]);
	return keys && epoch ? { keys: keys as Keys, epoch: epoch as string } : undefined;
}

/** The first keys of a device; of two pages that make some at once, the first one's stay. */
async function firstKeys(db: IDBPDatabase<Schema>, made: Keys): Promise<Standing> {
	const fresh: Standing = { keys: made, epoch: freshTxn() };
	const tx = wholeOf(db);
	const store = tx.objectStore("keys");
	const [keys, epoch] = await Promise.all([store.get("keys"), store.get("epoch")]);
	if (keys && epoch) {
		await tx.done;
		return { keys: keys as Keys, epoch: epoch as string };
	}
	const done: Promise<unknown>[] = [store.put(fresh.keys, "keys"), store.put(fresh.epoch, "epoch")];
	for (const one of contents) done.push(tx.objectStore(one).clear()); // what was sealed under keys that are gone is of no use to anybody
	await Promise.all([...done, tx.done]);
	await destroyFiles();
	return fresh;
}

/** What a person wrote, as it stands: each sealing is its own, so what was written anew is told from what was there before. */
async function standingOf(tx: IDBPTransaction<Schema, (Store | "keys")[], "readonly" | "readwrite">): Promise<string> {
	const all = written.map(async (name) => {
		const store = tx.objectStore(name);
		const [keys, sealed] = await Promise.all([store.getAllKeys(), store.getAll()]);
		return keys.map((key, n) => `${key} ${sealed[n]?.iv}`).join();
	});
	return [await tx.objectStore("keys").get("epoch"), ...(await Promise.all(all))].join("\n");
}

/** Of a post with a file: as it is once that stands under another id. */
function withFile(item: Outgoing, files: ReadonlyMap<string, string>): Outgoing {
	const id = item.file && files.get(item.file.id);
	return item.file && id !== undefined ? { ...item, file: { ...item.file, id } } : item;
}

/**
 * Begins a new epoch: other keys, and of the content nothing but what is sealed under them already. Undefined, and nothing done, where what a
 * person wrote does not stand any more as it did before.
 */
async function begin(
	db: IDBPDatabase<Schema>,
	as: "keys" | "lock",
	held: Keys | Lock,
	puts: readonly Put[],
	{ errand, before }: { readonly errand?: Errand; readonly before?: string },
): Promise<string | undefined> {
	const epoch = freshTxn();
	const tx = wholeOf(db);
	const keys = tx.objectStore("keys");
	if (before !== undefined && (await standingOf(tx)) !== before) return undefined;
	const owed = errand ?? ((await keys.get("errand")) as Errand | undefined);
	const told = errand === undefined ? ((await keys.get("told")) as string | undefined) : undefined; // what a second PIN leaves is told of nothing
	const done: Promise<unknown>[] = [keys.clear(), keys.put(held, as), keys.put(epoch, "epoch")];
	if (owed) done.push(keys.put(owed, "errand"));
	if (told) done.push(keys.put(told, "told"));
	for (const store of contents) done.push(tx.objectStore(store).clear());
	for (const [store, key, value] of puts) done.push(tx.objectStore(store).put(value, key));
	await Promise.all([...done, tx.done]);
	return epoch;
}

async function destroy(db: IDBPDatabase<Schema>, errand?: Errand): Promise<void> {
	const keys = db.transaction("keys", "readwrite", { durability: "strict" });
	await Promise.all([keys.store.clear(), errand && keys.store.put(errand, "errand"), keys.done]);
	const tx = wholeOf(db);
	await Promise.all([...contents.map((store) => tx.objectStore(store).clear()), tx.done]);
	await destroyFiles();
}

/** Whether the browser has a database of ours. Where it does not tell, opening one is the only way to know. */
function exists(): Promise<boolean> {
	return hasDatabase(name);
}

async function using<T>(work: (db: IDBPDatabase<Schema>) => Promise<T>): Promise<T> {
	const db = await open();
	try {
		return await work(db);
	} finally {
		db.close();
	}
}

/** Earlier versions' content is thrown away, and read from the hub again. */
function open(): Promise<IDBPDatabase<Schema>> {
	return openDB<Schema>(name, version, {
		upgrade(db) {
			for (const store of [...db.objectStoreNames]) db.deleteObjectStore(store);
			for (const store of ["keys", ...contents] as const) db.createObjectStore(store);
		},
		blocking(_current, _blocked, event) {
			(event.target as IDBDatabase).close(); // a newer page must not wait for this one
		},
	});
}

/** Takes the databases themselves away, for a device that is to keep nothing, not even an empty one. */
export async function removeStore(): Promise<void> {
	await Promise.all([removeDatabase(name), removeFiles()]);
}
