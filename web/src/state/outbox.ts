import { Backoff } from "../wire/backoff";
import { type Json, string } from "../wire/decode";
import { Fault } from "../wire/fault";
import { type EventId, eventId, freshTxn, type RoomId, type UserId } from "../wire/ids";

/** What someone did: said something, took something back, changed what a room is, or something of their own. */
export type Act =
	| { readonly kind: "send"; readonly type: string; readonly content: Json }
	| { readonly kind: "redact"; readonly event: EventId }
	| { readonly kind: "state"; readonly type: string; readonly key: string; readonly content: Json }
	| Deed;

/** What leaves no event of its own in a room. Doing it twice is doing it once. `marked`: it was marked as unread as well. */
export type Deed =
	| { readonly kind: "read"; readonly event: EventId; readonly marked: boolean }
	| { readonly kind: "unread" }
	| { readonly kind: "mute"; readonly muted: boolean }
	| { readonly kind: "join"; readonly via?: string }
	| { readonly kind: "leave" }
	| { readonly kind: "invite"; readonly user: UserId }
	| { readonly kind: "settings"; readonly type: string; readonly content: Json }
	| { readonly kind: "name"; readonly name: string }
	| { readonly kind: "answer"; readonly alert: EventId; readonly reply: Reply }
	/** What an alert's free text is in another language. `event` is the version that it was made from. */
	| { readonly kind: "translation"; readonly event: string; readonly language: string; readonly text: string; readonly confirmed?: readonly string[] }
	/** An alert to a path of the hub; `draft` is what it was made from, to be opened again where the hub refuses it. */
	| { readonly kind: "alert"; readonly door: string; readonly wish: Json; readonly draft: string }
	/** Something about places, to a path of the hub; `draft` is what an asking was made from, or "". */
	| { readonly kind: "place"; readonly door: string; readonly wish: Json; readonly draft: string };

/** What somebody answers to an alert; the last answer stands. */
export interface Reply {
	readonly answer: "seen" | "can_act" | "cannot" | "done";
	/** The code of why one cannot. */
	readonly why?: string;
	/** Nobody of the organisation can. */
	readonly whole?: boolean;
	readonly note?: string;
	/** Kinds of findings in the note that were asked about and stay. */
	readonly confirmed?: readonly string[];
}

/** Where deeds stand that belong to no room. */
export const own = "" as RoomId;

const deeds: ReadonlySet<Act["kind"]> = new Set(["read", "unread", "mute", "join", "leave", "invite", "settings", "name", "answer", "alert", "translation", "place"]);

export const isDeed = (act: Act): act is Deed => deeds.has(act.kind);

/** Whether an act is one that nobody looks at while it waits, or misses where the hub refuses it. */
export const quiet = (act: Act): boolean => act.kind === "read" || act.kind === "unread";

/** Whether a later act makes an earlier one needless, so that only the later one is done. */
function outdoes(later: Act, earlier: Act): boolean {
	switch (later.kind) {
		case "state":
			return earlier.kind === "state" && earlier.type === later.type && earlier.key === later.key;
		case "settings":
			return earlier.kind === "settings" && earlier.type === later.type;
		case "join":
		case "leave":
			return earlier.kind === "join" || earlier.kind === "leave";
		case "read":
		case "unread":
			return earlier.kind === "read" || earlier.kind === "unread";
		case "answer":
			return earlier.kind === "answer" && earlier.alert === later.alert;
		case "translation":
			return earlier.kind === "translation" && earlier.event === later.event && earlier.language === later.language;
		case "mute":
		case "name":
			return earlier.kind === later.kind;
		default:
			return false;
	}
}

/** A file that goes to the hub before the post that shows it. */
export interface Waiting {
	/** Its place among the files of this device. */
	readonly id: string;
	readonly name: string;
	readonly type: string;
	readonly size: number;
	/** Where it stands on the hub, once that has made a place for it. */
	readonly address?: string;
	readonly paused?: boolean;
	/** This device could not keep it: it goes with the page. */
	readonly fleeting?: boolean;
}

/** What a person did, until the hub has it. */
export interface Outgoing {
	/** The transaction id: sending it again is harmless. */
	readonly txn: string;
	readonly room: RoomId;
	readonly act: Act;
	/** When it was done, Unix milliseconds; later than what was done before it in the same room, also where the clock was set back. */
	readonly at: number;
	readonly state: "waiting" | "sending" | "sent" | "failed" | "conflict";
	/** What it was done upon. When something else stands there by the time it could be sent, it is a conflict, and the person decides. */
	readonly base?: string;
	/** The file without which it cannot be sent yet. What was written after it does not wait for it. */
	readonly file?: Waiting;
	/** This device had no room to keep it: it goes with the page. */
	readonly fleeting?: boolean;
	/** The id that the hub answered with. */
	readonly event?: EventId;
	/** Why it failed, as a key of the catalogs. */
	readonly error?: { readonly key: string; readonly args: Readonly<Record<string, string | number>> };
}

