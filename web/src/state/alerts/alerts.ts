import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { list, object, string } from "../../wire/decode";
import { Fault } from "../../wire/fault";
import { nothing, path, request } from "../../wire/http";
import { hubNow } from "../../wire/hubtime";
import type { EventId, RoomId } from "../../wire/ids";
import type { Event } from "../../wire/sync";
import type { Keeping } from "../client/keeping";
import type { Known } from "../client/known";
import type { Done, Sending } from "../client/sending";
import type { Reply } from "../outbox";
import { Turns } from "../turns";
import { answerType, fold, newsOf, type Reader } from "./fold";
import { type AlertNotice, alertNotices, decodeDetail, decodeEntry, decodeNotices, type Detail, type Entry, stage, type Usual } from "./model";

const ours = "/_panah/v1/alerts";

/** What this part needs of the screens. */
export interface AlertsPort {
	/** The language that translations are wanted in. */
	language(): string;
	/** What a code proposes, which its events leave out. */
	usual(code: string): Usual;
}

/** What this device keeps of alerts, so that what was read opens without a line. */
interface Kept {
	readonly entries: readonly Entry[];
	readonly details: readonly Detail[];
}

/** Alerts that were opened and are kept, at most. */
const detailsKept = 30;

/** Milliseconds in which news of others is collected before the hub is asked; by chance, so that a network does not ask at once. */
const askWithin = { alert: 1_500, update: 1_500, answer: 5_000, translation: 2_000 };

/** An alert that came in later than this after it was sent, in milliseconds, makes no noise any more. */
const freshFor = 15 * 60_000;

/**
 * What this device knows of urgent alerts. Events come with the log like all others, and stand on the screen at once; what only the hub
 * knows (who was asked, how others answered) is asked for behind them.
 */
export class Alerts {
	private readonly entries = signal<readonly Entry[] | undefined>(undefined);
	/** Those that live, with the answers that wait for a line; undefined until they were read. */
	readonly board: ReadonlySignal<readonly Entry[] | undefined> = computed(() => this.withWaiting(this.entries.value));
	readonly details = signal<ReadonlyMap<string, Detail>>(new Map());
	/** Those that are over, the newest first, and where those before them begin ("" for nowhere); undefined until they were read. */
	readonly past = signal<{ readonly entries: readonly Entry[]; readonly next: string } | undefined>(undefined);
	/** Why the hub could not be asked the last time. */
	readonly failed = signal<Fault | undefined>(undefined);
	/** Drafts of colleagues that wait for me. */
	readonly drafts = signal(0);
	/** What came in while this page was open, until it was looked at; the newest last. */
	readonly incoming = signal<readonly Entry[]>([]);
	readonly notices: ReadonlySignal<readonly AlertNotice[]> = computed(() =>
		decodeNotices(this.noticeData.value).filter(({ id }) => !this.away.value.has(id)),
	);
	/** Notices that were put away here, until the hub has taken them off all devices. */
	private readonly away = signal<ReadonlySet<string>>(new Set());
	private readonly noticeData = computed(() => this.here.model.value.accountData.get(alertNotices));

	/** What is known of each channel's timeline. */
	private readonly read = new Map<RoomId, readonly Event[]>();
	private readonly opened = new Set<EventId>();
	private ready = false;
	/** Counts who was at the device: an answer of the hub that comes when somebody else is, or nobody, is not for them. */
	private stay = 0;
	private readonly reads = new Turns();
	private asking: ReturnType<typeof setTimeout> | undefined;
	private askAt = 0;
	/** Which alert, or new version of one, came with the log as the how manieth: an answer that was under way then may not know of it yet. */
	private readonly came = new Map<EventId, number>();
	private coming = 0;
	private saving: ReturnType<typeof setTimeout> | undefined;

	constructor(
		private readonly here: Known,
		private readonly keeping: Keeping,
		private readonly sending: Sending,
		private readonly port: AlertsPort,
	) {
		const who = computed(() => (here.session.value.kind === "in" ? here.session.value.me.id : undefined));
		effect(() => void this.begin(who.value));
		effect(() => this.follow(here.model.value.rooms));
		effect(() => {
			if (here.line.value.state === "connected" && who.value !== undefined) this.soon(0);
		});
		effect(() => {
			if (this.noticeData.value && this.ready) this.soon(askWithin.alert);
		});
	}

