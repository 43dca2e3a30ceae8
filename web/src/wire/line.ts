import { Backoff } from "./backoff";
import { type Json, object } from "./decode";
import { Fault, unreachable } from "./fault";
import type { Call } from "./frame";
import { nothing, path, request } from "./http";
import type { Token } from "./ids";
import { type End, Stream } from "./stream";
import { catchUp, type Delta, decodeDelta } from "./sync";

/** The truth about the line. */
export type LineState = "connected" | "catching" | "offline";

export interface LineEvents {
	state(state: LineState): void;
	/** Takes a change in. What it keeps decides where the next resumption begins, so it must be kept before this returns. */
	delta(delta: Delta): void;
	signedOut(): void;
	/** The person must set a second key up before the hub lets them do anything. */
	barred(): void;
	/** The hub does not know the position: whatever was kept is forgotten, and the next resumption begins anew. */
	lost(): void;
	/** Where to resume from. */
	since(): Token | undefined;
}

/** So many openings must fail in a row before the line is carried by long-polling. */
const failuresBeforePolling = 2;
/** While polling, the socket is tried again so often. */
const retrySocket = 5 * 60_000;
/** An opening that takes longer is not waited for: polling carries the line meanwhile. */
const slowOpening = 6_000;
const pollFor = 30_000;

/**
 * The line to the hub: the stream where it can be had, else /sync with the same token; whoever uses it does not see which.
 * It comes back by itself until it is closed.
 */
export class Line {
	private stream: Stream | undefined;
	private polling: AbortController | undefined;
	private timer: ReturnType<typeof setTimeout> | undefined;
	private socketAt = 0;
	private failures = 0;
	private closed = false;
	private readonly backoff = new Backoff();
	private readonly wake = () => this.soon();
	private readonly sleep = () => this.events.state("offline");

	constructor(private readonly events: LineEvents) {
		addEventListener("online", this.wake);
		addEventListener("offline", this.sleep);
		this.connect();
	}

	close(): void {
		this.closed = true;
		removeEventListener("online", this.wake);
		removeEventListener("offline", this.sleep);
		clearTimeout(this.timer);
		this.stopPolling();
		this.stream?.close();
	}

	/** Calls a method over the stream, or what does the same over HTTP. */
	async call(call: Call): Promise<Json> {
		if (this.stream?.usable) return this.stream.call(call);
		return overHttp(call);
	}

	/** Tries at once: the phone says that there is a line again. */
	private soon(): void {
		if (this.stream?.usable) {
			this.events.state("catching");
			this.stream.doubt(); // the phone may have come back to another network, where the stream is dead
			return this.ask(this.stream);
		}
		this.stopPolling();
		this.backoff.reset();
		this.connect();
	}

	private connect(): void {
		clearTimeout(this.timer);
		if (this.closed) return;
		const since = this.events.since();
		if (since === undefined) this.begin();
		else if (this.failures >= failuresBeforePolling) void this.poll();
		else this.openStream(since);
	}

	/** The first picture comes by a request: on the connection that is open already it takes one round trip, a socket of its own three. */
	private begin(): void {
		this.events.state("catching");
		void this.poll();
	}

	/** Opens a stream in the place of one that is not open yet. While it opens, polling may carry the line. */
	private openStream(since: Token): void {
		const earlier = this.stream;
		this.stream = undefined;
		earlier?.close();
		this.socketAt = Date.now() + retrySocket;
		const stream = new Stream(since, {
			opened: () => this.streamOpened(stream),
			delta: (delta) => {
				this.backoff.reset(); // a line that brings something before it breaks is worth trying again soon
				this.events.delta(delta);
			},
			ended: (why) => {
				if (this.stream === stream) this.streamEnded(why);
			},
		});
		this.stream = stream;
		if (this.polling) return;
		this.events.state(navigator.onLine ? "catching" : "offline");
		clearTimeout(this.timer);
		this.timer = setTimeout(() => void this.poll(), slowOpening);
	}