/** What the outbox needs of the world. */
export interface OutboxPort {
	/** Does it at the hub; gives what the hub answered. */
	perform(item: Outgoing): Promise<Json>;
	keep(item: Outgoing): Promise<void>;
	drop(txn: string): Promise<void>;
	/** Whether the log, as it is known here, has the event. */
	has(room: RoomId, event: EventId): boolean;
	/** What an act would be done upon now; undefined when it does not matter. */
	base(room: RoomId, act: Act): string | undefined;
	/** Whether all that the hub has is known here. Until then what an act is done upon may have been changed by others. */
	current?(): boolean;
	/** Shows the outbox as it stands now. */
	changed(items: readonly Outgoing[]): void;
	/** Calls back after so many milliseconds. */
	later(after: number, then: () => void): void;
	/**
	 * Does the work while no other page or worker does any in the same room, and only if the thing still waits: gives undefined where
	 * another one has done it or thrown it away.
	 */
	inTurn?<T>(item: Outgoing, work: () => Promise<T>): Promise<T | undefined>;
}

/** How it went with one act: the hub has answered; it is tried later; or it waits until this page has heard all that the hub has. */
export type Went = "on" | "later" | "unheard";

/** As which event something was sent, and with which words. */
export interface Sent {
	readonly event: EventId;
	readonly act: Act;
}

/** Sends what was written, in order within each room, until the hub has answered. */
export class Outbox {
	private items: readonly Outgoing[] = [];
	private readonly busy = new Set<RoomId>();
	/** What this page did itself: a later act of the same hand upon it is no conflict. */
	private readonly own = new Set<string>();
	/** As what something was sent while this page is open. */
	private readonly left = new Map<string, Sent>();
	/** What was given up while it was being sent. */
	private readonly regretted = new Set<string>();
	private readonly backoff = new Backoff();

	constructor(private readonly port: OutboxPort) {}

	/** Takes up what an earlier page left behind. */
	restore(items: readonly Outgoing[]): void {
		const left = items.filter((item) => item.event === undefined || !this.port.has(item.room, item.event));
		const waiting = left.map((item) => (item.state === "sending" ? { ...item, state: "waiting" as const } : item));
		this.show([...waiting].sort((a, b) => a.at - b.at));
		for (const item of items) if (!left.includes(item)) void this.port.drop(item.txn);
		this.flush();
	}

	/** Whoever did all this is gone from this page: nothing of it goes out from here any more. What is kept stays. */
	leave(): void {
		this.show([]);
	}

	/**
	 * Keeps what was done, then sends it, also from a device that has no room to keep it; that says so. It is safe once the promise is
	 * fulfilled, unless it says so.
	 */
	async add(room: RoomId, act: Act, at: number, file?: Waiting): Promise<void> {
		const base = this.port.base(room, act);
		const after = Math.max(at, ...this.items.filter((other) => other.room === room).map((other) => other.at + 1));
		const item: Outgoing = {
			txn: freshTxn(),
			room,
			act,
			at: after,
			state: "waiting",
			...(base !== undefined && { base }),
			...(file && { file }),
		};
		this.outdone(item);
		this.show([...this.items, item]);
		try {
			await this.port.keep(item);
		} catch (error) {
			if (!(error instanceof DOMException)) throw error;
			this.show(this.items.map((one) => (one.txn === item.txn ? { ...one, fleeting: true } : one)));
		} finally {
			void this.flushRoom(room);
		}
	}

	/** Something was done that makes what waits needless. */
	outdone({ room, act }: Pick<Outgoing, "room" | "act">): void {
		const waits = (item: Outgoing) => item.state === "waiting" || item.state === "failed" || item.state === "conflict";
		for (const item of this.items) if (item.room === room && waits(item) && outdoes(act, item.act)) this.drop(item.txn);
	}

	/**
	 * Another page or worker has changed what is kept: it counts, but for what this page is sending just now, has not kept yet, or has
	 * changed while it read. A post that were forgotten here for a moment would be sent after the ones that follow it.
	 */
	async reread(read: () => Promise<readonly Outgoing[] | undefined>, unkept: (txn: string) => boolean): Promise<void> {
		const before = new Map(this.items.map((item) => [item.txn, item]));
		const fleeting = new Set(this.items.filter(({ txn }) => unkept(txn)).map(({ txn }) => txn));
		const kept = await read();
		if (!kept) return;
		for (const { txn, event, act } of kept) if (event !== undefined) this.left.set(txn, { event, act });
		const now = new Map(this.items.map((item) => [item.txn, item]));
		const known = new Set(kept.map(({ txn }) => txn));
		const ours = (item: Outgoing) => item.state === "sending" || before.get(item.txn) !== item || fleeting.has(item.txn) || unkept(item.txn);
		const fresh = kept
			.filter(({ txn, room, event }) => (now.has(txn) || !before.has(txn)) && !(event !== undefined && this.port.has(room, event)))
			.map((item) => {
				const own = now.get(item.txn);
				return own && ours(own) ? own : item;
			});
		const apart = this.items.filter((item) => !known.has(item.txn) && ours(item));
		this.show([...fresh, ...apart].sort((a, b) => a.at - b.at));
		this.flush();
	}

