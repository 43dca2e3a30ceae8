import { expect, test, vi } from "vitest";
import type { Json } from "../wire/decode";
import { Fault, unreachable } from "../wire/fault";
import type { Call } from "../wire/frame";
import type { EventId, RoomId, UserId } from "../wire/ids";
import { type Act, Outbox, type Outgoing, own } from "./outbox";
import { perform } from "./perform";

const room = "!r:hub" as RoomId;

/** A post with these words. */
const post = (content: Json): Act => ({ kind: "send", type: "m.room.message", content });

/** A line whose answers the test gives by hand, and a drawer that keeps what is to survive. */
function desk() {
	const kept = new Map<string, Outgoing>();
	const log = new Set<EventId>();
	const calls: { call: Extract<Call, { method: "send" }>; answer(result: Json): void; fail(fault: Fault): void }[] = [];
	const timers: (() => void)[] = [];
	const waits: number[] = [];
	const made: { full: boolean; base: string | undefined; current: boolean } = { full: false, base: undefined, current: true };
	let items: readonly Outgoing[] = [];
	const outbox = new Outbox({
		perform: (item) =>
			perform(
				item,
				"@me:hub" as UserId,
				(call) => new Promise((answer, fail) => void calls.push({ call: call as Extract<Call, { method: "send" }>, answer, fail })),
			),
		keep: async (item) => {
			if (made.full) throw new DOMException("no room", "QuotaExceededError");
			kept.set(item.txn, item);
		},
		drop: async (txn) => void kept.delete(txn),
		has: (_room, event) => log.has(event),
		base: () => made.base,
		current: () => made.current,
		changed: (now) => {
			items = now;
		},
		later: (after, then) => {
			waits.push(after);
			timers.push(then);
		},
	});
	return Object.assign(made, { outbox, kept, log, calls, timers, waits, items: () => items });
}

/** Lets all that is ready happen. */
const settle = () => new Promise<void>((done) => setImmediate(done));

/** A desk with a change that waited for a line until somebody else had changed the same. */
async function conflict() {
	const d = desk();
	d.base = "$old";
	await d.outbox.add(room, { kind: "state", type: "m.room.topic", key: "", content: { topic: "mine" } }, 1);
	d.calls[0]?.fail(unreachable());
	await settle();
	d.base = "$theirs";
	d.outbox.flush();
	await settle();
	return d;
}

test("what is written is kept before it is sent, in order, one at a time", async () => {
	const d = desk();
	await d.outbox.add(room, post({ body: "1" }), 1);
	await d.outbox.add(room, post({ body: "2" }), 2);
	expect(d.kept.size).toBe(2);
	expect(d.calls).toHaveLength(1);
	d.calls[0]?.answer({ event_id: "$1" });
	await settle();
	expect(d.calls.map((c) => c.call.params.content["body"])).toEqual(["1", "2"]);
});

test("without a line it waits, and the second try has the same transaction id", async () => {
	const d = desk();
	await d.outbox.add(room, post({ body: "x" }), 1);
	d.calls[0]?.fail(unreachable());
	await settle();
	expect(d.items()[0]?.state).toBe("waiting");
	d.outbox.flush();
	await settle();
	expect(d.calls).toHaveLength(2);
	expect(d.calls[1]?.call.params.txn_id).toBe(d.calls[0]?.call.params.txn_id);
});

test("what the hub refuses has failed, says why, and does not hold up the rest", async () => {
	const d = desk();
	await d.outbox.add(room, post({ body: "x" }), 1);
	await d.outbox.add(room, post({ body: "y" }), 2);
	d.calls[0]?.fail(new Fault("M_FORBIDDEN", "error.not_member", {}, 403));
	await settle();
	expect(d.items()[0]).toMatchObject({ state: "failed", error: { key: "error.not_member" } });
	expect(d.calls).toHaveLength(2);
});

test("it is gone when the event arrives, before the answer or after it", async () => {
	const early = desk();
	await early.outbox.add(room, post({ body: "x" }), 1);
	const txn = early.items()[0]?.txn ?? "";
	early.outbox.arrived([{ id: "$1" as EventId, txn }]);
	expect(early.items()).toEqual([]);
	early.calls[0]?.answer({ event_id: "$1" });
	await settle();
	expect(early.items()).toEqual([]);
	expect(early.kept.size).toBe(0);

	const late = desk();
	await late.outbox.add(room, post({ body: "x" }), 1);
	late.calls[0]?.answer({ event_id: "$1" });
	await settle();
	expect(late.items()[0]).toMatchObject({ state: "sent", event: "$1" });
	late.outbox.arrived([{ id: "$1" as EventId }]);
	expect(late.items()).toEqual([]);
	expect(late.kept.size).toBe(0);
});

