import { expect, test } from "vitest";
import { Fault, unreachable } from "../../wire/fault";
import type { RoomId } from "../../wire/ids";
import type { MediaUri, Stored } from "../../wire/media";
import type { Outgoing, Waiting } from "../outbox";
import { type Progress, Uploads } from "./uploads";

const stored: Stored = { uri: "mxc://hub/1" as MediaUri, name: "a", type: "image/jpeg", size: 10 };

function item(txn: string, file: Partial<Waiting> = {}): Outgoing {
	const act = { kind: "send" as const, type: "m.room.message", content: {} };
	return {
		txn,
		room: "!r:hub" as RoomId,
		act,
		at: 1,
		state: "waiting",
		file: { id: txn, name: "a", type: "image/jpeg", size: 10, ...file },
	};
}

/** A hub whose answers the test gives by hand. */
function desk(...items: Outgoing[]) {
	const all = new Map(items.map((one) => [one.txn, one]));
	/** What another page has seen to. */
	const taken = new Set<string>();
	const sends: {
		txn: string;
		address: string | undefined;
		signal: AbortSignal;
		done(): void;
		fail(error: unknown): void;
		placed(at: string): void;
	}[] = [];
	const said: string[] = [];
	const timers: (() => void)[] = [];
	const shown: (Progress | undefined)[] = [];
	const change = (txn: string, how: Partial<Outgoing>) => {
		const old = all.get(txn);
		if (old) all.set(txn, { ...old, ...how });
	};
	const uploads = new Uploads({
		items: () => [...all.values()],
		kept: async (txn) => (taken.has(txn) ? undefined : all.get(txn)),
		send: ({ txn }, file, events, signal) =>
			new Promise((answer, refuse) => {
				signal.addEventListener("abort", () => refuse(unreachable()));
				sends.push({ txn, address: file.address, signal, done: () => answer(stored), fail: refuse, placed: events.placed });
			}),
		placed: (txn, address) => {
			const file = all.get(txn)?.file;
			if (file) change(txn, { file: { ...file, address } });
		},
		ready: async (txn) => {
			said.push(`ready ${txn}`);
			all.delete(txn);
		},
		failed: (txn, fault) => {
			said.push(`failed ${txn} ${fault.key}`);
			change(txn, { state: "failed" });
		},
		gone: (txn) => {
			said.push(`gone ${txn}`);
			all.delete(txn);
		},
		progress: (now) => void shown.push(now),
		later: (_after, then) => void timers.push(then),
	});
	return { uploads, sends, said, timers, shown, all, taken, change };
}

const settle = () => new Promise<void>((done) => setImmediate(done));

test("files go one after another, the oldest first", async () => {
	const d = desk(item("1"), item("2"));
	d.uploads.kick();
	await settle();
	expect(d.sends).toHaveLength(0); // there is no line yet
	d.uploads.wake();
	await settle();
	expect(d.sends.map((send) => send.txn)).toEqual(["1"]);
	d.sends[0]?.done();
	await settle();
	await settle();
	expect(d.sends.map((send) => send.txn)).toEqual(["1", "2"]);
	expect(d.said).toEqual(["ready 1"]);
});

test("what the line cut goes on from where it stood", async () => {
	const d = desk(item("1"));
	d.uploads.wake();
	await settle();
	d.sends[0]?.placed("/_panah/v1/uploads/x");
	d.sends[0]?.fail(unreachable());
	await settle();
	expect(d.sends).toHaveLength(1); // not at once
	d.timers[0]?.();
	await settle();
	expect(d.sends[1]?.address).toBe("/_panah/v1/uploads/x");
	d.sends[1]?.done();
	await settle();
	expect(d.said).toEqual(["ready 1"]);
});

test("a refused file says why, and the next one goes", async () => {
	const d = desk(item("1"), item("2"));
	d.uploads.wake();
	await settle();
	d.sends[0]?.fail(new Fault("M_FORBIDDEN", "error.media_type", {}, 415));
	await settle();
	await settle();
	expect(d.said).toEqual(["failed 1 error.media_type"]);
	expect(d.sends.at(-1)?.txn).toBe("2");
});

test("a paused file lets the next one go, and goes on when it is wanted", async () => {
	const d = desk(item("1"), item("2"));
	d.uploads.wake();
	await settle();
	const file = d.all.get("1")?.file;
	if (!file) throw new Error("no file");
	d.change("1", { file: { ...file, paused: true } });
	d.uploads.kick();
	await settle();
	await settle();
	expect(d.sends[0]?.signal.aborted).toBe(true);
	expect(d.sends.at(-1)?.txn).toBe("2");
	d.sends.at(-1)?.done();
	await settle();
	await settle();
	d.change("1", { file: { ...file, paused: false } });
	d.uploads.kick();
	await settle();
	expect(d.sends.at(-1)?.txn).toBe("1");
	expect(d.said).toEqual(["ready 2"]);
});

test("without a line nothing is tried, and what was under way rests", async () => {
	const d = desk(item("1"));
	d.uploads.wake();
	await settle();
	d.uploads.hold();
	await settle();
	expect(d.sends[0]?.signal.aborted).toBe(true);
	expect(d.sends).toHaveLength(1);
	expect(d.shown.at(-1)).toBeUndefined();
	d.uploads.wake();
	await settle();
	expect(d.sends).toHaveLength(2);
});

test("what another page has sent is not sent again", async () => {
	const d = desk(item("1"));
	d.taken.add("1"); // this page still shows it, the store does not have it any more
	d.uploads.wake();
	await settle();
	expect(d.sends).toHaveLength(0);
	expect(d.said).toEqual(["gone 1"]);
});