	/** Somebody came in, or nobody is here any more. */
	private async begin(who: string | undefined): Promise<void> {
		this.ready = false;
		this.forget();
		if (who === undefined) return;
		const kept = await this.keeping.vault?.alerts<Kept>();
		if (this.here.model.peek().me !== who) return;
		batch(() => {
			this.entries.value ??= kept?.entries;
			this.details.value = new Map([...(kept?.details ?? []).map((one) => [one.id, one] as const), ...this.details.value]);
		});
		this.ready = true;
		this.follow(this.here.model.peek().rooms);
	}

	private forget(): void {
		this.stay++;
		clearTimeout(this.asking);
		clearTimeout(this.saving);
		this.asking = this.saving = undefined;
		this.read.clear();
		this.opened.clear();
		this.came.clear();
		batch(() => {
			this.entries.value = this.past.value = this.failed.value = undefined;
			this.details.value = new Map();
			this.incoming.value = [];
			this.drafts.value = 0;
			this.away.value = new Set();
		});
	}

	/** Looks what is new in the channels of alerts. What was known when the page was left is no news; what came meanwhile is. */
	private follow(rooms: ReadonlyMap<RoomId, { readonly alerts: boolean; readonly timeline: readonly Event[] }>): void {
		if (!this.ready) return;
		for (const [id, { alerts, timeline }] of rooms) {
			const before = this.read.get(id);
			if (!alerts || before === timeline) continue;
			this.read.set(id, timeline);
			// What was said before the channel was here may stand too far back in it: a hub was called to it, or I was.
			if (before === undefined && this.entries.peek() !== undefined) this.soon(Math.random() * askWithin.alert);
			const last = before?.at(-1)?.id;
			this.take(id, timeline.slice(timeline.findIndex((e) => e.id === last) + 1));
		}
		for (const id of this.read.keys()) if (!rooms.has(id)) this.left(id);
	}

	private take(room: RoomId, events: readonly Event[]): void {
		const before = this.entries.peek();
		const reader = this.reader();
		let entries = before ?? [];
		let wait: number | undefined;
		const came = events.findLastIndex((e) => e.type === "m.room.member" && e.stateKey === reader.me && e.content["membership"] === "join");
		for (const [n, e] of events.entries()) {
			const news = newsOf(e);
			if (!news) continue;
			// What was sent before I came was asked of others: whether it needs me as well the hub says.
			entries = fold(entries, room, e, n < came ? { ...reader, answers: false } : reader);
			if (news.kind === "alert" || news.kind === "update") this.came.set(news.alert, ++this.coming);
			const own = e.sender === reader.me ? 0 : Math.random() * askWithin[news.kind];
			wait = Math.min(wait ?? Number.POSITIVE_INFINITY, own);
		}
		if (wait === undefined) return;
		if (entries !== (before ?? [])) this.show(entries);
		this.announce(before ?? [], entries);
		this.soon(wait);
	}

	/** What came in just now, lives, and is not mine. */
	private announce(before: readonly Entry[], after: readonly Entry[]): void {
		const known = new Map(before.map((one) => [one.id, one]));
		const now = hubNow();
		const loud = after.filter((one) => {
			const old = known.get(one.id);
			const news = old === undefined ? one.sentAt : old.version !== one.version ? one.updatedAt : 0;
			return news > now - freshFor && one.needsMe && stage(one, now) === "live";
		});
		if (loud.length === 0) return;
		const again = new Set(loud.map(({ id }) => id));
		this.incoming.value = [...this.incoming.peek().filter(({ id }) => !again.has(id)), ...loud];
	}

	/** One is no longer in a channel of alerts, and sees nothing of it any more. */
	private left(room: RoomId): void {
		this.read.delete(room);
		this.show((this.entries.peek() ?? []).filter((one) => one.room !== room));
		this.details.value = new Map([...this.details.peek()].filter(([, one]) => one.room !== room));
		this.incoming.value = this.incoming.peek().filter((one) => one.room !== room);
	}

