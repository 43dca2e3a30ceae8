import table from "../../../../hub/place/code/codes.json";
import { boolean, type Json, lenient, list, maybe, number, object, record, string } from "../../wire/decode";
import { type RoomId, roomId, type UserId, userId } from "../../wire/ids";

/** The lists of codes that the hub and this client share (docs/places.md). */
export const codes = table as Readonly<Record<keyof typeof table, readonly string[]>>;

/** Of one category: places in all, those out of service, and those put up for a time. */
export interface Units {
	readonly total: number;
	readonly out: number;
	readonly surge: number;
}

/** What a shelter asks of those it takes in. A hard one rules out, a soft one warns. */
export interface Criterion {
	readonly name: string;
	readonly hard?: boolean;
	/** Of ages in years; of intake_hours in minutes of the day. */
	readonly from?: number;
	/** The same, included; of group the largest one. */
	readonly to?: number;
	readonly values?: readonly string[];
}

/** What a shelter says of itself. There is no address, and nothing here may hold one. */
export interface Profile {
	readonly name: string;
	/** "" for not disclosed. */
	readonly country: string;
	/** "" for not disclosed. */
	readonly province: string;
	readonly facility: string;
	readonly services: readonly string[];
	readonly languages: readonly string[];
	readonly criteria: readonly Criterion[];
	/** Minutes east of UTC. */
	readonly zone: number;
	/** Minutes for which places are held. */
	readonly hold: number;
	readonly seenBy: string;
}

/** Another hub, as this one knows it. */
export interface OtherHub {
	readonly server: string;
	/** When it was last heard, Unix milliseconds; undefined for never. */
	readonly heardAt?: number;
	/** Undefined for one that answers. */
	readonly silentSince?: number;
}

export interface Shelter extends Profile {
	readonly id: string;
	/** Unix milliseconds; 0 where nothing was counted yet. */
	readonly confirmedAt: number;
	readonly closed: boolean;
	/** Of an organisation in danger; only its own people are told. */
	readonly frozen: boolean;
	readonly own: boolean;
	readonly free: Readonly<Record<string, number>>;
	readonly waiting: Readonly<Record<string, number>>;
	/** Of one's own organisation's shelters alone. */
	readonly capacity?: Readonly<Record<string, Units>>;
	/** Of a shelter of another hub, which alone gives its places. */
	readonly hub?: OtherHub;
}

/** How a shelter suits what is looked for. */
export interface Suits {
	readonly free: number;
	/** 0 the same province, 1 the same country, 2 another or not said. */
	readonly distance: number;
	/** Names of criteria, and "need." with what it does not offer. */
	readonly warnings: readonly string[];
}

export interface Found {
	readonly shelters: readonly (Shelter & { readonly suits: Suits })[];
	/** Whether one of them has what is looked for. */
	readonly free: boolean;
}

/** `asked`: another hub was asked and has not answered, so nothing is held. */
export type State = "asked" | "held" | "waiting" | "accepted" | "arrived" | "left" | "declined" | "withdrawn" | "expired" | "no_show";

export type Facts = Readonly<Record<string, boolean>>;

/** For whom places are asked: counts and codes, and nothing of who they are. */
export interface Need {
	readonly category: string;
	readonly group: number;
	readonly ages: readonly string[];
	readonly urgency: string;
	readonly needs: readonly string[];
	readonly languages: readonly string[];
	/** ISO 3166-2, a country, or "". */
	readonly from: string;
	readonly facts: Facts;
}

export interface Consent {
	readonly given: "none" | "given" | "withdrawn";
	/** Unix milliseconds; 0 for none. */
	readonly at: number;
	readonly words: string;
	readonly language: string;
}

/** A request for places, as one of its two sides reads it. */
export interface Entry {
	readonly id: string;
	readonly ask: string;
	readonly shelterId: string;
	readonly shelter: string;
	/** Its private channel; undefined once that is emptied. */
	readonly room?: RoomId;
	readonly category: string;
	readonly places: number;
	readonly urgency: string;
	readonly state: State;
	readonly reason: string;
	/** Unix milliseconds, as the other times. */
	readonly at: number;
	readonly updatedAt: number;
	/** Until when it is held. */
	readonly until?: number;
	/** Among those who wait; 1 is next. */
	readonly position?: number;
	readonly endedAt?: number;
	/** My organisation asks. */
	readonly mine: boolean;
	/** I take people in there. */
	readonly decide: boolean;
	/** Who asked; "" once that is forgotten. */
	readonly worker: UserId;
	readonly consent: Consent;
	/** The other hub, which is asked or asks. */
	readonly hub?: OtherHub;
	/** The organisation of another hub that asks; undefined where it is one of this hub. */
	readonly asker?: string;
	/** The other hub has not heard yet what was said here last. */
	readonly untold: boolean;
	/** Undefined once it is forgotten. */
	readonly wish?: Need & { readonly note: string; readonly noteLanguage: string; readonly callBack: boolean };
}

