import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import type { RoomId, UserId } from "../../wire/ids";
import type { LineState } from "../../wire/line";
import { meter } from "../../wire/meter";
import type * as account from "../account";
import * as care from "../care";
import { heard, talked } from "../heard";
import { mutedRooms } from "../history";
import { Media } from "../media/media";
import type { Progress } from "../media/uploads";
import { emptyModel, type Invitation, type Model, type Room } from "../model";
import type { Outgoing } from "../outbox";
import { decodeSettings, type Settings, settingsType } from "../settings";
import { decodeNotices, type Notice, noticesType } from "../signin";
import { keepUsed, plus, readUsed, type Used } from "../used";

/** Whether someone is signed in on this device. */
export type Session =
	| { readonly kind: "checking" }
	/** The hub could not be asked, and this device knows of nobody. */
	| { readonly kind: "unreachable" }
	| { readonly kind: "out"; readonly why?: "elsewhere" }
	/** A PIN keeps what this device has. */
	| { readonly kind: "locked" }
	| { readonly kind: "in"; readonly me: account.Me };

/** What this page knows, as signals. The parts of the client write them; the screens read them and never see the line. */
export class Known {
	readonly session = signal<Session>({ kind: "checking" });
	readonly line = signal<{ readonly state: LineState; readonly since: number }>({ state: "catching", since: Date.now() });
	readonly model = signal<Model>(emptyModel("" as UserId));
	readonly outbox = signal<readonly Outgoing[]>([]);
	/** What is being written, by channel or by channel and thread. */
	readonly drafts = signal<ReadonlyMap<string, string>>(new Map());
	/** Undefined until it was read. What was read stays when a later reading fails. */
	readonly organisations = signal<readonly account.Organisation[] | undefined>(undefined);
	readonly people = signal<readonly account.Person[] | undefined>(undefined);
	/** Organisations of other hubs. */
	readonly abroad = signal<readonly account.Abroad[]>([]);
	/** Which organisation coordinates a country, by country. */
	readonly leads = signal<ReadonlyMap<string, string>>(new Map());
	readonly loadingOlder = signal<ReadonlySet<RoomId>>(new Set());
	readonly settings: ReadonlySignal<Settings> = computed(() => decodeSettings(this.model.value.accountData.get(settingsType)));
	/** The channels that make no noise. */
	readonly muted: ReadonlySignal<ReadonlySet<string>> = computed(() => mutedRooms(this.model.value.accountData.get("m.push_rules")));
	/** What the hub must tell the person until it is answered. */
	readonly notices: ReadonlySignal<readonly Notice[]> = computed(() => decodeNotices(this.model.value.accountData.get(noticesType)));
	private readonly ignoredData = computed(() => this.model.value.accountData.get(care.ignoredType));
	/** Whose words one does not want. */
	readonly blocked: ReadonlySignal<ReadonlySet<string>> = computed(() => care.ignoredOf(this.ignoredData.value));
	/** The channels and spaces that people talk in. */
	readonly rooms: ReadonlySignal<ReadonlyMap<RoomId, Room>> = computed(() => heard(talked(this.model.value.rooms), this.blocked.value));
	readonly invitations: ReadonlySignal<readonly Invitation[]> = computed(() => [...this.model.value.invitations.values()]);
	/** Whether the rooms were heard of at all: an empty list before that is not an empty list. */
	readonly loaded: ReadonlySignal<boolean> = computed(() => this.model.value.next !== undefined);

	/** What waits for those who look after the network; undefined until it was read. */
	readonly waiting = signal<care.Overview | undefined>(undefined);
	readonly duty: ReadonlySignal<ReadonlyMap<string, care.Duty>> = computed(() => care.dutyOf(this.model.value.accountData));

	/** How much the line was used on this device. */
	readonly used = signal<Used>(readUsed());

	/** Files of the hub. */
	readonly media = new Media();
	/** How far the file has come that goes out now. */
	readonly uploading = signal<Progress | undefined>(undefined);

	/** How this device is called where it is listed and nobody may be asked. */
	deviceName = "";

	/** Asks the browser to wake the worker when there is a line, also when this page is closed by then. */
	wantWorker: () => void = () => undefined;

	/** Counts who was at the device. */
	private stay = 0;

	constructor() {
		meter((bytes) => this.countUse(bytes));
	}

	/** Adds to what the line was used for. What other pages of this device have added counts as well. */
	countUse(bytes: number): void {
		this.used.value = plus(readUsed(), bytes, new Date());
		keepUsed(this.used.value);
	}

	/** Tells, once something was waited for, whether whoever was here before is here still: what was asked for them is for nobody else. */
	staying(): () => boolean {
		const { stay } = this;
		return () => stay === this.stay;
	}

	/** Whether this is the account that has nothing and speaks to nobody. */
	get alone(): boolean {
		const session = this.session.value;
		return session.kind === "in" && session.me.alone === true;
	}

	/** Whether this session leaves nothing on its device. */
	get brief(): boolean {
		const session = this.session.value;
		return session.kind === "in" && session.me.brief === true;
	}

	/** Whether the person's role allows an act of the hub's table. */
	may(act: string): boolean {
		const session = this.session.value;
		return session.kind === "in" && session.me.may.includes(act);
	}

	/** Shows at once what will be so when the hub has heard of it. */
	foresee({ room, act }: Pick<Outgoing, "room" | "act">): void {
		const model = this.model.value;
		if (act.kind === "read") this.change(room, (r) => ({ ...r, unread: 0, highlights: 0, marked: false }));
		if (act.kind === "unread") this.change(room, (r) => ({ ...r, marked: true }));
		if (act.kind === "settings") this.model.value = { ...model, accountData: new Map(model.accountData).set(act.type, act.content) };
		const session = this.session.value;
		if (act.kind === "name" && session.kind === "in") this.session.value = { kind: "in", me: { ...session.me, name: act.name } };
	}

	change(id: RoomId, how: (room: Room) => Room): void {
		const room = this.model.value.rooms.get(id);
		if (room) this.model.value = { ...this.model.value, rooms: new Map(this.model.value.rooms).set(id, how(room)) };
	}

	/** Leaves nothing of a person in this page. */
	empty(session: Session): void {
		this.stay++;
		this.media.use(undefined);
		batch(() => {
			this.session.value = session;
			this.model.value = emptyModel("" as UserId);
			this.outbox.value = [];
			this.drafts.value = new Map();
			this.organisations.value = undefined;
			this.people.value = undefined;
			this.abroad.value = [];
			this.leads.value = new Map();
			this.waiting.value = undefined;
		});
	}
}