	private reader(): Reader {
		const session = this.here.session.peek();
		const me = session.kind === "in" ? session.me : undefined;
		const organisations = new Map(this.here.people.peek()?.map((person) => [person.id, person.organisation ?? ""]));
		return {
			me: this.here.model.peek().me,
			organisation: me?.organisation?.id ?? "",
			answers: this.here.may("answer_alert"),
			organisationOf: (user) => organisations.get(user) ?? "",
			usual: (code) => this.port.usual(code),
		};
	}

	/** As it will be when the answers in the outbox have gone. */
	private withWaiting(entries: readonly Entry[] | undefined): readonly Entry[] | undefined {
		return this.here.outbox.value.reduce((all, { room, act }) => (all && act.kind === "answer" ? this.foresee(all, room, act.alert, act.reply) : all), entries);
	}

	private foresee(entries: readonly Entry[], room: RoomId, alert: EventId, reply: Reply): readonly Entry[] {
		const reader = this.reader();
		const content = { ...reply, "m.relates_to": { rel_type: "m.reference", event_id: alert } };
		return fold(entries, room, { id: "" as EventId, type: answerType, sender: reader.me, at: hubNow(), content, redacted: false }, reader);
	}

	private show(entries: readonly Entry[]): void {
		this.entries.value = entries;
		this.saving ??= setTimeout(() => void this.save(), 500);
	}

