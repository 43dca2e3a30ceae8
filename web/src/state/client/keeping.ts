import { hubNow } from "../../wire/hubtime";
import type { UserId } from "../../wire/ids";
import type * as account from "../account";
import { withoutExpired } from "../expire";
import type { Kin } from "../kin";
import { emptyModel, type Model } from "../model";
import type { Outgoing } from "../outbox";
import type { Vault } from "../vault";
import type { Known } from "./known";

const saveAfter = 800;
const ageEvery = 3_600_000;

/** Who is in the network, as it was read. */
export interface Directory {
	readonly organisations: readonly account.Organisation[];
	readonly people: readonly account.Person[];
	/** Those of other hubs; an older store does not say. */
	readonly abroad?: readonly account.Abroad[];
	/** Which organisation coordinates a country; an older store does not say. */
	readonly leads?: ReadonlyMap<string, string>;
}

interface Kept {
	readonly model: Model;
	readonly drafts: ReadonlyMap<string, string>;
	readonly waiting: readonly Outgoing[];
	readonly directory: Directory | undefined;
}

/** What this device keeps of what it knows: saved with the position it stands at, forgotten when its channel keeps it no longer. */
export class Keeping {
	vault: Vault | undefined;
	/** What is in the outbox of this page and not on its disk, for want of room or not yet. */
	readonly unkept = new Set<string>();
	private saved: Model = emptyModel("" as UserId);
	private saving: ReturnType<typeof setTimeout> | undefined;
	private aging: ReturnType<typeof setInterval> | undefined;

	constructor(
		private readonly here: Known,
		private readonly kin: Kin,
	) {}

	/** Goes on from what is kept: only what differs from it is saved. */
	from(model: Model, me: account.Me): void {
		this.saved = model;
		clearInterval(this.aging);
		this.aging = setInterval(() => this.age(me), ageEvery);
	}

	stopAging(): void {
		clearInterval(this.aging);
	}

	/** All that is kept of a person, or nothing at all. */
	async read(me: UserId): Promise<Kept> {
		const { vault } = this;
		const all = vault && Promise.all([vault.load(me), vault.drafts(), vault.outbox(), vault.directory<Directory>()]);
		const [model, drafts, waiting, directory] = (await all) ?? [emptyModel(me), new Map<string, string>(), [], undefined];
		return { model, drafts, waiting, directory };
	}

	/** Closes what is kept, and leaves it. */
	close(): void {
		this.vault?.close();
		this.vault = undefined;
	}

	/** Lets go of what is kept without closing it: gives it to whoever destroys it. */
	leave(): Vault | undefined {
		const { vault } = this;
		this.vault = undefined;
		this.unkept.clear();
		return vault;
	}

	/** Saves before long. It is not put off by what comes next: a busy hub is never silent. */
	soon(): void {
		const after = this.saved.next === undefined ? 0 : saveAfter; // the first picture is dear: it is kept at once
		this.saving ??= setTimeout(() => void this.save(), after);
	}

	/** One saving after the other: an earlier one that ended later would take the position back. */
	save(): Promise<void> {
		this.saving = undefined;
		const done = this.saves.then(() => this.saveNow());
		this.saves = done.catch(() => undefined); // whoever asked for it hears why it failed
		return done;
	}

	private saves: Promise<void> = Promise.resolve();

	private async saveNow(): Promise<void> {
		const { vault } = this;
		const model = this.here.model.value;
		await vault?.save(model, this.saved, hubNow());
		if (vault === this.vault) this.saved = model;
	}

	async saveAtOnce(): Promise<void> {
		this.stopSaving();
		await this.save();
	}

	stopSaving(): void {
		clearTimeout(this.saving);
		this.saving = undefined;
	}

	/** Puts all under other keys; see `Vault.relock`. */
	async relock(pin: string | undefined, second?: string): Promise<void> {
		const before = this.vault;
		const after = await before?.relock(pin, second);
		if (before !== this.vault) return after?.close(); // whoever was here has left meanwhile
		this.vault = after;
		this.saved = emptyModel(this.here.model.value.me);
	}

	/** Forgets what its channel keeps no longer; kept and shown alike. */
	private age(me: account.Me): void {
		this.here.model.value = withoutExpired(this.here.model.value, me.retention ?? Number.POSITIVE_INFINITY, hubNow());
		this.saving ??= setTimeout(() => void this.save(), saveAfter);
	}

	// The outbox, shared with the other pages and the worker of this device

	async keep(item: Outgoing): Promise<void> {
		this.unkept.add(item.txn);
		if (!this.vault) return;
		await this.vault.keep(item);
		this.unkept.delete(item.txn);
		this.kin.tell("outbox");
		if (item.state === "waiting" && this.here.line.value.state !== "connected") this.here.wantWorker();
	}

	async drop(txn: string): Promise<void> {
		this.unkept.delete(txn);
		await this.vault?.drop(txn);
		this.kin.tell("outbox");
	}

	async stillWaits({ txn }: Outgoing): Promise<boolean> {
		if (!this.vault || this.unkept.has(txn)) return true;
		const kept = await this.vault.waiting(txn);
		return kept !== undefined && kept.event === undefined;
	}
}
