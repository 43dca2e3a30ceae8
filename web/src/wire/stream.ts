import type { Json } from "./decode";
import { type Fault, unreachable } from "./fault";
import { type Call, decodeFrame, encodeCall, type Frame } from "./frame";
import type { Token } from "./ids";
import { countLine } from "./meter";
import { catchUp } from "./sync";
import type { Delta } from "./sync";

/** Why a stream ended. */
export type End = "never opened" | "cut" | "signed out" | "too slow";

export interface StreamEvents {
	opened(): void;
	delta(delta: Delta): void;
	/** Called once; nothing comes after it. */
	ended(why: End): void;
}

/** A stream that is silent for so long is dead; the hub says something every 25 s. */
const silence = 60_000;
/** A stream that says nothing at all for so long while something was asked is dead: whoever wrote need not wait a minute to see it sent. */
const unanswered = 20_000;
/** How long a stream that is doubted has to say something. */
const doubted = 10_000;
/** How long opening may take on a slow line. */
const opening = 20_000;

/** One websocket to the hub, from opening to end; see docs/stream.md. */
export class Stream {
	private readonly socket: WebSocket;
	private readonly waiting = new Map<string, { done(result: Json): void; failed(fault: Fault): void }>();
	private watch: ReturnType<typeof setTimeout>;
	/** Until when something must be heard, Unix milliseconds. */
	private deadline = 0;
	private calls = 0;
	private isOpen = false;
	private over = false;

	constructor(
		since: Token,
		private readonly events: StreamEvents,
	) {
		const address = new URL("/_panah/v1/stream", location.href);
		address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
		address.search = `?${new URLSearchParams({ since, filter: catchUp })}`;
		this.socket = new WebSocket(address, "m.json");
		this.watch = setTimeout(() => this.end("never opened"), opening);
		this.socket.onopen = () => this.open();
		this.socket.onmessage = (message) => this.hear(String(message.data));
		this.socket.onclose = (close) => this.end(reason(close.code, this.isOpen));
	}

	get usable(): boolean {
		return this.isOpen && !this.over;
	}

	/** Calls a method; fails with a Fault, also when the line breaks before the answer. */
	call(call: Call): Promise<Json> {
		if (!this.usable) return Promise.reject(unreachable());
		const id = String(++this.calls);
		return new Promise((done, failed) => {
			if (this.waiting.size === 0 && this.deadline > Date.now() + unanswered) this.listen(unanswered);
			this.waiting.set(id, { done, failed });
			const text = encodeCall(id, call);
			countLine(text.length);
			this.socket.send(text);
		});
	}

	close(): void {
		this.end("cut");
	}

	/** The line may have gone without a word: unless something is heard soon, the stream is dead. */
	doubt(): void {
		this.listen(doubted);
	}

	private open(): void {
		this.isOpen = true;
		this.listen();
		this.events.opened();
	}

	private listen(patience = this.waiting.size > 0 ? unanswered : silence): void {
		if (this.over) return;
		clearTimeout(this.watch);
		this.deadline = Date.now() + patience;
		this.watch = setTimeout(() => this.end("cut"), patience);
	}

	private hear(text: string): void {
		if (this.over) return;
		countLine(text.length);
		try {
			this.understand(decodeFrame(text));
			this.listen();
		} catch (error) {
			this.end("cut"); // to go on after a change that was not taken in would leave a hole
			throw error;
		}
	}

	private understand(frame: Frame): void {
		if (frame.kind === "delta") return this.events.delta(frame.delta);
		const call = frame.id === undefined ? undefined : this.waiting.get(frame.id);
		if (frame.id !== undefined) this.waiting.delete(frame.id);
		if (frame.kind === "result") call?.done(frame.result);
		else call?.failed(frame.fault);
	}

	private end(why: End): void {
		if (this.over) return;
		this.over = true;
		clearTimeout(this.watch);
		this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
		this.socket.close();
		for (const call of this.waiting.values()) call.failed(unreachable());
		this.waiting.clear();
		this.events.ended(why);
	}
}

function reason(code: number, wasOpen: boolean): End {
	if (code === 4001) return "signed out";
	if (code === 4008) return "too slow";
	return wasOpen ? "cut" : "never opened";
}
