import { batch } from "@preact/signals";
import { beacon } from "../../wire/beacon";
import { Fault } from "../../wire/fault";
import { answerBy } from "../../wire/http";
import { hubNow } from "../../wire/hubtime";
import * as account from "../account";
import { blankAnswer, blankModel, nobody } from "../decoy";
import { withoutExpired } from "../expire";
import type { Kin, News } from "../kin";
import { holdMarks } from "../marks";
import { endSubscription } from "../push";
import { forgetUsed } from "../used";
import { removeStore, Vault } from "../vault";
import { Errand } from "./errand";
import type { Hub } from "./hub";
import type { Keeping } from "./keeping";
import type { Known, Session } from "./known";
import { quietly, type Sending } from "./sending";

/** How often a touch is told to the hub, so that a session at a shared device goes on. The hub waits 30 minutes. */
const stayEvery = 5 * 60_000;

/** Who is at this device: coming in, locking, leaving, and what is left behind. */
export class Door {
	private readonly errand: Errand;
	/** Whether the hub has said who is signed in here. Without a line, what is kept says so. */
	private known = false;
	private stayed = Date.now();

	constructor(
		private readonly here: Known,
		private readonly keeping: Keeping,
		private readonly sending: Sending,
		private readonly hub: Hub,
		private readonly kin: Kin,
	) {
		this.errand = new Errand(here);
	}

	/**
	 * Finds out who is signed in: from what this device remembers, so that it opens without a line, else from the hub. Where another page takes
	 * everything away meanwhile, that one's word counts, and what was read before is nobody's.
	 */
	async start(): Promise<void> {
		const stays = this.here.staying();
		this.here.session.value = { kind: "checking" };
		try {
			await this.look(stays);
		} catch (error) {
			if (stays()) throw error; // else the store was closed under it
		}
	}

	private async look(stays: () => boolean): Promise<void> {
		const standing = await Vault.standing().catch(() => "none" as const); // a browser that keeps nothing can still talk
		if (!stays()) return;
		if (standing === "locked") {
			this.here.session.value = { kind: "locked" };
			return;
		}
		if (standing === "open") return this.open(await Vault.open(), stays);
		const owing = await Vault.errand();
		if (!stays()) return;
		if (owing) {
			void this.errand.run();
			this.here.session.value = { kind: "out" };
			return;
		}
		await this.ask(stays);
	}

	/** Opens a device that is locked. Gives how many tries are left after a wrong PIN. */
	async unlock(pin: string): Promise<number | undefined> {
		const stays = this.here.staying();
		const attempt = await Vault.unlock(pin, nobody);
		if (attempt.kind === "open") await this.open(attempt.vault, stays);
		if (attempt.kind === "second") await this.vanish(attempt.vault);
		if (attempt.kind !== "wrong") return undefined;
		if (attempt.left === 0) await this.signOut();
		return attempt.left;
	}

	/** Shows what is kept at once, and lets the line say what is new. */
	private async open(vault: Vault | undefined, stays = this.here.staying()): Promise<void> {
		if (!stays()) return vault?.close();
		this.keeping.vault = vault;
		const me = await vault?.me();
		if (!stays()) return;
		if (me?.alone) return this.standAlone(me);
		if (!me) return this.ask(stays);
		await this.enter(me, stays);
		await this.recognise();
	}

	/** Nobody is known here: the hub is asked. */
	private async ask(stays: () => boolean): Promise<void> {
		try {
			await this.come(stays);
		} catch (error) {
			if (!(error instanceof Fault)) throw error;
			if (!stays()) return;
			if (error.status === 401) this.empty({ kind: "out" });
			else this.here.session.value = { kind: "unreachable" };
		}
	}

	/** Has the hub say who is signed in here. Until it is reached, what is kept stays on the screen. */
	async recognise(): Promise<void> {
		const { session } = this.here;
		const before = session.value;
		if (this.known || before.kind !== "in") return;
		try {
			const me = await account.me();
			if (session.value !== before) return;
			this.known = true;
			if (me.id !== before.me.id) return await this.becomes(me);
			session.value = { kind: "in", me }; // before it is kept: whoever locks or leaves meanwhile stays out
			await this.keeping.vault?.setMe(me);
		} catch (error) {
			if (!(error instanceof Fault)) throw error;
			if (error.status === 401 && session.value === before) await this.forget("elsewhere");
		}
	}

	/** Somebody else signed in here, in another page. */
	private async becomes(me: account.Me): Promise<void> {
		await this.forget();
		await this.enter(me);
	}

	/** Locks the device: what is on the screen goes, and so do the keys to what is kept. A session at a shared device ends. */
	async lock(): Promise<void> {
		if (this.here.session.value.kind !== "in") return;
		if (this.here.brief) return this.signOut();
		const stays = this.here.staying();
		if (!(await Vault.locked())) return;
		try {
			await this.keeping.saveAtOnce();
		} finally {
			if (stays()) this.shutEverywhere(); // also where the disk is full
		}
	}

	private shutEverywhere(): void {
		this.kin.tell("locked");
		this.shut();
	}

	private shut(): void {
		this.rest();
		this.keeping.close();
		this.empty({ kind: "locked" });
	}

	/** Nothing more comes in, goes out or is saved. */
	private rest(): void {
		this.hub.close();
		this.sending.files.hold();
		this.keeping.stopSaving();
	}

	/** What another page of this device says. */
	async hear(news: News): Promise<void> {
		const session = this.here.session.value;
		if (this.here.brief) return;
		if (news === "outbox") return this.sending.reread();
		if (news === "locked" && session.kind === "in") return this.shut();
		if (news === "changed") {
			this.shut();
			await this.start();
		}
	}