	/**
	 * Tries again what failed, and what conflicts as it is now: upon what stands there by now. That is kept like what was written: a page
	 * that hears of another one's doings before it is sent would find it refused as before, and the worker would never send it.
	 */
	async retry(txn: string): Promise<void> {
		const item = this.items.find((i) => i.txn === txn);
		if (!item) return;
		const { error: _gone, base: _old, file, ...rest } = item;
		const base = this.port.base(item.room, item.act);
		const again: Outgoing = { ...rest, state: "waiting", ...(base !== undefined && { base }), ...(file && { file: anew(file) }) };
		this.replace(again);
		try {
			await this.port.keep(again);
		} finally {
			void this.flushRoom(item.room);
		}
	}

	/**
	 * Changes what has not left yet, at once for what this page sends. Another one or the worker may be sending it with its earlier words just
	 * now, so it is kept in its turn, if it still waits then. False when it was too late.
	 */
	async rewrite(txn: string, act: Act): Promise<boolean> {
		const item = this.reword(txn, act) ?? this.items.find((i) => i.txn === txn);
		if (!item) return false;
		const keep = async () => {
			const changed = this.reword(txn, act);
			if (changed) await this.port.keep(changed);
			return changed !== undefined;
		};
		const done = await (this.port.inTurn ? this.port.inTurn(item, keep) : keep());
		return done || this.left.get(txn)?.act === act;
	}

	private reword(txn: string, act: Act): Outgoing | undefined {
		const item = this.items.find((i) => i.txn === txn);
		if (!item || item.state === "sending" || item.state === "sent") return undefined;
		const changed: Outgoing = { ...item, act };
		this.replace(changed);
		return changed;
	}

	/** As what something was sent, as far as this page has heard. */
	sentAs(txn: string): Sent | undefined {
		return this.left.get(txn);
	}

	/** Notes how a file stands that goes before its post. */
	async file(txn: string, change: (file: Waiting) => Waiting): Promise<void> {
		const item = this.items.find((i) => i.txn === txn);
		if (!item?.file) return;
		const changed: Outgoing = { ...item, file: change(item.file) };
		this.replace(changed);
		await this.port.keep(changed);
	}

	/** The hub has the file: the post that shows it can go. */
	async ready(txn: string, content: Json): Promise<void> {
		const item = this.items.find((i) => i.txn === txn);
		if (item?.act.kind !== "send") return;
		const { file: _there, ...rest } = item;
		const changed: Outgoing = { ...rest, act: { ...item.act, content } };
		this.replace(changed);
		try {
			await this.port.keep(changed);
		} finally {
			void this.flushRoom(item.room);
		}
	}

	/** The hub does not take the file. */
	async refused(txn: string, fault: Fault): Promise<void> {
		const item = this.items.find((i) => i.txn === txn);
		if (item) await this.settle({ ...item, state: "failed", error: { key: fault.key, args: fault.args } });
	}

	/** Gives up what failed or still waits. A post that is being sent just now is taken back once the hub has it. */
	discard(txn: string): void {
		const item = this.items.find((i) => i.txn === txn);
		if (item?.state === "sending" && item.act.kind === "send") this.regretted.add(txn);
		this.drop(txn);
	}

	private drop(txn: string): void {
		this.show(this.items.filter((item) => item.txn !== txn));
		void this.port.drop(txn);
	}

	/** The log has these events: what was sent as one of them is no longer pending. */
	arrived(events: readonly { readonly id: EventId; readonly txn?: string }[]): void {
		const ids = new Set(events.map((e) => e.id));
		const txns = new Set(events.map((e) => e.txn));
		const gone = this.items.filter((item) => txns.has(item.txn) || (item.event !== undefined && ids.has(item.event)));
		if (gone.length === 0) return;
		this.show(this.items.filter((item) => !gone.includes(item)));
		for (const item of gone) void this.port.drop(item.txn);
	}

	/** Everything up to now was heard: what was answered before is in the log, even where it is not shown any more. */
	caughtUp(): void {
		for (const item of this.items) if (item.state === "sent") this.drop(item.txn);
	}

