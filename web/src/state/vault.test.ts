import "fake-indexeddb/auto";
import { IDBFactory, IDBObjectStore } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type EventId, type RoomId, token, type UserId } from "../wire/ids";
import { decodeDelta } from "../wire/sync";
import { apply, emptyModel, type Model, modelForm } from "./model";
import type { Me } from "./account";
import { Files } from "./media/files";
import type { Outgoing } from "./outbox";
import { pinFits, removeStore, Vault } from "./vault";

const me = "@me:hub" as UserId;
const day = 86_400_000;
const now = day * 100 + 1_000;
const person: Me = { id: me, device: "D", name: "Фаррух", role: "member", may: [], language: "tg", speaks: [], askAbout: "", networkSpace: "!n:hub" as RoomId, retention: 730 * day };
const heir = (): Me => ({ ...person, id: "@user1:hub" as UserId, name: "user1", alone: true });
const [a, b] = ["!a:hub", "!b:hub"] as [RoomId, RoomId];
const erased = "$rVOb4dn9kJQ1zT7yLw3mXe5cGh8uSf2aBi6tPqNoRxE" as EventId;

function posts(model: Model, next: number, room: RoomId, ...ids: number[]): Model {
	const events = ids.map((n) => ({
		event_id: `$${n}`,
		type: "m.room.message",
		sender: "@a:hub",
		origin_server_ts: day * 100 + n,
		content: { body: `${n}` },
	}));
	return apply(model, decodeDelta({ next_batch: `s${next}`, rooms: { join: { [room]: { timeline: { events, prev_batch: "s0" } } } } }));
}

const ids = (model: Model, room: RoomId) => model.rooms.get(room)?.timeline.map((e) => e.id);

/** All that the browser has on its disk, as anybody would read it there. */
async function disk(): Promise<string> {
	const db = await new Promise<IDBDatabase>((done) => {
		const opening = indexedDB.open("panah");
		opening.onsuccess = () => done(opening.result);
	});
	const found: unknown[] = [];
	for (const store of db.objectStoreNames) {
		const all = db.transaction(store).objectStore(store);
		for (const reading of [all.getAllKeys(), all.getAll()]) {
			found.push(...(await new Promise<unknown[]>((done) => {
				reading.onsuccess = () => done(reading.result);
			})));
		}
	}
	db.close();
	const bytes = (_: string, value: unknown) =>
		value instanceof ArrayBuffer || ArrayBuffer.isView(value) ? Buffer.from(value as Uint8Array).toString("latin1") : value;
	return JSON.stringify(found, bytes);
}

/** How large what is kept is, by place. */
async function sizes(): Promise<string[]> {
	const found = JSON.parse(await disk()) as unknown[];
	return found.flatMap((one) => {
		const text = (value: unknown): unknown => (typeof value === "string" ? value.length : typeof value === "object" && value ? Object.values(value).map(text) : typeof value);
		return JSON.stringify(text(one));
	});
}

async function opened(): Promise<Vault> {
	const vault = await Vault.open();
	if (!vault) throw new Error("nothing can be kept");
	return vault;
}

async function written(): Promise<Vault> {
	const vault = await opened();
	await vault.setMe(person);
	await vault.save(posts(emptyModel(me), 2, a, 1, 2), emptyModel(me), now);
	await vault.draft(a, "half a sentence");
	await vault.setReadings(new Map([["rota", { at: 1, value: { now: ["@farida:hub"] } }]]));
	await vault.keep({ txn: "t", room: a, act: { kind: "redact", event: erased }, at: 1, state: "waiting" });
	return vault;
}

beforeEach(() => {
	globalThis.indexedDB = new IDBFactory();
});

test("what is saved before the hub has said anything opens as nothing", async () => {
	const vault = await written();
	await vault.save(emptyModel(me), posts(emptyModel(me), 2, a, 1, 2), now);
	expect(await vault.load(me)).toEqual(emptyModel(me));
});

test("a reload resumes where the last saving stood", async () => {
	(await written()).close();
	const again = await opened();
	expect((await again.me())?.name).toBe("Фаррух");
	const loaded = await again.load(me);
	expect(loaded.next).toBe(token("s2"));
	expect(loaded.rooms).toEqual(posts(emptyModel(me), 2, a, 1, 2).rooms);
	expect(await again.drafts()).toEqual(new Map([[a, "half a sentence"]]));
	expect((await again.outbox()).map((item) => item.txn)).toEqual(["t"]);
	again.close();
});

