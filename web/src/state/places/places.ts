import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { type Json, list, object, string } from "../../wire/decode";
import { Fault } from "../../wire/fault";
import { nothing, path, request } from "../../wire/http";
import { freshTxn, type RoomId } from "../../wire/ids";
import type { Keeping } from "../client/keeping";
import type { Known } from "../client/known";
import type { Done, Sending } from "../client/sending";
import type { Talk } from "../client/talk";
import { Turns } from "../turns";
import {
	byNeed, decodeEntry, decodeFound, decodeJourney, decodePlaceNotices, decodeShelter, type Entry, type Found, type Journey, type Leg, type PlaceNotice, placeNotices, type Profile, type Shelter, type Units,
} from "./model";
import { askBody, decodeWish, encodeWish, foundHere, givenConsent, searchBody, type Wish, wishPlace } from "./wish";

const ours = "/_panah/v1/places";

/** What this device keeps of places, so that what was read opens without a line. */
interface Kept {
	/** When it was read, Unix milliseconds. */
	readonly at: number;
	readonly shelters: readonly Shelter[];
	readonly requests: readonly Entry[];
}

/** What is told and read, and then put away. */
const told: ReadonlySet<PlaceNotice["kind"]> = new Set(["passed", "held", "accepted", "declined", "expired", "stepped"]);

/** Milliseconds in which news of others is collected before the hub is asked; by chance, so that a network does not ask at once. */
const askWithin = 1_200;

/** Shelters and the requests for their places, as the hub gave them last, and what one does about them. */
export class Places {
	/** Undefined until they were read. */
	readonly shelters = signal<readonly Shelter[] | undefined>(undefined);
	/** Those under way, of my organisation and of where I take people in. */
	readonly requests = signal<readonly Entry[] | undefined>(undefined);
	/** When they were read, Unix milliseconds. */
	readonly at = signal(0);
	/** Why the hub could not be asked the last time. */
	readonly failed = signal<Fault | undefined>(undefined);
	readonly notices: ReadonlySignal<readonly PlaceNotice[]> = computed(() => decodePlaceNotices(this.noticeData.value).filter(({ id }) => !this.away.value.has(id)));
	/** Requests that wait for me to decide, what needs me first. */
	readonly toDecide: ReadonlySignal<readonly Entry[]> = computed(() => {
		const open = (this.requests.value ?? []).filter(({ decide, state }) => decide && (state === "held" || state === "waiting"));
		return open.filter(({ id, state }) => state === "held" || this.unanswered.value.has(id)).sort(byNeed);
	});
	/** Requests of which nobody has said anything for an hour or more. */
	readonly unanswered: ReadonlySignal<ReadonlySet<string>> = computed(
		() => new Set(this.notices.value.filter(({ kind }) => kind === "again" || kind === "organise").map(({ about }) => about)),
	);
	/** What became of what I asked, until it was read. */
	readonly news: ReadonlySignal<readonly PlaceNotice[]> = computed(() => this.notices.value.filter(({ kind }) => told.has(kind)));
	/** My shelters whose numbers are old. */
	readonly toConfirm: ReadonlySignal<readonly Shelter[]> = computed(() => {
		const old = new Set(this.notices.value.filter(({ kind }) => kind === "confirm").map(({ about }) => about));
		return (this.shelters.value ?? []).filter(({ id, own }) => own && old.has(id));
	});
	/** How much of places stands on the first screen. */
	readonly needing: ReadonlySignal<number> = computed(() => this.toDecide.value.length + this.news.value.length + this.toConfirm.value.length);
	/** Notices that were put away here, until the hub has taken them off all devices. */
	private readonly away = signal<ReadonlySet<string>>(new Set());
	private readonly noticeData = computed(() => this.here.model.value.accountData.get(placeNotices));
	/** Requests that were made here and have not reached the hub. */
	readonly unsent: ReadonlySignal<number> = computed(() => this.here.outbox.value.filter(({ act }) => act.kind === "place").length);
	/** Changes with all that the log says of places. */
	private readonly pulse = computed(() =>
		[...this.here.model.value.rooms.values()].flatMap((room) => (room.places === undefined ? [] : [room.timeline.at(-1)?.id ?? room.id])).join(" "),
	);
	/** Counts who was at the device: an answer that comes when somebody else is, is not for them. */
	private stay = 0;
	private readonly reads = new Turns();
	private asking: ReturnType<typeof setTimeout> | undefined;
	private askAt = 0;