test("an answer for what the log already has leaves nothing behind", async () => {
	const d = desk();
	await d.outbox.add(room, post({ body: "x" }), 1);
	d.log.add("$1" as EventId);
	d.calls[0]?.answer({ event_id: "$1" });
	await settle();
	expect(d.items()).toEqual([]);
	expect(d.kept.size).toBe(0);
});

test("a page that was closed while sending sends again with the same id", async () => {
	const d = desk();
	const item: Outgoing = { txn: "t1", room, act: post({ body: "x" }), at: 1, state: "sending" };
	d.outbox.restore([item]);
	await settle();
	expect(d.calls[0]?.call.params.txn_id).toBe("t1");
});

test("what the log had when the page was closed does not come back", async () => {
	const d = desk();
	d.log.add("$1" as EventId);
	d.kept.set("t1", { txn: "t1", room, act: post({}), at: 1, state: "sent", event: "$1" as EventId });
	d.outbox.restore([...d.kept.values()]);
	expect(d.items()).toEqual([]);
	expect(d.kept.size).toBe(0);
});

test("a device without room to keep a post sends it all the same, and says that it goes with the page", async () => {
	const d = desk();
	d.full = true;
	await d.outbox.add(room, post({ body: "x" }), 1);
	expect(d.calls).toHaveLength(1);
	expect(d.items()).toMatchObject([{ state: "sending", fleeting: true }]);
	d.calls[0]?.fail(unreachable());
	await settle();
	expect(d.items()).toMatchObject([{ state: "waiting", fleeting: true }]);
});

test("tries become rarer while the hub is away, and an answer makes them quick again", async () => {
	vi.spyOn(Math, "random").mockReturnValue(1);
	const d = desk();
	await d.outbox.add(room, post({ body: "x" }), 1);
	for (let n = 0; n < 3; n++) {
		d.calls[n]?.fail(unreachable());
		await settle();
		d.timers[n]?.();
	}
	expect(d.waits).toEqual([500, 1000, 2000]);
	d.calls[3]?.answer({ event_id: "$1" });
	await settle();
	await d.outbox.add(room, post({ body: "y" }), 2);
	d.calls[4]?.fail(unreachable());
	await settle();
	expect(d.waits.at(-1)).toBe(500);
	vi.restoreAllMocks();
});

test("a hub that asks for patience is given it", async () => {
	const d = desk();
	await d.outbox.add(room, post({ body: "x" }), 1);
	d.calls[0]?.fail(new Fault("M_LIMIT_EXCEEDED", "error.limit_exceeded", {}, 429, 2000));
	await settle();
	expect(d.items()[0]?.state).toBe("waiting");
	expect(d.waits).toEqual([2000]);
});

test("from a page that its writer has left nothing goes out any more, and what is kept stays", async () => {
	const d = desk();
	await d.outbox.add(room, post({ body: "x" }), 1);
	d.calls[0]?.fail(unreachable());
	await settle();
	d.outbox.leave();
	d.timers[0]?.();
	await settle();
	expect(d.calls).toHaveLength(1);
	expect(d.items()).toEqual([]);
	expect(d.kept.size).toBe(1);
});

test("failed posts can be tried again or given up", async () => {
	const d = desk();
	await d.outbox.add(room, post({ body: "x" }), 1);
	d.calls[0]?.fail(new Fault("M_FORBIDDEN", "error.not_member", {}, 403));
	await settle();
	const txn = d.items()[0]?.txn ?? "";
	await d.outbox.retry(txn);
	await settle();
	expect(d.calls).toHaveLength(2);
	d.calls[1]?.fail(new Fault("M_FORBIDDEN", "error.not_member", {}, 403));
	await settle();
	d.outbox.discard(txn);
	await settle();
	expect(d.items()).toEqual([]);
	expect(d.kept.size).toBe(0);
});

test("what was changed meanwhile by another is a conflict, until the person decides", async () => {
	const d = await conflict();
	expect(d.items()[0]?.state).toBe("conflict");
	expect(d.calls).toHaveLength(1);
	expect(d.kept.get(d.items()[0]?.txn ?? "")?.state).toBe("conflict");
	await d.outbox.retry(d.items()[0]?.txn ?? "");
	await settle();
	expect(d.calls).toHaveLength(2);
});

