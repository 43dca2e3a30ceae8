import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { freshTxn, type RoomId, type Token, type UserId } from "../wire/ids";
import type { Invitation, Model, Room } from "./model";
import { emptyModel } from "./model";
import type { Outgoing } from "./outbox";

/** What this device keeps, so that it resumes by position after a reload and so that what was written survives a closed tab. */
interface Schema extends DBSchema {
	meta: { key: string; value: unknown };
	rooms: { key: RoomId; value: Room };
	outbox: { key: string; value: Outgoing };
	drafts: { key: string; value: string };
}

const name = "panah";
const version = 1;

/** What is kept of a room's timeline: enough for the first screen. */
const keptPosts = 60;

/** The device's store. Everything in it belongs to one person and is gone when they sign out. */
export class Vault {
	/** Tells this page from others of the same person, which share the store. */
	private readonly page = freshTxn();

	private constructor(private readonly db: IDBPDatabase<Schema>) {}

	/** Opens the store of a person; another person's is thrown away first. */
	static async open(me: UserId): Promise<Vault> {
		const vault = new Vault(await open());
		if ((await vault.db.get("meta", "me")) !== me) {
			await vault.clear();
			await vault.db.put("meta", me, "me");
		}
		return vault;
	}

	/** What was known at the last saving. */
	async load(me: UserId): Promise<Model> {
		const tx = this.db.transaction(["meta", "rooms"]);
		const [next, invitations, accountData, rooms] = await Promise.all([
			tx.objectStore("meta").get("next"),
			tx.objectStore("meta").get("invitations"),
			tx.objectStore("meta").get("accountData"),
			tx.objectStore("rooms").getAll(),
		]);
		if (typeof next !== "string") return emptyModel(me);
		return {
			...emptyModel(me),
			next: next as Token,
			rooms: new Map(rooms.map((room) => [room.id, room])),
			invitations: (invitations as Map<RoomId, Invitation> | undefined) ?? new Map(),
			accountData: (accountData as Model["accountData"] | undefined) ?? new Map(),
		};
	}

	/**
	 * Saves the position and all that changed since `saved`, in one transaction: the two never disagree. Where another page saved in
	 * between, everything is written anew: its rooms may stand at an earlier position than ours.
	 */
	async save(model: Model, saved: Model): Promise<void> {
		const tx = this.db.transaction(["meta", "rooms"], "readwrite");
		const [rooms, meta] = [tx.objectStore("rooms"), tx.objectStore("meta")];
		const ours = (await meta.get("page")) === this.page;
		const writes: Promise<unknown>[] = ours ? [] : [rooms.clear(), meta.put(this.page, "page")];
		for (const [id, room] of model.rooms) if (!ours || saved.rooms.get(id) !== room) writes.push(rooms.put(shortened(room), id));
		for (const id of saved.rooms.keys()) if (!model.rooms.has(id)) writes.push(rooms.delete(id));
		writes.push(meta.put(model.next, "next"), meta.put(model.invitations, "invitations"), meta.put(model.accountData, "accountData"));
		await Promise.all([...writes, tx.done]);
	}

	outbox(): Promise<Outgoing[]> {
		return this.db.getAll("outbox");
	}

	async keep(item: Outgoing): Promise<void> {
		await this.db.put("outbox", item, item.txn);
	}

	async drop(txn: string): Promise<void> {
		await this.db.delete("outbox", txn);
	}

	async drafts(): Promise<Map<string, string>> {
		const [keys, values] = await Promise.all([this.db.getAllKeys("drafts"), this.db.getAll("drafts")]);
		return new Map(keys.map((key, i) => [key, values[i] ?? ""]));
	}

	async draft(place: string, text: string): Promise<void> {
		if (text === "") await this.db.delete("drafts", place);
		else await this.db.put("drafts", text, place);
	}

	/** Forgets all that came from the hub; what the person wrote stays. */
	async unread(): Promise<void> {
		const tx = this.db.transaction(["meta", "rooms"], "readwrite");
		const meta = tx.objectStore("meta");
		await Promise.all([
			meta.delete("next"),
			meta.delete("page"),
			meta.delete("invitations"),
			meta.delete("accountData"),
			tx.objectStore("rooms").clear(),
			tx.done,
		]);
	}

	async clear(): Promise<void> {
		const stores = ["meta", "rooms", "outbox", "drafts"] as const;
		const tx = this.db.transaction(stores, "readwrite");
		await Promise.all([...stores.map((store) => tx.objectStore(store).clear()), tx.done]);
	}

	close(): void {
		this.db.close();
	}
}

function open(): Promise<IDBPDatabase<Schema>> {
	return openDB<Schema>(name, version, {
		upgrade(db) {
			for (const store of ["meta", "rooms", "outbox", "drafts"] as const) db.createObjectStore(store);
		},
	});
}

/** The newest posts of a room. Where older ones are cut off, they are read from the hub again. */
function shortened(room: Room): Room {
	const kept = { ...room, typing: [] };
	if (room.timeline.length <= keptPosts) return kept;
	return { ...kept, timeline: room.timeline.slice(-keptPosts), before: "context" };
}