	constructor(
		private readonly here: Known,
		private readonly keeping: Keeping,
		private readonly sending: Sending,
		private readonly talk: Talk,
	) {
		const who = computed(() => (here.session.value.kind === "in" ? here.session.value.me.id : undefined));
		effect(() => void this.begin(who.value));
		effect(() => {
			if (here.line.value.state === "connected" && who.value !== undefined) this.soon(0);
		});
		effect(() => {
			void [this.pulse.value, this.noticeData.value, this.unsent.value];
			if (who.peek() !== undefined) this.soon(Math.random() * askWithin);
		});
	}

	/** Somebody came in, or nobody is here any more. */
	private async begin(who: string | undefined): Promise<void> {
		this.stay++;
		clearTimeout(this.asking);
		this.asking = undefined;
		batch(() => {
			this.shelters.value = this.requests.value = this.failed.value = undefined;
			this.at.value = 0;
			this.away.value = new Set();
		});
		if (who === undefined) return;
		const { stay } = this;
		const kept = await this.keeping.vault?.places<Kept>();
		if (!kept || stay !== this.stay || this.shelters.peek()) return;
		batch(() => {
			this.shelters.value = kept.shelters;
			this.requests.value = kept.requests;
			this.at.value = kept.at;
		});
	}

	/** Asks the hub within so many milliseconds, once for all that comes together. */
	soon(within: number): void {
		const at = Date.now() + within;
		if (this.asking !== undefined && this.askAt <= at) return;
		clearTimeout(this.asking);
		this.askAt = at;
		this.asking = setTimeout(() => {
			this.asking = undefined;
			void this.load();
		}, within);
	}

	/** Reads what the hub has. What was read before stays where it cannot be asked. */
	async load(): Promise<void> {
		if (!this.here.may("see_places")) return;
		const { stay } = this;
		const newest = this.reads.next();
		try {
			const [shelters, requests] = await Promise.all([
				request("GET", `${ours}/shelters`, (v) => list(decodeShelter)(object(v)["shelters"])),
				request("GET", `${ours}/requests`, (v) => list(decodeEntry)(object(v)["requests"])),
			]);
			if (stay !== this.stay || !newest()) return;
			const at = Date.now();
			batch(() => {
				this.shelters.value = shelters;
				this.requests.value = requests;
				this.at.value = at;
				this.failed.value = undefined;
			});
			void this.keeping.vault?.setPlaces({ at, shelters, requests } satisfies Kept); // a full disk takes nothing back of what was done
		} catch (error) {
			if (!(error instanceof Fault)) throw error;
			if (stay === this.stay) this.failed.value = error;
		}
	}

	/** Requests that are over and not forgotten yet. */
	over(): Promise<Entry[]> {
		return request("GET", `${ours}/requests`, (v) => list(decodeEntry)(object(v)["requests"]), { query: { state: "over" } });
	}

	one(id: string): Promise<Entry> {
		return request("GET", path`/_panah/v1/places/requests/${id}`, decodeEntry);
	}

	// Looking and asking

	get wish(): Wish | undefined {
		return decodeWish(this.here.drafts.value.get(wishPlace));
	}

	keepWish(wish: Wish | undefined): void {
		this.talk.saveDraft(wishPlace, wish ? encodeWish(wish) : "");
	}

	find(wish: Wish): Promise<Found> {
		return request("POST", `${ours}/search`, decodeFound, { body: searchBody(wish) });
	}

	/** Without a line: those that had such places when they were read last. Whether they suit, their hub says when it is asked. */
	findHere(wish: Wish): Found | undefined {
		const shelters = this.shelters.peek();
		return shelters && foundHere(shelters, wish, Date.now());
	}

	/** Asks the shelters of a wish. Without a line it waits in the outbox, in a row of its own: nothing holds it up. */
	async ask(wish: Wish): Promise<Done> {
		const done = await this.send(`place:${wish.txn}`, `${ours}/requests`, askBody(wish), encodeWish(wish));
		if (this.wish?.txn === wish.txn) this.keepWish(undefined); // and no other that was begun meanwhile
		return done;
	}

	/** Takes a step with a request. Those with the same request go in their order. */
	async step(id: string, step: string, reason?: string): Promise<Done> {
		return this.send(`place:${id}`, path`/_panah/v1/places/requests/${id}/step`, { txn_id: freshTxn(), step, ...(reason !== undefined && { reason }) });
	}

	/** The person could not be asked before, and has agreed now. */
	async agree(ask: string, at: number, language: string): Promise<Done> {
		return this.send(`place:${ask}`, path`/_panah/v1/places/asks/${ask}/consent`, { txn_id: freshTxn(), consent: givenConsent(at, language) });
	}