test("what was kept in an earlier form is read anew, and what the person wrote stays", async () => {
	await written();
	const vault = await opened();
	expect(await vault.load(me, modelForm + 1)).toEqual(emptyModel(me));
	expect(await vault.drafts()).toEqual(new Map([[a, "half a sentence"]]));
	expect((await vault.outbox()).map(({ txn }) => txn)).toEqual(["t"]);
	await vault.save(posts(emptyModel(me), 3, b, 3), emptyModel(me), now);
	expect([...(await (await opened()).load(me)).rooms.keys()]).toEqual([b]);
});

test("nothing of it can be read on the disk", async () => {
	const vault = await written();
	const found = await disk();
	expect(found.length).toBeGreaterThan(500);
	// Each is so long that what is sealed, which looks like chance, does not hold it by chance.
	const secrets = ["half a sentence", "Фаррух", Buffer.from("Фаррух").toString("latin1"), "@me:hub", "!a:hub", "m.room.message", erased];
	expect(secrets.filter((secret) => found.includes(secret))).toEqual([]);
	vault.close();
});

test("signing out destroys the keys, and what they opened", async () => {
	await (await written()).destroy();
	const again = await opened();
	expect(await again.me()).toBeUndefined();
	expect(await again.load(me)).toEqual(emptyModel(me));
	again.close();
});

test("the last fourteen days are kept, and always enough for a first screen", async () => {
	const vault = await opened();
	const old = posts(emptyModel(me), 1, a, ...Array.from({ length: 400 }, (_, n) => n - 20 * day));
	const fresh = posts(old, 2, a, ...Array.from({ length: 300 }, (_, n) => n));
	await vault.save(fresh, emptyModel(me), now);
	const kept = (await vault.load(me)).rooms.get(a);
	expect(kept?.timeline.slice(-300).map((e) => e.id)).toEqual(fresh.rooms.get(a)?.timeline.slice(-300).map((e) => e.id));
	expect(kept?.timeline.length).toBeLessThan(700);
	expect(kept?.before).toBe("context");
	await vault.save(old, emptyModel(me), now + 30 * day);
	expect((await vault.load(me)).rooms.get(a)?.timeline.length).toBeGreaterThanOrEqual(60);
	vault.close();
});

test("saving again writes only what changed, and reads back the same", async () => {
	const vault = await opened();
	let model = emptyModel(me);
	for (let n = 0; n < 200; n++) {
		const next = posts(model, n + 1, n % 3 === 0 ? b : a, n);
		if (n % 7 === 0) {
			await vault.save(next, model, now);
			model = next;
		} else model = next;
	}
	await vault.save(model, emptyModel(me), now);
	const loaded = await vault.load(me);
	expect(ids(loaded, a)).toEqual(ids(model, a));
	expect(ids(loaded, b)).toEqual(ids(model, b));
	vault.close();
});

test("two pages that save in turn leave no hole", async () => {
	const [fast, slow] = await Promise.all([opened(), opened()]);
	await fast.setMe(person);
	const second = await opened();
	const early = posts(emptyModel(me), 1, a, 1);
	await second.save(early, emptyModel(me), now);
	const both = posts(early, 2, a, 2);
	await fast.save(both, emptyModel(me), now);
	await second.save(posts(early, 1, b), early, now); // a page that slept still has the past
	const latest = posts(both, 3, b, 3);
	await fast.save(latest, both, now); // changed since its last saving: only the other room
	const loaded = await fast.load(me);
	expect(loaded.next).toBe(token("s3"));
	expect(ids(loaded, a)).toEqual(["$1", "$2"]);
	expect(ids(loaded, b)).toEqual(["$3"]);
	for (const vault of [fast, slow, second]) vault.close();
});

test("leaving quickly forgets what was read and keeps what was written", async () => {
	const vault = await written();
	await vault.unread();
	expect(await vault.load(me)).toEqual(emptyModel(me));
	expect(await vault.readings()).toBeUndefined();
	await Promise.all([vault.setAlerts({ entries: [1] }), vault.save(posts(emptyModel(me), 3, a, 3), emptyModel(me), now)]); // an answer of the hub was on its way
	expect(await vault.alerts()).toBeUndefined();
	expect(await vault.load(me)).toEqual(emptyModel(me));
	expect((await vault.drafts()).size).toBe(1);
	expect((await vault.outbox()).length).toBe(1);
	vault.close();
});

test("another person finds nothing", async () => {
	(await written()).close();
	const theirs = await opened();
	await theirs.setMe({ ...person, id: "@other:hub" as UserId });
	expect((await theirs.load("@other:hub" as UserId)).rooms.size).toBe(0);
	expect(await theirs.outbox()).toEqual([]);
	theirs.close();
});