test("what its writer decided stands, though another page's doings are read before it has left", async () => {
	const d = await conflict();
	const before = [...d.kept.values()];
	expect(before.map(({ state }) => state)).toEqual(["conflict"]);
	d.current = false; // the line has just gone: it waits for all to be heard
	const deciding = d.outbox.retry(before[0]?.txn ?? "");
	await d.outbox.reread(
		async () => before, // not on the disk yet
		() => true,
	);
	expect(d.items().map(({ state }) => state)).toEqual(["waiting"]);
	await deciding;
	await d.outbox.reread(
		async () => [...d.kept.values()],
		() => false,
	);
	expect(d.items().map(({ state }) => state)).toEqual(["waiting"]);
	d.current = true;
	d.outbox.flush();
	await settle();
	expect(d.calls).toHaveLength(2);
});

test("what is done upon something waits until all was heard, so that a conflict is not missed", async () => {
	const d = desk();
	d.base = "$old";
	await d.outbox.add(room, { kind: "state", type: "m.room.topic", key: "", content: { topic: "mine" } }, 1);
	d.calls[0]?.fail(unreachable());
	await settle();
	d.current = false; // there is a line again, and what happened meanwhile is still on its way
	d.timers[0]?.();
	await settle();
	expect(d.calls).toHaveLength(1);
	expect(d.items()[0]?.state).toBe("waiting");
	d.base = "$theirs";
	d.current = true;
	d.outbox.flush();
	await settle();
	expect(d.items()[0]?.state).toBe("conflict");
	expect(d.calls).toHaveLength(1);
});

test("a mark of reading that the hub refuses is given up, on the page and in the worker", async () => {
	const refused = new Fault("M_FORBIDDEN", "error.not_member", {}, 403);
	const d = desk();
	await d.outbox.add(room, { kind: "read", event: "$1" as EventId, marked: false }, 1);
	const [item] = d.items();
	d.calls[0]?.fail(refused);
	await settle();
	expect(d.items()).toEqual([]);
	expect(d.kept.size).toBe(0);
	if (!item) throw new Error("nothing waited");
	expect(await Outbox.once(item, () => Promise.reject(refused))).toBe("done");
});

test("what waits can be rewritten, what is on its way cannot", async () => {
	const d = desk();
	await d.outbox.add(room, post({ body: "first" }), 1);
	const txn = d.items()[0]?.txn ?? "";
	expect(await d.outbox.rewrite(txn, post({ body: "late" }))).toBe(false);
	d.calls[0]?.fail(unreachable());
	await settle();
	expect(await d.outbox.rewrite(txn, post({ body: "second" }))).toBe(true);
	d.outbox.flush();
	await settle();
	expect(d.calls[1]?.call.params).toMatchObject({ txn_id: txn, content: { body: "second" } });
});

test("a file goes first, and what was written after it does not wait for it", async () => {
	const d = desk();
	const file = { id: "f", name: "a.jpg", type: "image/jpeg", size: 3 };
	await d.outbox.add(room, post({ body: "picture" }), 1, file);
	await d.outbox.add(room, post({ body: "words" }), 2);
	expect(d.calls.map((c) => c.call.params.content["body"])).toEqual(["words"]);
	d.calls[0]?.answer({ event_id: "$1" });
	await settle();
	const txn = d.items().find((item) => item.file)?.txn ?? "";
	await d.outbox.ready(txn, { body: "picture", url: "mxc://hub/1" });
	await settle();
	expect(d.calls[1]?.call.params).toMatchObject({ txn_id: txn, content: { url: "mxc://hub/1" } });
	expect(d.kept.get(txn)?.file).toBeUndefined();
});

test("a refused file says why, and is sent from its beginning on another try", async () => {
	const d = desk();
	await d.outbox.add(room, post({ body: "picture" }), 1, { id: "f", name: "a", type: "x", size: 3, address: "/u/1", paused: true });
	const txn = d.items()[0]?.txn ?? "";
	await d.outbox.refused(txn, new Fault("M_FORBIDDEN", "error.media_type", {}, 415));
	expect(d.items()[0]).toMatchObject({ state: "failed", error: { key: "error.media_type" } });
	await d.outbox.retry(txn);
	expect(d.items()[0]).toMatchObject({ state: "waiting", file: { id: "f", name: "a", type: "x", size: 3 } });
	expect(d.items()[0]?.file?.address).toBeUndefined();
	expect(d.calls).toHaveLength(0);
});

