import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { freshTxn, type RoomId, type Token } from "../wire/ids";
import type { Event } from "../wire/sync";
import type { Me } from "./account";
import { type Chunk, chunksOf, sameChunk, worthKeeping } from "./chunks";
import { destroyFiles, resealFiles } from "./media/files";
import type { Invitation, Model, Room } from "./model";
import { emptyModel } from "./model";
import type { Outgoing } from "./outbox";
import { type Lock, lock, tryPin } from "./pin";
import { canSeal, freshKeys, hiddenName, importKeys, type Keys, type Sealed, seal, unseal } from "./seal";

/** What this device keeps, so that it resumes by position after a reload and so that what was written survives a closed tab. */
interface Schema extends DBSchema {
	/** In clear: how the keys are held, and which page saved last. Nothing of the person. */
	keys: { key: "keys" | "lock" | "tries" | "page"; value: Keys | Lock | number | string };
	meta: { key: string; value: Sealed };
	rooms: { key: string; value: Sealed };
	chunks: { key: string; value: Sealed };
	outbox: { key: string; value: Sealed };
	drafts: { key: string; value: Sealed };
}

const name = "panah";
const version = 2;
const contents = ["meta", "rooms", "chunks", "outbox", "drafts"] as const;
type Store = (typeof contents)[number];

/** Wrong PINs after which the device forgets everything. */
const triesMost = 10;

/** A room as it is kept: its timeline stands apart, in chunks. */
type KeptRoom = Omit<Room, "timeline"> & { readonly chunks: readonly string[] };

/** How an attempt to open a locked store ended. */
export type Attempt =
	| { readonly kind: "open"; readonly vault: Vault }
	| { readonly kind: "second" }
	| { readonly kind: "wrong"; readonly left: number };

/**
 * The device's store. Everything in it belongs to one person, is sealed under keys that signing out destroys, and is gone then. With a PIN
 * the keys themselves are locked away whenever the person is.
 */
export class Vault {
	/** Tells this page from others of the same person, which share the store. */
	private readonly page = freshTxn();
	/** What is kept of each room's timeline at the last saving. */
	private readonly kept = new Map<RoomId, readonly Chunk[]>();

	private constructor(
		private readonly db: IDBPDatabase<Schema>,
		private readonly keys: Keys,
	) {}

	/** Whether this device is locked by a PIN. */
	static async locked(): Promise<boolean> {
		if (!canSeal()) return false;
		const db = await open();
		const held = await db.get("keys", "lock");
		db.close();
		return held !== undefined;
	}

	/** Opens the store of a device without a PIN. Undefined where a browser keeps nothing, or has no cryptography for this page. */
	static async open(): Promise<Vault | undefined> {
		if (!canSeal()) return undefined;
		const db = await open();
		const known = (await db.get("keys", "keys")) as Keys | undefined;
		const keys = known ?? (await importKeys(freshKeys()));
		if (!known) {
			await Promise.all([empty(db), destroyFiles()]); // what was sealed under keys that are gone is of no use to anybody
			await db.put("keys", keys, "keys");
		}
		return new Vault(db, keys);
	}

	/** Tries to open a locked store. After ten wrong PINs there is nothing left to open. */
	static async unlock(pin: string): Promise<Attempt> {
		const db = await open();
		const held = (await db.get("keys", "lock")) as Lock | undefined;
		const opened = held ? await tryPin(held, pin) : { kind: "wrong" as const };
		if (opened.kind === "keys") {
			await db.delete("keys", "tries");
			return { kind: "open", vault: new Vault(db, await importKeys(opened.keys)) };
		}
		const tries = opened.kind === "wrong" ? await countTry(db) : 0;
		if (opened.kind === "second" || tries >= triesMost) await destroy(db);
		db.close();
		return opened.kind === "second" ? { kind: "second" } : { kind: "wrong", left: triesMost - tries };
	}

	/** Puts the store under a PIN, or takes the PIN off. It is written anew under fresh keys, so that the old ones open nothing. */
	async relock(pin: string | undefined, second: string | undefined): Promise<Vault> {
		const raw = freshKeys();
		const next = new Vault(this.db, await importKeys(raw));
		const [me, outbox, drafts] = await Promise.all([this.me(), this.outbox(), this.drafts()]);
		await Promise.all([empty(this.db), resealFiles(this.keys, next.keys)]);
		if (pin === undefined) await this.db.put("keys", next.keys, "keys");
		else await this.db.put("keys", await lock(raw, pin, second), "lock");
		await this.db.delete("keys", pin === undefined ? "lock" : "keys");
		if (me) await next.setMe(me);
		for (const item of outbox) await next.keep(item);
		for (const [place, text] of drafts) await next.draft(place, text);
		return next;
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
		if (before && before.id !== me.id) await Promise.all([empty(this.db), destroyFiles()]);
		await this.put("meta", "me", me);
	}

	/** What was known at the last saving. */
	async load(me: Model["me"]): Promise<Model> {
		const [next, invitations, accountData, rooms] = await Promise.all([
			this.get<Token>("meta", "next"),
			this.get<Map<RoomId, Invitation>>("meta", "invitations"),
			this.get<Model["accountData"]>("meta", "accountData"),
			this.all<KeptRoom>("rooms"),
		]);
		if (next === undefined) return emptyModel(me);
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
		for (;;) {
			const ours = (await this.db.get("keys", "page")) === this.page;
			if (!ours) this.kept.clear();
			const writes = await this.changes(model, ours ? saved : emptyModel(model.me), now);
			if (await this.write(writes, ours)) return;
		}
	}