test("behind a PIN nothing opens without it", async () => {
	const locked = await (await written()).relock("4711", undefined);
	await locked.save(posts(emptyModel(me), 2, a, 1), emptyModel(me), now);
	locked.close();
	expect(await Vault.locked()).toBe(true);
	expect(await Vault.unlock("4712", heir)).toEqual({ kind: "wrong", left: 9 });
	const attempt = await Vault.unlock("4711", heir);
	if (attempt.kind !== "open") throw new Error(attempt.kind);
	expect(ids(await attempt.vault.load(me), a)).toEqual(["$1"]);
	expect(await attempt.vault.drafts()).toEqual(new Map([[a, "half a sentence"]]));
	expect(await attempt.vault.readings()).toEqual(new Map([["rota", { at: 1, value: { now: ["@farida:hub"] } }]]));
	const free = await attempt.vault.relock(undefined, undefined);
	free.close();
	expect(await Vault.locked()).toBe(false);
	const again = await opened();
	expect((await again.me())?.id).toBe(me);
	again.close();
});

test("ten wrong PINs leave nothing to open", async () => {
	(await (await written()).relock("4711", undefined)).close();
	for (let n = 0; n < 9; n++) await Vault.unlock("0000", heir);
	expect(await Vault.unlock("0000", heir)).toEqual({ kind: "wrong", left: 0 });
	expect(await Vault.locked()).toBe(false);
	expect(await disk()).toBe("[]");
}, 60_000);

test("the second PIN leaves an empty account under itself, and nothing shows whether there is one", async () => {
	(await (await written()).relock("4711", "0815")).close();
	const withSecond = (await disk()).length;
	const attempt = await Vault.unlock("0815", heir);
	if (attempt.kind !== "second") throw new Error(attempt.kind);
	expect((await attempt.vault.me())?.name).toBe("user1");
	expect((await attempt.vault.load("@user1:hub" as UserId)).rooms.size).toBe(0);
	expect([await attempt.vault.drafts(), await attempt.vault.outbox()]).toEqual([new Map(), []]);
	attempt.vault.close();
	expect(await Vault.errand()).toBe("end");
	await Vault.errandDone();
	expect(await Vault.errand()).toBeUndefined();
	// From now on it is the PIN, and the one before is wrong like any other.
	expect((await Vault.unlock("4711", heir)).kind).toBe("wrong");
	const again = await Vault.unlock("0815", heir);
	if (again.kind !== "open") throw new Error(again.kind);
	expect((await again.vault.me())?.alone).toBe(true);
	again.vault.close();
	// What is on the disk then is what an account has that is merely new.
	const empty = await sizes();
	globalThis.indexedDB = new IDBFactory();
	const fresh = await opened();
	await fresh.setMe(heir());
	(await fresh.relock("0815", undefined)).close();
	expect(empty).toEqual(await sizes());
	globalThis.indexedDB = new IDBFactory();
	(await (await written()).relock("4711", undefined)).close();
	expect(Math.abs(withSecond - (await disk()).length)).toBeLessThan(withSecond * 0.2);
}, 60_000);

test("a try counts before it is made, so that closing the page in the middle saves none", async () => {
	(await (await written()).relock("4711", undefined)).close();
	const derive = crypto.subtle.deriveKey;
	crypto.subtle.deriveKey = () => Promise.reject(new Error("the page was closed"));
	for (let n = 0; n < 4; n++) await expect(Vault.unlock("0000", heir)).rejects.toThrow("closed");
	crypto.subtle.deriveKey = derive;
	expect(await Vault.unlock("0000", heir)).toEqual({ kind: "wrong", left: 5 });
	for (let n = 0; n < 5; n++) await Promise.all([pinFits("1111")]); // the settings are no way round it
	expect(await Vault.standing()).toBe("none");
}, 60_000);

test("a page with the keys of before writes nothing any more", async () => {
	const before = await written();
	const other = await opened();
	const after = await other.relock(undefined, undefined);
	await before.draft(a, "from an earlier epoch");
	await before.save(posts(emptyModel(me), 9, a, 9), emptyModel(me), now);
	expect(await after.drafts()).toEqual(new Map([[a, "half a sentence"]]));
	expect((await after.load(me)).next).toBeUndefined();
	expect(await after.outbox()).toHaveLength(1);
	for (const vault of [before, after]) vault.close();
});