	/** The person no longer agrees: what has not come about is withdrawn, and all that was asked and said is gone at once. */
	async revoke(ask: string): Promise<Done> {
		return this.send(`place:${ask}`, path`/_panah/v1/places/asks/${ask}/revoke`, { txn_id: freshTxn() });
	}

	/** Opens an asking that the hub refused, or that still waits for a line, to be changed. */
	reopen(txn: string): boolean {
		const act = this.sending.outgoing(txn)?.act;
		if (act?.kind !== "place" || act.draft === "") return false;
		this.talk.saveDraft(wishPlace, act.draft);
		this.sending.posts.discard(txn);
		return true;
	}

	/** A body holds its transaction id, so that a second sending of it is harmless, by whichever way. */
	private async send(row: string, door: string, wish: Json, draft = ""): Promise<Done> {
		const { me } = this.here.model.peek();
		try {
			if (this.here.line.value.state === "offline") throw new Fault("NETWORK", "error.unreachable");
			await request("POST", door, nothing, { body: wish });
		} catch (error) {
			await this.sending.later(me, row as RoomId, { kind: "place", door, wish, draft }, error);
			return "waiting";
		}
		await this.load();
		return "done";
	}

	/** What was told was read: it goes, on all my devices. Throws where there is no line, and then it stays. */
	async putAway(id: string): Promise<void> {
		this.away.value = new Set([...this.away.peek(), id]);
		try {
			await request("POST", path`/_panah/v1/place-notices/${id}/settle`, nothing, { body: {} });
		} catch (error) {
			this.away.value = new Set([...this.away.peek()].filter((one) => one !== id));
			throw error;
		}
	}

	// Shelters

	/** Says what there is, and that it is so now; without numbers, that nothing has changed. It needs a line: what it says is true of this moment. */
	async count(id: string, txn: string, capacity?: Readonly<Record<string, Units>>): Promise<void> {
		await request("POST", path`/_panah/v1/places/shelters/${id}/count`, nothing, { body: { txn_id: txn, ...(capacity && { capacity }) } });
		await this.load();
	}

	async setOpen(id: string, open: boolean): Promise<void> {
		const door = open ? path`/_panah/v1/places/shelters/${id}/reopen` : path`/_panah/v1/places/shelters/${id}/close`;
		await request("POST", door, nothing, { body: { txn_id: freshTxn() } });
		await this.load();
	}

	/** Enters a shelter, or changes one; gives its id. */
	async register(profile: Profile, txn: string, id?: string): Promise<string> {
		const { seenBy, ...rest } = profile;
		const body = { ...rest, seen_by: seenBy };
		const made =
			id === undefined
				? await request("POST", `${ours}/shelters`, (v) => string(object(v)["id"]), { body: { ...body, txn_id: txn } })
				: await request("PUT", path`/_panah/v1/places/shelters/${id}`, () => id, { body });
		await this.load();
		return made;
	}

	staff(id: string): Promise<string[]> {
		return request("GET", path`/_panah/v1/places/shelters/${id}/staff`, (v) => list(string)(object(v)["staff"]));
	}

	async setStaff(id: string, staff: readonly string[]): Promise<void> {
		await request("PUT", path`/_panah/v1/places/shelters/${id}/staff`, nothing, { body: { staff } });
		await this.load();
	}

	// Danger and journeys

	partner(): Promise<string> {
		return request("GET", `${ours}/partner`, (v) => string(object(v)["organisation_id"]));
	}

	setPartner(organisation: string): Promise<void> {
		return request("PUT", `${ours}/partner`, nothing, { body: { organisation_id: organisation } });
	}

	/** Our organisation is in danger. This session ends with it. */
	danger(): Promise<void> {
		return request("POST", `${ours}/danger`, nothing, { body: { sure: true } });
	}

	journeys(): Promise<Journey[]> {
		return request("GET", `${ours}/journeys`, (v) => list(decodeJourney)(object(v)["journeys"]));
	}

	/** Enters a journey, or changes one. Legs of which places were asked stay as they are. */
	plan(legs: readonly Leg[], txn: string, id?: string): Promise<string> {
		const body = { txn_id: txn, legs: legs.map(({ ask, ...leg }) => ({ ...leg, ...(ask !== undefined && { ask_id: ask }) })) };
		return request(id === undefined ? "POST" : "PUT", id === undefined ? `${ours}/journeys` : path`/_panah/v1/places/journeys/${id}`, (v) => string(object(v)["id"]), { body });
	}
}