	private async save(): Promise<void> {
		this.saving = undefined;
		const entries = this.entries.peek();
		if (entries) await this.keeping.vault?.setAlerts({ entries, details: [...this.details.peek().values()].slice(-detailsKept) } satisfies Kept);
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

	/** Reads from the hub what lives, what was opened, and what waits for me. */
	async load(): Promise<void> {
		const { stay, coming } = this;
		const newest = this.reads.next();
		try {
			const query = { language: this.port.language() };
			const answer = await request("GET", ours, (v) => list(decodeEntry)(object(v)["alerts"]), { query });
			if (stay !== this.stay || !newest()) return;
			this.failed.value = undefined;
			const before = this.entries.peek() ?? [];
			const newer = before.filter(({ id }) => (this.came.get(id) ?? 0) > coming);
			const entries = [...answer.filter(({ id }) => !newer.some((one) => one.id === id)), ...newer];
			this.show(entries);
			this.answeredElsewhere(entries);
			this.announce(before, entries); // the hub may be asked between an alert and its event
			await Promise.all([this.loadDrafts(), ...[...this.watched].map((id) => this.loadDetail(id).catch(passedOver))]);
		} catch (error) {
			if (!(error instanceof Fault)) throw error;
			if (stay === this.stay) this.failed.value = error;
		}
	}

	/** What no longer needs me is not announced any more. */
	private answeredElsewhere(entries: readonly Entry[]): void {
		const open = new Set(entries.filter((one) => one.needsMe).map(({ id }) => id));
		const left = this.incoming.peek().filter(({ id }) => open.has(id));
		if (left.length !== this.incoming.peek().length) this.incoming.value = left;
	}

	private async loadDrafts(): Promise<void> {
		if (!this.here.may("approve_alert")) return;
		const { stay } = this;
		const count = await request("GET", `${ours}/waiting`, (v) => list(object)(object(v)["decide"]).length);
		if (stay === this.stay) this.drafts.value = count;
	}

	/** Alerts on the screen, which are read anew with the board. */
	private readonly watched = new Set<EventId>();

	/** Keeps an alert's detail fresh until the gift is called. */
	watch(id: EventId): () => void {
		this.watched.add(id);
		return () => void this.watched.delete(id);
	}

	/** Reads an alert in full. What is kept of it stays shown until then. */
	async loadDetail(id: EventId): Promise<void> {
		const { stay } = this;
		const detail = await request("GET", path`/_panah/v1/alerts/${id}`, decodeDetail, { query: { language: this.port.language() } });
		if (stay !== this.stay) return;
		const others = [...this.details.peek()].filter(([other]) => other !== id);
		this.details.value = new Map([...others, [id, detail]]);
		this.saving ??= setTimeout(() => void this.save(), 500);
	}

	/** Reads a page of those that are over; from the newest, or on from where the last page ended. */
	async loadPast(from: "newest" | "on"): Promise<void> {
		const { stay } = this;
		const known = from === "on" ? this.past.peek() : undefined;
		const query = { state: "history", language: this.port.language(), ...(known && { before: known.next }) };
		const page = await request(
			"GET",
			ours,
			(v) => {
				const o = object(v);
				return { entries: [...(known?.entries ?? []), ...list(decodeEntry)(o["alerts"])], next: string(o["next"]) };
			},
			{ query },
		);
		if (stay === this.stay) this.past.value = page;
	}

	/**
	 * Answers an alert; without a line the answer waits in the outbox. What it changes is shown at once, but for one with a note, which the hub may
	 * ask about: until it was taken, it stays where it was written.
	 */
	async answer(entry: Entry, reply: Reply): Promise<Done> {
		const show = () => this.show(this.foresee(this.entries.peek() ?? [], entry.room, entry.id, reply));
		if (reply.note === undefined) {
			this.seen(entry.id);
			show();
		}
		try {
			const done = await this.sending.do(entry.room, { kind: "answer", alert: entry.id, reply });
			if (done === "done") {
				this.seen(entry.id);
				show();
				this.soon(0);
			}
			return done;
		} catch (error) {
			this.soon(0);
			throw error;
		}
	}

	/** Takes an alert off everybody's board. `language` is that of the reason; `confirmed` are kinds of findings in it that were asked about and stay. */
	async cancel(id: EventId, reason: string, language: string, confirmed: readonly string[]): Promise<void> {
		const body = { ...(reason !== "" && { reason, language, confirmed }) };
		await request("POST", path`/_panah/v1/alerts/${id}/cancel`, nothing, { body });
		await this.load();
	}

	/** How a draft of mine ended was read: it goes, on all my devices. Throws where there is no line, and then it stays. */
	async putAway(id: AlertNotice["id"]): Promise<void> {
		this.away.value = new Set([...this.away.peek(), id]);
		try {
			await request("POST", path`/_panah/v1/alert-notices/${id}/settle`, nothing, { body: {} });
		} catch (error) {
			this.away.value = new Set([...this.away.peek()].filter((one) => one !== id));
			throw error;
		}
	}

	/** Whoever was here leaves quickly: nothing is announced any more. */
	hush(): void {
		this.forget();
		this.ready = false;
	}

	/** What came in was looked at, or put away. */
	seen(id: EventId): void {
		this.incoming.value = this.incoming.peek().filter((one) => one.id !== id);
	}

	/** Its reader has it open: the sender may know. A receipt says that all before it was seen too, so it goes no further than that is true. */
	async open(entry: Entry): Promise<void> {
		this.seen(entry.id);
		if (this.opened.has(entry.id) || this.here.alone) return;
		this.opened.add(entry.id);
		const event = seenUpTo(this.here.model.peek().rooms.get(entry.room)?.timeline ?? [], (id) => this.opened.has(id) || this.mine(id));
		if (!event) return;
		await this.sending.do(entry.room, { kind: "read", event, marked: false }).catch(passedOver); // the next one that is opened makes up for it
	}

	private mine(id: EventId): boolean {
		const { me } = this.here.model.peek();
		const entry = this.entries.peek()?.find((one) => one.id === id);
		return entry === undefined || entry.mine !== "" || entry.sender === me;
	}
}

/** One alert that cannot be read (it is kept no longer, it is not mine any more) is no trouble of the board. */
function passedOver(error: unknown): void {
	if (!(error instanceof Fault)) throw error;
}

/** The last event of a channel before the first alert that was not seen. */
export function seenUpTo(timeline: readonly Event[], seen: (alert: EventId) => boolean): EventId | undefined {
	const first = timeline.findIndex((e) => {
		const news = newsOf(e);
		return news?.kind === "alert" && !seen(news.alert);
	});
	return (first < 0 ? timeline.at(-1) : timeline[first - 1])?.id;
}