	/** Sends whatever waits; the line is there again. */
	flush(): void {
		for (const room of new Set(this.items.map((item) => item.room))) void this.flushRoom(room);
	}

	private async flushRoom(room: RoomId): Promise<void> {
		if (this.busy.has(room)) return;
		this.busy.add(room);
		try {
			for (let item = this.first(room); item; item = this.first(room)) {
				const went = await this.send(item);
				if (went === "later") return;
				if (went === "unheard" && !this.hears()) return; // what was heard since then called for a flush that found the room busy
			}
		} finally {
			this.busy.delete(room);
		}
	}

	private hears(): boolean {
		return this.port.current?.() !== false;
	}

	private first(room: RoomId): Outgoing | undefined {
		return this.items.find((item) => item.room === room && item.state === "waiting" && item.file === undefined);
	}

	private async send(item: Outgoing): Promise<Went> {
		if (!this.port.inTurn) return this.sendNow(item);
		const went = await this.port.inTurn(item, () => this.sendAsItIs(item.txn));
		if (went === undefined) this.show(this.items.filter((other) => other.txn !== item.txn));
		return went ?? "on";
	}

	/** What was reworded or given up while it waited for its turn goes as it is now, or not at all. */
	private async sendAsItIs(txn: string): Promise<Went> {
		const item = this.items.find((i) => i.txn === txn);
		return item?.state === "waiting" && item.file === undefined ? this.sendNow(item) : "on";
	}

	private async sendNow(item: Outgoing): Promise<Went> {
		if (item.base !== undefined && !this.hears()) return "unheard";
		if (this.overtaken(item)) {
			await this.settle({ ...item, state: "conflict" });
			return "on";
		}
		this.replace({ ...item, state: "sending" });
		try {
			const result = await this.port.perform(item);
			this.backoff.reset();
			if (isDeed(item.act)) this.drop(item.txn);
			else await this.sent(item, eventId(string(result["event_id"])));
			return "on";
		} catch (error) {
			return this.failed(item, error);
		}
	}

	private async sent(item: Outgoing, event: EventId): Promise<void> {
		this.own.add(event);
		this.left.set(item.txn, { event, act: item.act });
		await this.settle({ ...item, state: "sent", event });
		if (this.regretted.delete(item.txn)) void this.add(item.room, { kind: "redact", event }, item.at);
	}

	/** Whether somebody else, or I on another device, changed what the act was done upon. */
	private overtaken(item: Outgoing): boolean {
		if (item.base === undefined) return false;
		const now = this.port.base(item.room, item.act);
		return now !== item.base && now !== undefined && !this.own.has(now);
	}

	private async settle(item: Outgoing): Promise<void> {
		const gone = !this.items.some((i) => i.txn === item.txn); // the event came before its answer
		if (gone || (item.event !== undefined && this.port.has(item.room, item.event))) return this.drop(item.txn);
		this.replace(item);
		await this.port.keep(item).catch(() => undefined); // a full disk: this page knows it, and a later one may send it again without harm
	}

	private failed(item: Outgoing, error: unknown): Went {
		const fault = error instanceof Fault ? error : new Fault("M_UNKNOWN", "error.internal", {}, 400);
		this.regretted.delete(item.txn);
		if (!this.items.some((i) => i.txn === item.txn)) return "on"; // it came back as an event, or was given up
		if (fault.passing) {
			this.replace({ ...item, state: "waiting" });
			this.port.later(fault.retryAfter ?? this.backoff.next(), () => void this.flushRoom(item.room));
			return "later";
		}
		if (quiet(item.act)) this.drop(item.txn);
		else void this.settle({ ...item, state: "failed", error: { key: fault.key, args: fault.args } });
		return "on";
	}

	/** Sends one act where there is no page: gives how it stands then, or that it is done, or that it has to be tried later. */
	static async once(item: Outgoing, perform: OutboxPort["perform"]): Promise<Outgoing | "done" | "later"> {
		try {
			const result = await perform(item);
			return isDeed(item.act) ? "done" : { ...item, state: "sent", event: eventId(string(result["event_id"])) };
		} catch (error) {
			const fault = error instanceof Fault ? error : new Fault("M_UNKNOWN", "error.internal", {}, 400);
			if (fault.passing || fault.status === 401) return "later";
			if (quiet(item.act)) return "done";
			return { ...item, state: "failed", error: { key: fault.key, args: fault.args } };
		}
	}

	private replace(item: Outgoing): void {
		this.show(this.items.map((i) => (i.txn === item.txn ? item : i)));
	}

	private show(items: readonly Outgoing[]): void {
		this.items = items;
		this.port.changed(items);
	}
}

/** What the hub refused is sent from its beginning. */
function anew({ address: _old, paused: _no, ...file }: Waiting): Waiting {
	return file;
}
