import { Backoff } from "../../wire/backoff";
import { Fault } from "../../wire/fault";
import type { Stored } from "../../wire/media";
import type { Outgoing, Waiting } from "../outbox";

/** How far the file that goes out now has come. */
export interface Progress {
	readonly txn: string;
	/** Bytes that have gone. */
	readonly sent: number;
}

/** What the sending of files needs of the world. */
export interface UploadsPort {
	/** All that waits, oldest first. */
	items(): readonly Outgoing[];
	/** One of them as it is kept: another page of the same person may have gone on with it. Undefined when it is sent or given up. */
	kept(txn: string): Promise<Outgoing | undefined>;
	/** Sends a file from where it stands until the hub has it. */
	send(
		item: Outgoing,
		file: Waiting,
		events: { placed(address: string): void; sent(bytes: number): void },
		signal: AbortSignal,
	): Promise<Stored>;
	/** Where the file stands on the hub from now on. */
	placed(txn: string, address: string): void;
	/** The hub has the file: now its post can go. */
	ready(txn: string, stored: Stored): Promise<void>;
	failed(txn: string, fault: Fault): void;
	/** Another page has seen to it. */
	gone(txn: string): void;
	progress(now: Progress | undefined): void;
	later(after: number, then: () => void): void;
}

/** One page at a time sends files: two would send the same bytes twice. */
const oneAtATime = "panah.uploads";

/** Sends files one after another, the oldest first: on a thin line two at once would both be late. */
export class Uploads {
	private current: { readonly txn: string; readonly stop: AbortController } | undefined;
	private resting = false;
	/** Without a line there is nothing to try. */
	private held = true;
	private readonly backoff = new Backoff();

	constructor(private readonly port: UploadsPort) {}

	/** Something changed: a file came, was paused, or the line is there. */
	kick(): void {
		const now = this.current && this.port.items().find((item) => item.txn === this.current?.txn);
		if (this.current && !goes(now)) this.current.stop.abort();
		if (this.current || this.resting || this.held) return;
		const next = this.port.items().find(goes);
		if (next) void this.run(next);
	}

	/** The line is there again: no more waiting. */
	wake(): void {
		this.held = false;
		this.resting = false;
		this.backoff.reset();
		this.kick();
	}

	/** The line is gone, or the page is about to be. What has arrived is not sent again. */
	hold(): void {
		this.held = true;
		this.current?.stop.abort();
	}

	private async run({ txn }: Outgoing): Promise<void> {
		const stop = new AbortController();
		this.current = { txn, stop };
		try {
			await alone(stop.signal, () => this.send(txn, stop.signal));
			this.backoff.reset();
		} catch (error) {
			if (!stop.signal.aborted) this.fell(txn, error);
		} finally {
			this.current = undefined;
			this.port.progress(undefined);
		}
		this.kick();
	}

	private async send(txn: string, signal: AbortSignal): Promise<void> {
		const item = await this.port.kept(txn);
		if (!item?.file) return this.port.gone(txn);
		this.port.progress({ txn, sent: 0 });
		const events = {
			placed: (address: string) => this.port.placed(txn, address),
			sent: (bytes: number) => !signal.aborted && this.port.progress({ txn, sent: bytes }),
		};
		await this.port.ready(txn, await this.port.send(item, item.file, events, signal));
	}

	private fell(txn: string, error: unknown): void {
		if (!(error instanceof Fault)) {
			this.rest(this.backoff.next()); // a mistake of ours is seen, and does not turn in circles
			throw error;
		}
		if (!error.passing) return this.port.failed(txn, error);
		this.rest(error.retryAfter ?? this.backoff.next());
	}

	private rest(after: number): void {
		this.resting = true;
		this.port.later(after, () => {
			this.resting = false;
			this.kick();
		});
	}
}

/** Whether a file is to go out. */
function goes(item: Outgoing | undefined): boolean {
	return item?.file !== undefined && item.state === "waiting" && item.file.paused !== true;
}

/** Where the browser has locks, no other page of ours does the same meanwhile. */
async function alone(signal: AbortSignal, act: () => Promise<void>): Promise<void> {
	const locks: LockManager | undefined = globalThis.navigator?.locks;
	await (locks ? locks.request(oneAtATime, { signal }, act) : act());
}
