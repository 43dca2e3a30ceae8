// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Token, token } from "./ids";
import { Line, type LineState } from "./line";

/** A socket whose far end the test holds. */
class Socket {
	static all: Socket[] = [];
	onopen?: (() => void) | null;
	onmessage?: ((message: { data: string }) => void) | null;
	onclose?: ((close: { code: number }) => void) | null;
	closed = false;
	readonly said: { id: string; method: string }[] = [];

	constructor(readonly address: URL) {
		Socket.all.push(this);
	}

	send(text: string): void {
		this.said.push(JSON.parse(text));
	}

	close(): void {
		this.closed = true;
	}

	hear(frame: object): void {
		this.onmessage?.({ data: JSON.stringify(frame) });
	}

	/** Opens, tells a position, and answers the first question. */
	greet(next: string): void {
		this.onopen?.();
		this.hear({ next_batch: next });
		this.hear({ id: this.said[0]?.id, result: {} });
	}
}

interface Poll {
	readonly since: string | null;
	readonly signal: AbortSignal;
	answer(body: object, status?: number): void;
	fail(): void;
}

let polls: Poll[] = [];
let line: Line;
let next: Token | undefined;
let states: LineState[] = [];
let told: string[] = [];
let out = 0;

/** Every request goes unanswered until the test answers it. */
function holdFetch(address: string, { signal }: { signal: AbortSignal }): Promise<Response> {
	return new Promise((done, failed) => {
		signal.addEventListener("abort", () => failed(new Error("aborted")));
		polls.push({
			since: new URL(address, "http://hub").searchParams.get("since"),
			signal,
			answer: (body, status = 200) => done(new Response(JSON.stringify(body), { status })),
			fail: () => failed(new Error("no line")),
		});
	});
}

const socket = (n: number): Socket => Socket.all.at(n) ?? new Socket(new URL("http://none"));
const poll = (n: number): Poll => {
	const found = polls.at(n);
	if (!found) throw new Error("nothing was asked");
	return found;
};
const passes = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(async () => {
	vi.useFakeTimers();
	vi.stubGlobal("WebSocket", Socket);
	vi.stubGlobal("fetch", holdFetch);
	vi.spyOn(Math, "random").mockReturnValue(1);
	[Socket.all, polls, states, told, next, out] = [[], [], [], [], token("s0"), 0];
	line = open();
});

function open(): Line {
	return new Line({
		state: (state) => void states.push(state),
		delta: (delta) => {
			next = delta.next;
			if (delta.next !== undefined) told.push(delta.next);
		},
		barred: () => undefined,
		signedOut: () => {
			out++;
			line.close();
		},
		lost: () => {
			next = undefined;
		},
		since: () => next,
	});
}

afterEach(() => {
	line.close();
	vi.useRealTimers();
	vi.unstubAllGlobals();
	vi.restoreAllMocks();
});

test("the first picture is asked for by a request; a stream goes on from it", async () => {
	line.close();
	[Socket.all, polls, states, next] = [[], [], [], undefined];
	line = open();
	expect([states.at(-1), Socket.all.length, poll(-1).since]).toEqual(["catching", 0, null]);
	poll(-1).fail();
	await passes(500);
	poll(-1).answer({ next_batch: "s1" });
	await passes(0);
	expect([states.at(-1), told]).toEqual(["connected", ["s1"]]);
	expect(socket(-1).address.searchParams.get("since")).toBe("s1");
	socket(-1).greet("s2");
	await passes(0);
	expect(poll(-1).signal.aborted).toBe(true);
	expect(told).toEqual(["s1", "s2"]);
});

test("catches up, then is connected; comes back from where it stood", async () => {
	socket(0).onopen?.();
	expect(states).toEqual(["catching"]);
	socket(0).hear({ next_batch: "s7" });
	socket(0).hear({ id: socket(0).said[0]?.id, result: {} });
	await passes(0);
	expect(states.at(-1)).toBe("connected");
	socket(0).onclose?.({ code: 1001 });
	expect(states.at(-1)).toBe("offline");
	await passes(500);
	expect(socket(-1).address.searchParams.get("since")).toBe("s7");
});

test("a line that brings something each time before it breaks is tried again soon, however often it breaks", async () => {
	socket(0).greet("s1");
	for (let n = 0; n < 8; n++) {
		const breaks = socket(n);
		if (n > 0) {
			breaks.onopen?.();
			breaks.hear({ next_batch: `s${n + 1}` }); // and breaks before it has answered that this was all
		}
		breaks.onclose?.({ code: 1006 });
		await passes(500);
		expect(Socket.all).toHaveLength(n + 2);
	}
});

test("a stream that was too slow comes back at once, one that was signed out never", async () => {
	socket(0).greet("s1");
	await passes(0);
	socket(0).onclose?.({ code: 4008 });
	await passes(0);
	expect(Socket.all).toHaveLength(2);
	socket(1).greet("s2");
	socket(1).onclose?.({ code: 4001 });
	await passes(120_000);
	expect([out, Socket.all.length]).toEqual([1, 2]);
});