test("of deeds that outdo each other only the last is done, and nothing is left of it then", async () => {
	const d = desk();
	const done: Outgoing[] = [];
	let line = false;
	let items: readonly Outgoing[] = [];
	const outbox = new Outbox({
		perform: async (item) => {
			if (!line) throw unreachable();
			done.push(item);
			return {};
		},
		keep: async (item) => void d.kept.set(item.txn, item),
		drop: async (txn) => void d.kept.delete(txn),
		has: () => false,
		base: () => undefined,
		changed: (now) => {
			items = now;
		},
		later: () => undefined,
	});
	await outbox.add(own, { kind: "settings", type: "s", content: { theme: "dark" } }, 1);
	await settle();
	await outbox.add(own, { kind: "settings", type: "s", content: { theme: "light" } }, 2);
	await outbox.add(own, { kind: "name", name: "Фаррух" }, 3);
	await outbox.add(room, { kind: "join" }, 4);
	await settle();
	await outbox.add(room, { kind: "leave" }, 5);
	await settle();
	expect(items.map((item) => item.act.kind)).toEqual(["settings", "name", "leave"]);
	line = true;
	outbox.flush();
	await settle();
	expect(done.map((item) => item.act).sort((a, b) => (a.kind < b.kind ? -1 : 1))).toEqual([
		{ kind: "leave" },
		{ kind: "name", name: "Фаррух" },
		{ kind: "settings", type: "s", content: { theme: "light" } },
	]);
	expect(items).toEqual([]);
	expect(d.kept.size).toBe(0);
});

test("of two pages one sends, and the other learns of it", async () => {
	const kept = new Map<string, Outgoing>();
	const sent: string[] = [];
	let turn = Promise.resolve();
	const page = () => {
		let items: readonly Outgoing[] = [];
		const outbox = new Outbox({
			perform: async (item) => {
				sent.push(item.txn);
				return { event_id: `$${item.txn}` };
			},
			keep: async (item) => void kept.set(item.txn, item),
			drop: async (txn) => void kept.delete(txn),
			has: () => false,
			base: () => undefined,
			changed: (now) => {
				items = now;
			},
			later: () => undefined,
			inTurn: (item, work) => {
				const still = () => kept.get(item.txn)?.event === undefined && kept.has(item.txn);
				const mine = turn.then(async () => (still() ? work() : undefined));
				turn = mine.then(() => undefined);
				return mine;
			},
		});
		return { outbox, items: () => items };
	};
	const waiting = { txn: "t", room, act: post({ body: "x" }), at: 1, state: "waiting" } as const;
	kept.set("t", waiting);
	const [a, b] = [page(), page()];
	for (const one of [a, b]) one.outbox.restore([waiting]);
	await settle();
	expect(sent).toEqual(["t"]);
	const reread = () =>
		b.outbox.reread(
			async () => [...kept.values()],
			() => false,
		);
	await reread();
	expect(b.items().map((item) => item.state)).toEqual(["sent"]);
	kept.clear();
	await reread();
	expect(b.items()).toEqual([]);
});

test("what is reworded or given up while it waits for its turn goes with its new words, or not at all", async () => {
	const sent: unknown[] = [];
	const turns: (() => void)[] = [];
	const turn = async () => {
		turns.shift()?.();
		await settle();
	};
	const outbox = new Outbox({
		perform: async ({ act }) => {
			sent.push(act.kind === "send" && act.content["body"]);
			return { event_id: `$${sent.length}` };
		},
		keep: async () => undefined,
		drop: async () => undefined,
		has: () => false,
		base: () => undefined,
		changed: () => undefined,
		later: () => undefined,
		inTurn: (_item, work) => new Promise<void>((mine) => void turns.push(mine)).then(work),
	});
	const waiting = (txn: string): Outgoing => ({ txn, room, act: post({ body: "his address" }), at: 1, state: "waiting" });
	outbox.restore([waiting("reworded"), waiting("given up")]);
	const reworded = outbox.rewrite("reworded", post({ body: "no address" }));
	await settle();
	await turn();
	outbox.discard("given up");
	while (turns.length > 0) await turn();
	expect(await reworded).toBe(true);
	expect(sent).toEqual(["no address"]);
});