	private streamOpened(stream: Stream): void {
		clearTimeout(this.timer);
		this.stopPolling();
		this.failures = 0;
		this.ask(stream);
	}

	/** What was missed is sent before the answer to this, so the answer means: caught up. */
	private ask(stream: Stream): void {
		stream.call({ method: "ping", params: {} }).then(
			() => this.settled(),
			() => undefined, // the stream's end says more
		);
	}

	private settled(): void {
		this.backoff.reset();
		this.events.state("connected");
	}

	private streamEnded(why: End): void {
		this.stream = undefined;
		if (this.closed) return;
		if (why === "signed out") return this.events.signedOut();
		if (why === "never opened") this.failures++;
		if (this.polling) return;
		this.events.state("offline");
		this.retry(why === "too slow" || this.failures === failuresBeforePolling ? 0 : this.backoff.next());
	}

	private retry(after: number): void {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.connect(), after);
	}

	private stopPolling(): void {
		this.polling?.abort();
		this.polling = undefined;
	}

	/** Long-polls until the line breaks or a stream is open. */
	private async poll(): Promise<void> {
		this.stopPolling();
		const stop = new AbortController();
		this.polling = stop;
		try {
			for (let wait = 0; !stop.signal.aborted; wait = pollFor) {
				const delta = await sync(this.events.since(), wait, stop.signal);
				if (!stop.signal.aborted) this.polled(delta, wait === 0);
			}
		} catch (error) {
			if (!stop.signal.aborted) this.pollFailed(error);
		}
	}

	/** The first answer says that the hub is there: the socket may have been refused only because it was not. */
	private polled(delta: Delta, first: boolean): void {
		this.events.delta(delta);
		this.settled();
		const since = this.events.since();
		if (since !== undefined && !this.stream && (first || Date.now() >= this.socketAt)) this.openStream(since);
	}

	private pollFailed(error: unknown): void {
		this.polling = undefined;
		if (this.closed) return;
		if (error instanceof Fault && error.status === 401) return this.events.signedOut();
		if (error instanceof Fault && error.key === "error.second_factor_needed") return this.events.barred();
		if (error instanceof Fault && error.errcode === "M_UNKNOWN_POS") this.events.lost();
		this.events.state("offline");
		this.retry(error instanceof Fault && error.retryAfter !== undefined ? error.retryAfter : this.backoff.next());
	}
}

function sync(since: Token | undefined, wait: number, signal: AbortSignal): Promise<Delta> {
	const query = { since, timeout: String(wait), ...(since !== undefined && { filter: catchUp }) };
	return request("GET", "/_matrix/client/v3/sync", decodeDelta, { query, signal, timeout: wait + 60_000 });
}

/** The same calls by Matrix's own endpoints. */
export async function overHttp({ method, params: p }: Call): Promise<Json> {
	switch (method) {
		case "send":
			return request("PUT", path`/_matrix/client/v3/rooms/${p.room_id}/send/${p.type}/${p.txn_id}`, object, { body: p.content });
		case "state":
			return request("PUT", path`/_matrix/client/v3/rooms/${p.room_id}/state/${p.type}/${p.state_key}`, object, { body: p.content });
		case "redact":
			return request("PUT", path`/_matrix/client/v3/rooms/${p.room_id}/redact/${p.event_id}/${p.txn_id}`, object, {
				body: p.reason === undefined ? {} : { reason: p.reason },
			});
		case "read_markers": {
			const { room_id, ...body } = p;
			return request("POST", path`/_matrix/client/v3/rooms/${room_id}/read_markers`, object, { body });
		}
		case "ping":
			await request("GET", "/_matrix/client/versions", nothing);
			return {};
		case "typing":
		case "presence":
			return {}; // not worth a request of its own on a line that is cut down to polling
		default:
			throw unreachable();
	}
}