	/** Seals all that is to be written; a transaction of the store cannot wait for that. */
	private async changes(model: Model, saved: Model, now: number): Promise<Writes> {
		const writes: Writes = { puts: [], deletes: [] };
		for (const [id, room] of model.rooms) if (saved.rooms.get(id) !== room) await this.changedRoom(room, now, writes);
		for (const [id] of saved.rooms) if (!model.rooms.has(id)) await this.goneRoom(id, writes);
		await Promise.all([
			this.stage(writes, "meta", "next", model.next),
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
		this.kept.set(room.id, chunks);
	}

	private async goneRoom(id: RoomId, writes: Writes): Promise<void> {
		for (const chunk of this.kept.get(id) ?? []) writes.deletes.push(["chunks", await hiddenName(this.keys, chunkPlace(id, chunk.name))]);
		writes.deletes.push(["rooms", await hiddenName(this.keys, id)]);
		this.kept.delete(id);
	}

	/** False when another page came first: then all must be looked at again. */
	private async write({ puts, deletes }: Writes, ours: boolean): Promise<boolean> {
		const tx = this.db.transaction(["keys", "meta", "rooms", "chunks"], "readwrite");
		const keys = tx.objectStore("keys");
		if (((await keys.get("page")) === this.page) !== ours) {
			await tx.done;
			return false;
		}
		const done: Promise<unknown>[] = ours
			? []
			: [keys.put(this.page, "page"), tx.objectStore("rooms").clear(), tx.objectStore("chunks").clear()];
		for (const [store, key] of deletes) done.push(tx.objectStore(store as "rooms").delete(key));
		for (const [store, key, value] of puts) done.push(tx.objectStore(store as "rooms").put(value, key));
		await Promise.all([...done, tx.done]);
		return true;
	}

	async outbox(): Promise<Outgoing[]> {
		return this.all<Outgoing>("outbox");
	}

	waiting(txn: string): Promise<Outgoing | undefined> {
		return this.get("outbox", txn);
	}

	keep(item: Outgoing): Promise<void> {
		return this.put("outbox", item.txn, item);
	}

	drop(txn: string): Promise<void> {
		return this.remove("outbox", txn);
	}

	async drafts(): Promise<Map<string, string>> {
		return new Map(await this.all<[string, string]>("drafts"));
	}

	draft(place: string, text: string): Promise<void> {
		return text === "" ? this.remove("drafts", place) : this.put("drafts", place, [place, text]);
	}

	/** Forgets all that came from the hub; what the person wrote stays. */
	async unread(): Promise<void> {
		this.kept.clear();
		const places = await Promise.all(["next", "invitations", "accountData"].map((place) => hiddenName(this.keys, place)));
		const tx = this.db.transaction(["keys", "meta", "rooms", "chunks"], "readwrite");
		const gone = places.map((place) => tx.objectStore("meta").delete(place));
		await Promise.all([
			...gone,
			tx.objectStore("keys").delete("page"),
			tx.objectStore("rooms").clear(),
			tx.objectStore("chunks").clear(),
			tx.done,
		]);
	}

	/** Destroys the keys first, then what they opened. */
	async destroy(): Promise<void> {
		await destroy(this.db);
		this.db.close();
	}

	close(): void {
		this.db.close();
	}

	private async get<T>(store: Store, place: string): Promise<T | undefined> {
		const sealed = await this.db.get(store, await hiddenName(this.keys, place));
		return sealed && unseal<T>(this.keys, store, sealed);
	}

	private async all<T>(store: Store): Promise<T[]> {
		return Promise.all((await this.db.getAll(store)).map((sealed) => unseal<T>(this.keys, store, sealed)));
	}

	private async put(store: Store, place: string, value: unknown): Promise<void> {
		const [key, sealed] = await Promise.all([hiddenName(this.keys, place), seal(this.keys, store, value)]);
		await this.db.put(store, sealed, key);
	}

	private async stage(writes: Writes, store: Store, place: string, value: unknown): Promise<void> {
		writes.puts.push([store, await hiddenName(this.keys, place), await seal(this.keys, store, value)]);
	}

	private async remove(store: Store, place: string): Promise<void> {
		await this.db.delete(store, await hiddenName(this.keys, place));
	}
}

/** Whether this is the PIN of this device; nothing comes of it either way. */
export async function pinFits(pin: string): Promise<boolean> {
	const db = await open();
	const held = (await db.get("keys", "lock")) as Lock | undefined;
	db.close();
	return held !== undefined && (await tryPin(held, pin)).kind === "keys";
}

interface Writes {
	readonly puts: [Store, string, Sealed][];
	readonly deletes: [Store, string][];
}

const chunkPlace = (room: RoomId, chunk: string) => `${room} ${chunk}`;

async function countTry(db: IDBPDatabase<Schema>): Promise<number> {
	const tries = (((await db.get("keys", "tries")) as number | undefined) ?? 0) + 1;
	await db.put("keys", tries, "tries");
	return tries;
}

async function destroy(db: IDBPDatabase<Schema>): Promise<void> {
	await db.clear("keys");
	await Promise.all([empty(db), destroyFiles()]);
}

async function empty(db: IDBPDatabase<Schema>): Promise<void> {
	const tx = db.transaction(["keys", ...contents], "readwrite");
	await Promise.all([...contents.map((store) => tx.objectStore(store).clear()), tx.objectStore("keys").delete("page"), tx.done]);
}

/** The first version kept everything in clear. It is thrown away, and read from the hub again. */
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
