import { Backoff } from "./backoff";
import { type Json, object } from "./decode";
import { Fault, unreachable } from "./fault";
import type { Call } from "./frame";
import { nothing, path, request } from "./http";
import type { Token } from "./ids";
import { type End, Stream } from "./stream";
import { type Delta, decodeDelta } from "./sync";

/** The truth about the line. */
export type LineState = "connected" | "catching" | "offline";

export interface LineEvents {
	state(state: LineState): void;
	/** Takes a change in. What it keeps decides where the next resumption begins, so it must be kept before this returns. */
	delta(delta: Delta): void;
	signedOut(): void;
	/** Where to resume from. */
	since(): Token | undefined;
}

/** So many openings must fail in a row before the line is carried by long-polling. */
const failuresBeforePolling = 2;
/** While polling, the socket is tried again so often. */
const retrySocket = 5 * 60_000;
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
		this.polling?.abort();
		this.stream?.close();
	}

	/** Calls a method over the stream, or what does the same over HTTP. */
	async call(call: Call): Promise<Json> {
		if (this.stream?.usable) return this.stream.call(call);
		return overHttp(call);
	}

	/** Tries at once: the phone says that there is a line again. */
	private soon(): void {
		if (this.polling) return;
		if (this.stream?.usable) {
			this.events.state("catching");
			return this.ask(this.stream); // the phone lost the line for a moment, the stream did not
		}
		clearTimeout(this.timer);
		this.backoff.reset();
		this.connect();
	}

	private connect(): void {
		if (this.closed) return;
		const poll = this.failures >= failuresBeforePolling && Date.now() < this.socketAt;
		if (poll) void this.poll();
		else this.openStream();
	}

	private openStream(): void {
		this.socketAt = Date.now() + retrySocket;
		this.events.state(this.events.since() === undefined || navigator.onLine ? "catching" : "offline");
		const stream = new Stream(this.events.since(), {
			opened: () => {
				this.failures = 0;
				this.ask(stream);
			},
			delta: (delta) => this.events.delta(delta),
			ended: (why) => this.streamEnded(why),
		});
		this.stream = stream;
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
		this.events.state("offline");
		this.retry(why === "too slow" || this.failures === failuresBeforePolling ? 0 : this.backoff.next());
	}

	private retry(after: number): void {
		clearTimeout(this.timer);
		this.timer = setTimeout(() => this.connect(), after);
	}

	/** Long-polls until the line breaks or it is time to try the socket again. */
	private async poll(): Promise<void> {
		const stop = new AbortController();
		this.polling = stop;
		try {
			for (let wait = 0; !stop.signal.aborted && Date.now() < this.socketAt; wait = pollFor) {
				this.events.delta(await sync(this.events.since(), wait, stop.signal));
				this.settled();
			}
			this.retry(0);
		} catch (error) {
			this.pollFailed(error);
		} finally {
			this.polling = undefined;
		}
	}

	private pollFailed(error: unknown): void {
		if (this.closed) return;
		if (error instanceof Fault && error.errcode === "M_UNKNOWN_TOKEN") return this.events.signedOut();
		this.events.state("offline");
		this.retry(error instanceof Fault && error.retryAfter !== undefined ? error.retryAfter : this.backoff.next());
	}
}

function sync(since: Token | undefined, wait: number, signal: AbortSignal): Promise<Delta> {
	const query = { since, timeout: String(wait) };
	return request("GET", "/_matrix/client/v3/sync", decodeDelta, { query, signal, timeout: wait + 60_000 });
}

/** The same calls by Matrix's own endpoints. */
async function overHttp({ method, params: p }: Call): Promise<Json> {
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