test("a post that is given up while it is being sent is taken back once the hub has it", async () => {
	const d = desk();
	await d.outbox.add(room, post({ body: "his address" }), 1);
	d.outbox.discard(d.items()[0]?.txn ?? "");
	expect(d.items()).toEqual([]);
	d.calls[0]?.answer({ event_id: "$1" });
	await settle();
	expect(d.calls[1]?.call).toMatchObject({ method: "redact", params: { event_id: "$1" } });
	d.calls[1]?.answer({ event_id: "$2" });
	await settle();
	await d.outbox.add(room, post({ body: "2" }), 2);
	d.log.add("$3" as EventId); // it came before its answer: that is no giving up
	d.calls[2]?.answer({ event_id: "$3" });
	await settle();
	expect(d.calls).toHaveLength(3);
});

test("a disk that is full makes nothing of what the hub has, and holds nothing up", async () => {
	const d = desk();
	await d.outbox.add(room, post({ body: "1" }), 1);
	await d.outbox.add(room, post({ body: "2" }), 2);
	d.full = true;
	d.calls[0]?.answer({ event_id: "$1" });
	await settle();
	expect(d.items().map(({ state }) => state)).toEqual(["sent", "sending"]);
	d.calls[1]?.fail(new Fault("M_FORBIDDEN", "error.not_member", {}, 403));
	await settle();
	expect(d.items().map(({ state }) => state)).toEqual(["sent", "failed"]);
	d.full = false;
	await d.outbox.add(room, post({ body: "" }), 3, { id: "f", name: "a", type: "x", size: 3 });
	d.full = true;
	await d.outbox.ready(d.items()[2]?.txn ?? "", { body: "a", url: "mxc://hub/a" }).catch(() => undefined);
	expect(d.calls[2]?.call.params.content["url"]).toBe("mxc://hub/a");
});

test("what is written while the drawer is read keeps its place, and what is sent meanwhile is not sent again", async () => {
	const d = desk();
	await d.outbox.add(room, post({ body: "1" }), 1);
	d.calls[0]?.fail(unreachable());
	await settle();
	let give = (_kept: Outgoing[]): void => undefined;
	const reading = d.outbox.reread(
		() =>
			new Promise((done) => {
				give = done;
			}),
		() => false,
	);
	const found = [...d.kept.values()];
	await d.outbox.add(room, post({ body: "2" }), 2); // kept too late to be found, and no longer unkept
	d.calls[1]?.answer({ event_id: "$1" });
	await settle();
	give(found);
	await reading;
	await settle();
	expect(d.items().map((item) => [item.act.kind === "send" && item.act.content["body"], item.state])).toEqual([
		["1", "sent"],
		["2", "sending"],
	]);
	await d.outbox.add(room, post({ body: "3" }), 3);
	d.calls[2]?.answer({ event_id: "$2" });
	await settle();
	expect(d.calls.map((c) => c.call.params.content["body"])).toEqual(["1", "1", "2", "3"]);
});

test("what is not on the disk yet is not forgotten when the drawer is read, and what was thrown away does not come back", async () => {
	const d = desk();
	await d.outbox.add(room, post({ body: "1" }), 1);
	await d.outbox.add(room, post({ body: "2" }), 2);
	d.calls[0]?.fail(unreachable());
	await settle();
	const [one, two] = d.items();
	if (!one || !two) throw new Error("nothing waits");
	await d.outbox.reread(
		async () => [two],
		(txn) => txn === one.txn,
	);
	expect(d.items().map(({ txn }) => txn)).toEqual([one.txn, two.txn]);
	await d.outbox.reread(
		async () => {
			d.outbox.discard(two.txn);
			return [one, two];
		},
		() => false,
	);
	expect(d.items().map(({ txn }) => txn)).toEqual([one.txn]);
});

test("what was done later stands later, also when the clock was set back", async () => {
	const d = desk();
	await d.outbox.add(room, post({ body: "1" }), 1_000);
	await d.outbox.add(room, post({ body: "2" }), 400);
	expect(d.items().map(({ at }) => at)).toEqual([1_000, 1_001]);
});

test("a worker sends once, and says what is to be kept of it", async () => {
	const item: Outgoing = { txn: "t", room, act: post({ body: "x" }), at: 1, state: "waiting" };
	expect(await Outbox.once(item, async () => ({ event_id: "$1" }))).toEqual({ ...item, state: "sent", event: "$1" });
	expect(await Outbox.once(item, () => Promise.reject(unreachable()))).toBe("later");
	expect(await Outbox.once(item, () => Promise.reject(new Fault("M_FORBIDDEN", "error.no_power", {}, 403)))).toMatchObject({
		state: "failed",
	});
	expect(await Outbox.once({ ...item, act: { kind: "join" } }, async () => ({}))).toBe("done");
});