/** What was sealed on a device for the devices of both sides. */
export interface SealedNote {
	readonly id: string;
	readonly user: UserId;
	readonly at: number;
	/** An age file, in base64. */
	readonly sealed: string;
}

export interface Leg {
	readonly from: string;
	readonly to: string;
	/** 2026-12-01 */
	readonly date: string;
	readonly escort: string;
	readonly ask?: string;
}

export interface Journey {
	readonly id: string;
	readonly at: number;
	readonly legs: readonly Leg[];
	/** Of each leg; "" where nothing is asked yet. */
	readonly states: readonly (State | "")[];
}

const text = (o: Json, member: string): string => maybe(string, o[member]) ?? "";
const texts = (o: Json, member: string): string[] => maybe(list(string), o[member]) ?? [];
const amount = (o: Json, member: string): number => maybe(number, o[member]) ?? 0;
const truth = (o: Json, member: string): boolean => maybe(boolean, o[member]) ?? false;

export const decodeUnits = (value: unknown): Units => {
	const o = object(value);
	return { total: amount(o, "total"), out: amount(o, "out"), surge: amount(o, "surge") };
};

function decodeCriterion(value: unknown): Criterion {
	const o = object(value);
	const [from, to, values] = [maybe(number, o["from"]), maybe(number, o["to"]), maybe(list(string), o["values"])];
	return {
		name: string(o["name"]),
		...(o["hard"] === true && { hard: true }),
		...(from !== undefined && { from }),
		...(to !== undefined && { to }),
		...(values && { values }),
	};
}

function decodeHub(value: unknown): OtherHub {
	const o = object(value);
	const [heardAt, silentSince] = [maybe(number, o["heard_at"]), maybe(number, o["silent_since"])];
	return { server: string(o["server"]), ...(heardAt !== undefined && { heardAt }), ...(silentSince !== undefined && { silentSince }) };
}

export function decodeShelter(value: unknown): Shelter {
	const o = object(value);
	const hub = maybe(decodeHub, o["hub"]);
	const capacity = maybe(record(decodeUnits), o["capacity"]);
	return {
		id: string(o["id"]),
		name: string(o["name"]),
		country: text(o, "country"),
		province: text(o, "province"),
		facility: string(o["facility"]),
		services: texts(o, "services"),
		languages: texts(o, "languages"),
		criteria: maybe(list(decodeCriterion), o["criteria"]) ?? [],
		zone: amount(o, "zone"),
		hold: amount(o, "hold"),
		seenBy: text(o, "seen_by"),
		confirmedAt: amount(o, "confirmed_at"),
		closed: truth(o, "closed"),
		frozen: truth(o, "frozen"),
		own: truth(o, "own"),
		free: maybe(record(number), o["free"]) ?? {},
		waiting: maybe(record(number), o["waiting"]) ?? {},
		...(capacity && { capacity }),
		...(hub && { hub }),
	};
}

export function decodeFound(value: unknown): Found {
	const o = object(value);
	const shelters = list((one) => {
		const suits = object(object(one)["suits"]);
		return { ...decodeShelter(one), suits: { free: amount(suits, "free"), distance: amount(suits, "distance"), warnings: texts(suits, "warnings") } };
	})(o["shelters"]);
	return { shelters, free: boolean(o["free"]) };
}

export function decodeNeed(o: Json): Need {
	return {
		category: string(o["category"]),
		group: number(o["group"]),
		ages: texts(o, "ages"),
		urgency: string(o["urgency"]),
		needs: texts(o, "needs"),
		languages: texts(o, "languages"),
		from: text(o, "from"),
		facts: maybe(record(boolean), o["facts"]) ?? {},
	};
}

function decodeConsent(value: unknown): Consent {
	const o = object(value);
	return { given: string(o["given"]) as Consent["given"], at: amount(o, "at"), words: text(o, "words"), language: text(o, "language") };
}

