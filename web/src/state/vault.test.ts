import "fake-indexeddb/auto";
import { beforeEach, expect, test } from "vitest";
import { type EventId, type RoomId, token, type UserId } from "../wire/ids";
import { decodeDelta } from "../wire/sync";
import { apply, emptyModel, type Model } from "./model";
import { Vault } from "./vault";

const me = "@me:hub" as UserId;
const [a, b] = ["!a:hub", "!b:hub"] as [RoomId, RoomId];

function posts(model: Model, next: number, room: RoomId, ...ids: number[]): Model {
	const events = ids.map((n) => ({
		event_id: `$${n}`,
		type: "m.room.message",
		sender: "@a:hub",
		origin_server_ts: n,
		content: { body: `${n}` },
	}));
	return apply(model, decodeDelta({ next_batch: `s${next}`, rooms: { join: { [room]: { timeline: { events, prev_batch: "s0" } } } } }));
}

const ids = (model: Model, room: RoomId) => model.rooms.get(room)?.timeline.map((e) => e.id);

beforeEach(async () => {
	const vault = await Vault.open(me);
	await vault.clear();
	vault.close();
});

test("a reload resumes where the last saving stood", async () => {
	const vault = await Vault.open(me);
	const model = posts(emptyModel(me), 2, a, 1, 2);
	await vault.save(model, emptyModel(me));
	await vault.draft(a, "half a sentence");
	await vault.keep({ txn: "t", room: a, act: { kind: "redact", event: "$1" as EventId }, at: 1, state: "waiting" });
	vault.close();

	const again = await Vault.open(me);
	const loaded = await again.load(me);
	expect(loaded.next).toBe(token("s2"));
	expect(loaded.rooms).toEqual(model.rooms);
	expect(await again.drafts()).toEqual(new Map([[a, "half a sentence"]]));
	expect((await again.outbox()).map((item) => item.txn)).toEqual(["t"]);
	again.close();
});

test("long timelines are cut, and say where to go on", async () => {
	const vault = await Vault.open(me);
	await vault.save(posts(emptyModel(me), 100, a, ...Array.from({ length: 100 }, (_, n) => n)), emptyModel(me));
	const room = (await vault.load(me)).rooms.get(a);
	expect(room?.timeline.at(-1)?.id).toBe("$99" as EventId);
	expect(room?.timeline.length).toBeLessThan(100);
	expect(room?.before).toBe("context");
	vault.close();
});

test("two pages that save in turn leave no hole", async () => {
	const [fast, slow] = await Promise.all([Vault.open(me), Vault.open(me)]);
	const early = posts(emptyModel(me), 1, a, 1);
	await slow.save(early, emptyModel(me));
	const both = posts(early, 2, a, 2);
	await fast.save(both, emptyModel(me));
	await slow.save(posts(early, 1, b), early); // a page that slept still has the past
	const latest = posts(both, 3, b, 3);
	await fast.save(latest, both); // changed since its last saving: only the other room
	const loaded = await fast.load(me);
	expect(loaded.next).toBe(token("s3"));
	expect(ids(loaded, a)).toEqual(["$1", "$2"]);
	expect(ids(loaded, b)).toEqual(["$3"]);
	fast.close();
	slow.close();
});

test("leaving quickly forgets what was read and keeps what was written", async () => {
	const vault = await Vault.open(me);
	await vault.save(posts(emptyModel(me), 1, a, 1), emptyModel(me));
	await vault.draft(a, "x");
	await vault.unread();
	expect(await vault.load(me)).toEqual(emptyModel(me));
	expect((await vault.drafts()).size).toBe(1);
	vault.close();
});

test("another person finds nothing", async () => {
	const mine = await Vault.open(me);
	await mine.save(posts(emptyModel(me), 1, a, 1), emptyModel(me));
	await mine.keep({ txn: "t", room: a, act: { kind: "redact", event: "$1" as EventId }, at: 1, state: "waiting" });
	mine.close();
	const theirs = await Vault.open("@other:hub" as UserId);
	expect((await theirs.load("@other:hub" as UserId)).rooms.size).toBe(0);
	expect(await theirs.outbox()).toEqual([]);
	theirs.close();
});