	/**
	 * What the second PIN does: the keys are gone already; now nothing of the person is left in this page or in others, the hub ends the
	 * device's session, and what opens is an account with nothing in it.
	 */
	private async vanish(left: Vault): Promise<void> {
		void endSubscription();
		this.kin.tell("changed");
		this.here.used.value = forgetUsed();
		await this.open(left);
	}

	private async standAlone(me: account.Me): Promise<void> {
		void this.errand.run();
		const { here } = this;
		const settings = (await this.keeping.vault?.load(me.id))?.accountData ?? new Map();
		answerBy((method, path) => blankAnswer(method, path, here.deviceName));
		this.empty({ kind: "in", me });
		batch(() => {
			here.organisations.value = [];
			here.people.value = [];
			here.model.value = blankModel(me, settings);
			here.line.value = { state: "connected", since: Date.now() };
		});
	}

	/**
	 * Gives a challenge to those who have a second key; once it is shown, they have arrived. `brief` is for a device that others use too:
	 * nothing stays on it.
	 */
	async signIn(user: string, passphrase: string, deviceName: string, brief = false): Promise<account.Challenge | undefined> {
		await this.errand.settle();
		const challenge = await account.signIn(user, passphrase, deviceName, brief);
		if (!challenge) await this.come();
		return challenge;
	}

	/** The hub has let this device in by a second key, a passkey or a recovery, or lets it do more than before. */
	async arrived(): Promise<void> {
		await this.errand.settle();
		await this.come();
	}

	/** The person's role now asks for a second key: nothing goes on before there is one. */
	barred(): void {
		this.hub.close();
		const { session } = this.here;
		if (session.value.kind === "in") session.value = { kind: "in", me: { ...session.value.me, factorNeeded: true } };
	}

	async signUp(wish: account.SignUp): Promise<void> {
		await this.errand.settle();
		await account.signUp(wish);
		await this.come();
	}

	private async come(stays = this.here.staying()): Promise<void> {
		const me = await account.me();
		if (!stays()) return;
		this.known = true;
		await this.enter(me, stays);
	}

	/** Takes everything off this device first, then has the hub end the session, also when it cannot be told yet. */
	async signOut(): Promise<void> {
		const { alone, brief } = this.here;
		const owing = !brief && (!alone || (await Vault.errand()) !== undefined);
		try {
			await this.forget(undefined, owing);
		} finally {
			if (brief) await quietly(account.signOut());
			else if (owing) await this.errand.endSession();
		}
	}

	private async enter(me: account.Me, stays = this.here.staying()): Promise<void> {
		const { here, keeping } = this;
		if (me.factorNeeded) {
			here.session.value = { kind: "in", me };
			return;
		}
		if (me.brief) await this.keepNothing();
		else {
			const vault = keeping.vault ?? (await Vault.open().catch(() => undefined));
			if (!stays()) return vault?.close();
			keeping.vault = vault;
		}
		await keeping.vault?.setMe(me);
		const { model, drafts, waiting, directory } = await keeping.read(me.id);
		if (!stays()) return;
		keeping.from(model, me);
		batch(() => {
			here.model.value = withoutExpired(model, me.retention ?? Number.POSITIVE_INFINITY, hubNow()); // an older store does not say
			here.drafts.value = drafts;
			here.session.value = { kind: "in", me };
			here.people.value = directory?.people;
			here.abroad.value = directory?.abroad ?? [];
			here.organisations.value = directory?.organisations;
			here.leads.value = directory?.leads ?? new Map();
			for (const item of waiting) here.foresee(item);
		});
		await this.sending.takeUpFiles(waiting);
		if (!stays()) return;
		this.hub.listen(me.id);
		this.sending.posts.restore(waiting);
		this.sending.takeUpOwed();
	}

	/** A device that others use too has nothing of ours, not even an empty drawer. */
	private async keepNothing(): Promise<void> {
		holdMarks();
		this.keeping.close();
		await removeStore();
	}

	/** Somebody is at the device: their session at a shared one goes on. */
	touched(): void {
		if (!this.here.brief || Date.now() - this.stayed < stayEvery) return;
		this.stayed = Date.now();
		void quietly(account.me());
	}

	/** The page is being closed. At a shared device that is leaving. */
	closing(): void {
		if (!this.here.brief) return;
		beacon("/_panah/v1/sign-out", {});
		this.hub.close();
		this.sending.files.hold();
		this.empty({ kind: "out" });
	}

	/**
	 * Takes what was read off this device, for whoever leaves quickly, before it returns. The session stays, and so does what is not sent
	 * yet: on coming back everything is read from the hub again. At a shared device the session ends too.
	 */
	blank(): void {
		this.closing();
		this.rest();
		this.keeping.vault?.unread();
		void this.here.media.store.forgetKept().catch(() => undefined); // sealed, and without a name: what is not done in time tells nothing
	}

	/** Takes everything off this device. `owing` says that the hub has not ended the session yet. */
	async forget(why?: "elsewhere", owing = false): Promise<void> {
		this.rest();
		answerBy(undefined);
		const { brief } = this.here;
		const vault = this.keeping.leave();
		this.known = false;
		this.empty(why ? { kind: "out", why } : { kind: "out" });
		this.here.used.value = forgetUsed();
		if (brief) return;
		void endSubscription();
		if (vault) await vault.destroy(owing ? "end" : undefined);
		else await Vault.destroyAll(owing ? "end" : undefined);
		this.kin.tell("changed");
	}

	/** Leaves nothing of a person in this page. */
	private empty(session: Session): void {
		this.hub.leave();
		this.sending.posts.leave();
		this.keeping.stopAging();
		this.here.empty(session);
	}
}