test("looking leaves nothing on the device, and an errand outlives the keys", async () => {
	expect([await Vault.standing(), await Vault.errand()]).toEqual(["none", undefined]);
	expect(await indexedDB.databases()).toEqual([]);
	await (await written()).destroy("end");
	expect([await Vault.standing(), await Vault.errand()]).toEqual(["none", "end"]);
	await removeStore();
	expect(await indexedDB.databases()).toEqual([]);
});

afterEach(() => void vi.restoreAllMocks());

const waiting = (txn: string): Outgoing => ({ txn, room: a, act: { kind: "redact", event: erased }, at: 1, state: "waiting" });
const txns = async (vault: Vault) => (await vault.outbox()).map(({ txn }) => txn).sort();

/** Has something done while a record is sealed for a place, once. */
function whileSealing(place: string, act: () => Promise<unknown>): void {
	const real = crypto.subtle.encrypt.bind(crypto.subtle);
	let first = true;
	vi.spyOn(crypto.subtle, "encrypt").mockImplementation(async (how, key, bytes) => {
		const at = new TextDecoder().decode((how as AesGcmParams).additionalData);
		if (first && at === place) {
			first = false;
			await act();
		}
		return real(how, key, bytes);
	});
}

test("a draft that was emptied stays empty, though sealing its words took longer", async () => {
	const vault = await written();
	whileSealing("drafts", async () => {
		for (let n = 0; n < 20; n++) await new Promise((done) => setImmediate(done));
	});
	await Promise.all([vault.draft(b, "his address"), vault.draft(b, "")]);
	expect((await vault.drafts()).has(b)).toBe(false);
});

test("what is read of the outbox has all that was asked to be written before", async () => {
	const vault = await written();
	void vault.keep(waiting("u"));
	expect(await txns(vault)).toEqual(["t", "u"]);
	void vault.drop("t");
	expect(await vault.waiting("t")).toBeUndefined();
});

test("what is written while the PIN is set is there behind it", async () => {
	const vault = await written();
	const locking = vault.relock("4711", undefined);
	const writes = [vault.keep(waiting("u")), vault.draft(b, "another half"), vault.drop("t")];
	const [after] = await Promise.all([locking, ...writes]);
	expect(await txns(after)).toEqual(["u"]);
	expect(await txns(vault)).toEqual(["u"]); // whoever still has the store of before
	expect([...(await after.drafts()).values()].sort()).toEqual(["another half", "half a sentence"]);
});

test("what another page writes while all is sealed anew is there as well", async () => {
	const vault = await written();
	const other = await opened();
	whileSealing("outbox", () => other.keep(waiting("u")));
	expect(await txns(await vault.relock("4711", undefined))).toEqual(["t", "u"]);
});

test("a file that waits goes on under the new keys", async () => {
	const vault = await written();
	await new Files(vault.sealing).put("f", new Blob(["where she is"]), { kind: "pending", used: 1 });
	await vault.keep({ ...waiting("u"), file: { id: "f", name: "a", type: "x", size: 12 } });
	const after = await vault.relock("4711", undefined);
	const id = (await after.waiting("u"))?.file?.id ?? "";
	expect(await (await new Files(after.sealing).read(id))?.text()).toBe("where she is");
});

test("a PIN brings nothing back of whoever has left while it was set", async () => {
	const vault = await written();
	const other = await opened();
	whileSealing("outbox", () => other.destroy());
	await expect(vault.relock("4711", undefined)).rejects.toThrow();
	expect(await Vault.standing()).toBe("none");
});

test("what could not be saved is saved the next time", async () => {
	const vault = await written();
	const before = posts(emptyModel(me), 2, a, 1, 2);
	const model = posts(before, 3, a, 3);
	const full = vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(() => {
		throw new DOMException("no room", "QuotaExceededError");
	});
	await expect(vault.save(model, before, now)).rejects.toThrow("no room");
	full.mockRestore();
	await vault.save(model, before, now);
	expect(ids(await (await opened()).load(me), a)).toEqual(["$1", "$2", "$3"]);
});

test("signing out takes everything away, though the browser has closed the store under the page", async () => {
	const vault = await written();
	(vault as unknown as { db: IDBDatabase }).db.close();
	await vault.destroy("end");
	expect(await Vault.standing()).toBe("none");
	expect(await Vault.errand()).toBe("end");
});

test("of a store that is given up nothing is read any more", async () => {
	const vault = await written();
	vault.close();
	expect(await vault.waiting("t")).toBeUndefined();
	expect(await vault.outbox()).toEqual([]);
});