test("silence for a minute is the end of a stream", async () => {
	socket(0).greet("s1");
	await passes(59_000);
	expect(socket(0).closed).toBe(false);
	await passes(1_500);
	expect(socket(0).closed).toBe(true);
	expect(Socket.all).toHaveLength(2);
});

test("a stream that says nothing while something was asked is given up after twenty seconds, and one that says something is not", async () => {
	socket(0).greet("s1");
	const failed = vi.fn();
	void line.call({ method: "ping", params: {} }).catch(failed);
	await passes(19_000);
	socket(0).hear({ next_batch: "s2" });
	await passes(19_000);
	expect(socket(0).closed).toBe(false);
	await passes(1_000);
	expect(socket(0).closed).toBe(true);
	expect(failed).toHaveBeenCalledOnce();
	await passes(500);
	socket(1).greet("s2");
	await passes(59_000);
	expect(socket(1).closed).toBe(false); // nothing was asked
});

test("the phone's word does not open a second stream beside one that is opening", async () => {
	dispatchEvent(new Event("online"));
	dispatchEvent(new Event("online"));
	expect(Socket.all.filter((s) => !s.closed)).toHaveLength(1);
	socket(-1).greet("s1");
	socket(0).greet("s9"); // has nothing to say any more
	await passes(0);
	expect(told).toEqual(["s1"]);
	expect(Socket.all.filter((s) => !s.closed)).toHaveLength(1);
});

test("a stream that says nothing after the phone's word is given up soon", async () => {
	socket(0).greet("s1");
	await passes(0);
	dispatchEvent(new Event("offline"));
	dispatchEvent(new Event("online"));
	await passes(10_500);
	expect(socket(0).closed).toBe(true);
	expect(Socket.all.length).toBeGreaterThan(1);
});

test("a change that cannot be taken in is asked for again, not passed over", async () => {
	socket(0).greet("s1");
	await passes(0);
	expect(() => socket(0).hear({ next_batch: 7 })).toThrow();
	expect(socket(0).closed).toBe(true);
	await passes(500);
	expect(socket(-1).address.searchParams.get("since")).toBe("s1");
});

/** Two openings are refused. */
async function refused(): Promise<void> {
	socket(-1).onclose?.({ code: 1006 });
	await passes(500);
	socket(-1).onclose?.({ code: 1006 });
	await passes(0);
}

test("without sockets it polls from the same position, and tries the socket again beside it", async () => {
	await refused();
	poll(-1).answer({ next_batch: "s3" });
	await passes(0);
	expect(states.at(-1)).toBe("connected");
	expect(poll(-1).since).toBe("s3");
	expect(Socket.all).toHaveLength(3); // the hub is there: perhaps it only was not before
	socket(2).onclose?.({ code: 1006 });
	const before = states.length;
	for (let n = 4; Socket.all.length < 4 && n < 20; n++) {
		await passes(29_000);
		poll(-1).answer({ next_batch: `s${n}` });
		await passes(0);
	}
	expect(Socket.all).toHaveLength(4);
	expect(new Set(states.slice(before))).toEqual(new Set(["connected"])); // nobody noticed
	socket(3).greet("s20");
	await passes(0);
	expect(poll(-1).signal.aborted).toBe(true);
	const asked = polls.length;
	await passes(55_000);
	expect(polls).toHaveLength(asked);
	expect(told.at(-1)).toBe("s20");
});

test("an opening that hangs is not waited for", async () => {
	await passes(6_500);
	expect(polls).toHaveLength(1);
	poll(0).answer({ next_batch: "s2" });
	await passes(0);
	expect(states.at(-1)).toBe("connected");
	socket(0).greet("s3");
	await passes(0);
	expect(poll(-1).signal.aborted).toBe(true);
	expect(told).toEqual(["s2", "s3"]);
});

test("polling ends the session when the hub knows it no more", async () => {
	await refused();
	poll(-1).answer({ errcode: "M_MISSING_TOKEN" }, 401);
	await passes(0);
	expect(out).toBe(1);
});

test("a position that the hub does not know is given up, and all is read anew", async () => {
	next = token("s999");
	await refused();
	expect(poll(-1).since).toBe("s999");
	poll(-1).answer({ errcode: "M_UNKNOWN_POS" }, 400);
	await passes(1_000);
	expect(poll(-1).since).toBeNull();
});

test("the phone's word wakes a poll that hangs on a dead line", async () => {
	await refused();
	poll(-1).answer({ next_batch: "s3" });
	await passes(0);
	socket(-1).onclose?.({ code: 1006 });
	const hanging = poll(-1);
	dispatchEvent(new Event("offline"));
	dispatchEvent(new Event("online"));
	await passes(0);
	expect(hanging.signal.aborted).toBe(true);
	poll(-1).answer({ next_batch: "s4" });
	await passes(0);
	expect(states.at(-1)).toBe("connected");
});

test("calls go over HTTP while no stream is open", async () => {
	const sent = line.call({ method: "send", params: { room_id: "!r:hub", type: "m.room.message", txn_id: "t", content: {} } });
	poll(-1).answer({ event_id: "$1" });
	expect(await sent).toEqual({ event_id: "$1" });
});