export function decodeEntry(value: unknown): Entry {
	const o = object(value);
	const [until, position, endedAt] = [maybe(number, o["until"]), maybe(number, o["position"]), maybe(number, o["ended_at"])];
	const wish = maybe(object, o["wish"]);
	const [hub, asker] = [maybe(decodeHub, o["hub"]), maybe(string, o["asker"])];
	const room = text(o, "room_id");
	return {
		id: string(o["id"]),
		ask: string(o["ask_id"]),
		shelterId: string(o["shelter_id"]),
		shelter: string(o["shelter"]),
		...(room !== "" && { room: roomId(room) }),
		category: string(o["category"]),
		places: number(o["places"]),
		urgency: string(o["urgency"]),
		state: string(o["state"]) as State,
		reason: text(o, "reason"),
		at: number(o["at"]),
		updatedAt: number(o["updated_at"]),
		...(until !== undefined && { until }),
		...(position !== undefined && { position }),
		...(endedAt !== undefined && { endedAt }),
		mine: truth(o, "mine"),
		decide: truth(o, "decide"),
		worker: userId(text(o, "worker")),
		consent: decodeConsent(o["consent"]),
		...(hub && { hub }),
		...(asker !== undefined && { asker }),
		untold: truth(o, "untold"),
		...(wish && { wish: { ...decodeNeed(wish), note: text(wish, "note"), noteLanguage: text(wish, "language"), callBack: truth(wish, "call_back") } }),
	};
}

export function decodeNote(value: unknown): SealedNote {
	const o = object(value);
	return { id: string(o["id"]), user: userId(string(o["user_id"])), at: number(o["at"]), sealed: string(o["sealed"]) };
}

export function decodeJourney(value: unknown): Journey {
	const o = object(value);
	const legs = list((one): Leg => {
		const l = object(one);
		const ask = text(l, "ask_id");
		return { from: string(l["from"]), to: string(l["to"]), date: string(l["date"]), escort: string(l["escort"]), ...(ask !== "" && { ask }) };
	})(o["legs"]);
	return { id: string(o["id"]), at: amount(o, "at"), legs, states: texts(o, "states") as (State | "")[] };
}

/** Where the hub says what each person has to be told of places. */
export const placeNotices = "network.panah.places";

const kinds = ["passed", "asked", "again", "organise", "confirm", "held", "accepted", "declined", "expired", "stepped"] as const;
export type PlaceNoticeKind = (typeof kinds)[number];

export interface PlaceNotice {
	readonly id: string;
	/** A request, or for `confirm` a shelter. */
	readonly about: string;
	readonly kind: PlaceNoticeKind;
	/** Unix milliseconds. */
	readonly at: number;
}

/** Reads them; those of a newer hub that are not understood are left out. */
export function decodePlaceNotices(content: Json | undefined): PlaceNotice[] {
	const all = lenient(list(object), content?.["notices"]) ?? [];
	return all.flatMap((n) => {
		const kind = kinds.find((one) => one === n["kind"]);
		return kind ? [{ id: text(n, "id"), about: text(n, "about"), kind, at: lenient(number, n["at"]) ?? 0 }] : [];
	});
}

/** Whether somebody still has to do something about a request, or may come. */
export const underWay = ({ state }: Pick<Entry, "state">): boolean =>
	state === "asked" || state === "held" || state === "waiting" || state === "accepted" || state === "arrived";

export type Freshness = "fresh" | "ageing" | "stale" | "uncounted";

const hour = 3_600_000;

/** How far a shelter's numbers can be trusted; from two days on nothing of it counts as free. */
export function freshness({ confirmedAt }: Pick<Shelter, "confirmedAt">, now: number): Freshness {
	const age = now - confirmedAt;
	if (age >= 48 * hour) return "uncounted";
	return age >= 24 * hour ? "stale" : age >= 12 * hour ? "ageing" : "fresh";
}

/** Most places of one category in one shelter. */
export const mostPlaces = 999;

/**
 * The units when so many more (or fewer) are free: what is out of service comes back first, what was put up for a time goes first. Before anything
 * was counted, the total itself is what is said.
 */
export function withFree(units: Units, more: number, first = false): Units {
	if (first) return { ...units, total: Math.max(0, Math.min(mostPlaces, units.total + more)) };
	if (more > 0) {
		const back = Math.min(units.out, more);
		return { ...units, out: units.out - back, surge: Math.min(mostPlaces, units.surge + more - back) };
	}
	const off = Math.min(units.surge, -more);
	return { ...units, surge: units.surge - off, out: Math.min(mostPlaces, units.out - more - off) };
}

const urgencyRank = (urgency: string): number => codes.urgency.indexOf(urgency);

/** Requests in the order in which they need somebody: mine to decide first, by urgency, then by what runs out; then those that wait for others. */
export function byNeed(a: Entry, b: Entry): number {
	return rank(a) - rank(b) || urgencyRank(b.urgency) - urgencyRank(a.urgency) || (a.until ?? a.updatedAt) - (b.until ?? b.updatedAt);
}

function rank({ decide, state }: Entry): number {
	if (decide && state === "held") return 0;
	if (decide && state === "accepted") return 1;
	return state === "arrived" ? 3 : 2;
}
