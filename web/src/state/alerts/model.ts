import { boolean, type Json, lenient, list, maybe, number, object, record, string } from "../../wire/decode";
import { type EventId, eventId, type RoomId, roomId, type UserId, userId } from "../../wire/ids";

export type Answer = "seen" | "can_act" | "cannot" | "done";
/** How an organisation stands to an alert: silent, or the most that its people said. */
export type Stand = "silent" | Answer;
export type Status = "Actual" | "Exercise" | "Test";
/** The least haste last. */
export const urgencies = ["Immediate", "Expected", "Future", "Past", "Unknown"] as const;
export type Urgency = (typeof urgencies)[number];
export const severities = ["Extreme", "Severe", "Moderate", "Minor", "Unknown"] as const;
export const labels = ["RED", "AMBER+STRICT", "AMBER", "GREEN", "CLEAR"] as const;
export type Label = (typeof labels)[number];
/** Why somebody cannot act. */
export const whys = ["no_capacity", "outside_area", "not_our_field", "unsafe", "nobody_here", "other"] as const;
export type Why = (typeof whys)[number];

/** What an alert says (CAP 1.2 under our own codes). */
export interface Block {
	readonly code: string;
	readonly slots: Json;
	readonly status: Status;
	readonly kind: "Alert" | "Update" | "Cancel";
	readonly urgency: Urgency;
	readonly severity: string;
	readonly certainty: string;
	/** ISO 3166-2, or a country alone. */
	readonly areas: readonly string[];
	/** Unix milliseconds. */
	readonly expires: number;
	readonly tlp: Label;
	/** Free text, in `language`; often "". */
	readonly text: string;
	readonly language: string;
	/** The alert that it passes on, or "". */
	readonly quotes: string;
	/** In whose name the hub's account writes, or "". */
	readonly by: string;
	/** The server of the hub that says it, where that is another one: ids of organisations are as that hub calls them. */
	readonly origin?: string;
}

/** What a code proposes, which an event leaves out. */
export interface Usual {
	readonly urgency: string;
	readonly severity: string;
	readonly certainty: string;
}

/** What somebody made of an alert's free text in another language. */
export interface Translation {
	readonly event: EventId;
	/** The version that it translates. */
	readonly version: EventId;
	readonly language: string;
	readonly sender: UserId;
	/** Unix milliseconds. */
	readonly at: number;
	readonly text: string;
	/** The alert was changed after it. */
	readonly outdated: boolean;
}

/** An alert as its reader finds it on the board. All times are Unix milliseconds. */
export interface Entry {
	/** Its first event. */
	readonly id: EventId;
	readonly room: RoomId;
	/** The event of the version that stands. */
	readonly version: EventId;
	/** The sender's. */
	readonly organisation: string;
	readonly sender: UserId;
	readonly sentAt: number;
	readonly updatedAt: number;
	/** Taken back or over, as of when it was read; see `stage`. */
	readonly state: "live" | "cancelled" | "expired";
	readonly block: Block;
	readonly mine: Answer | "";
	/** How my organisation stands. */
	readonly ours: Stand;
	/** I was asked by name. */
	readonly asked: boolean;
	/** An answer of mine would help. */
	readonly needsMe: boolean;
	/** By when my organisation should have answered; absent when nobody waits. */
	readonly deadline?: number;
	/** How many organisations stand how. */
	readonly stands: Readonly<Partial<Record<Stand, number>>>;
	readonly translation?: Translation;
	/** The server of the hub whose alert it is; absent for one of this hub. */
	readonly hub?: string;
}

export interface Version {
	readonly event: EventId;
	readonly sender: UserId;
	readonly at: number;
	readonly block: Block;
}

export interface Said {
	readonly event: EventId;
	readonly user: UserId;
	readonly at: number;
	readonly answer: Answer;
	readonly why: string;
	/** Said for the whole organisation. */
	readonly whole: boolean;
	readonly note: string;
}

export interface Asked {
	readonly organisation: string;
	readonly stand: Stand;
	/** How many of its people should have the alert. */
	readonly people: number;
	readonly answers: readonly Said[];
}

export type Truth = "acknowledged" | "seen" | "reached" | "unknown";

/** What is known of the way of an alert to one organisation. */
export interface Delivery {
	readonly organisation: string;
	readonly people: number;
	readonly reached: number;
	readonly seen: number;
	readonly stand: Stand;
	readonly truth: Truth;
	/** When any of its devices was last heard of. */
	readonly silentSince?: number;
	/** The hub that brings it the alert, where that is another one, and since when it does not answer. */
	readonly hub?: { readonly server: string; readonly took: boolean; readonly silentSince?: number };
}

export type Turn = "sent" | "update" | "cancel" | "expired" | "answer" | "translation" | "step";

/** Something that happened in the life of an alert. */
export interface Moment {
	readonly at: number;
	readonly kind: Turn;
	readonly user?: string;
	readonly organisation?: string;
	readonly answer?: Answer;
	/** How far the question went: duty, next, admin … */
	readonly step?: string;
	readonly language?: string;
}

/** All that its reader may know of an alert. */
export interface Detail extends Entry {
	readonly versions: readonly Version[];
	readonly organisations: readonly Asked[];
	readonly translations: readonly Translation[];
	/** For the sender's organisation, and those who look after the network. */
	readonly delivery?: readonly Delivery[];
	readonly timeline: readonly Moment[];
}

export type NoticeKind = "duty" | "next" | "admin" | "coordinator" | "steward" | "approve" | "refused" | "approved";

/** What the hub asks of me by name, or tells me, until it is settled. */
export interface AlertNotice {
	readonly id: string;
	/** Absent for a draft. */
	readonly alert?: EventId;
	readonly kind: NoticeKind;
	/** A draft or an organisation. */
	readonly about: string;
	readonly at: number;
}

const text = (o: Json, member: string): string => lenient(string, o[member]) ?? "";

function oneOf<T extends string>(all: readonly T[], value: unknown, otherwise: T): T {
	return all.find((one) => one === value) ?? otherwise;
}

/** Reads what an event or an answer of the hub says of an alert; what it leaves out is as its code has it. */
export function decodeBlock(value: unknown, usual: Usual): Block {
	const b = object(value);
	return {
		code: string(b["code"]),
		slots: lenient(object, b["slots"]) ?? {},
		status: oneOf<Status>(["Actual", "Exercise", "Test"], b["status"], "Actual"),
		kind: oneOf<Block["kind"]>(["Alert", "Update", "Cancel"], b["msg_type"], "Alert"),
		urgency: oneOf(urgencies, b["urgency"] ?? usual.urgency, "Unknown"),
		severity: oneOf(severities, b["severity"] ?? usual.severity, "Unknown"),
		certainty: text(b, "certainty") || usual.certainty,
		areas: lenient(list(string), b["areas"]) ?? [],
		expires: number(b["expires"]) * 1000,
		tlp: oneOf(labels, b["tlp"], "RED"), // what is not understood is the strictest
		text: text(b, "text"),
		language: text(b, "language"),
		quotes: text(b, "quotes"),
		by: text(b, "by"),
	};
}

const whole: Usual = { urgency: "Unknown", severity: "Unknown", certainty: "Unknown" };

function decodeTranslation(value: unknown): Translation {
	const t = object(value);
	return {
		event: eventId(string(t["event_id"])),
		version: eventId(string(t["version_id"])),
		language: string(t["language"]),
		sender: userId(string(t["sender"])),
		at: number(t["at"]),
		text: string(t["text"]),
		outdated: t["outdated"] === true,
	};
}

/** Reads an alert of the board. */
export function decodeEntry(value: unknown): Entry {
	const e = object(value);
	const deadline = maybe(number, e["deadline"]);
	const translation = maybe(decodeTranslation, e["translation"]);
	const hub = maybe(string, e["hub"]);
	return {
		id: eventId(string(e["id"])),
		room: roomId(string(e["room_id"])),
		version: eventId(string(e["event_id"])),
		organisation: string(e["organisation_id"]),
		sender: userId(string(e["sender"])),
		sentAt: number(e["sent_at"]),
		updatedAt: number(e["updated_at"]),
		state: oneOf<Entry["state"]>(["live", "cancelled", "expired"], e["state"], "live"),
		block: { ...decodeBlock(e["alert"], whole), ...(hub !== undefined && { origin: hub }) },
		mine: oneOf<Entry["mine"]>(["", ...answers], e["mine"], ""),
		ours: oneOf<Stand>(stands, e["ours"], "silent"),
		asked: boolean(e["asked"]),
		needsMe: boolean(e["needs_me"]),
		stands: record(number)(e["standings"] ?? {}),
		...(deadline !== undefined && { deadline }),
		...(translation && { translation }),
		...(hub !== undefined && { hub }),
	};
}

export const answers: readonly Answer[] = ["seen", "can_act", "cannot", "done"];
const stands: readonly Stand[] = ["silent", ...answers];

function decodeSaid(value: unknown): Said {
	const a = object(value);
	return {
		event: eventId(string(a["event_id"])),
		user: userId(string(a["user_id"])),
		at: number(a["at"]),
		answer: oneOf(answers, a["answer"], "seen"),
		why: text(a, "why"),
		whole: a["whole"] === true,
		note: text(a, "note"),
	};
}

function decodeAsked(value: unknown): Asked {
	const o = object(value);
	return {
		organisation: string(o["id"]),
		stand: oneOf(stands, o["standing"], "silent"),
		people: number(o["asked"]),
		answers: list(decodeSaid)(o["answers"]),
	};
}

function decodeDelivery(value: unknown): Delivery {
	const d = object(value);
	const silentSince = maybe(number, d["silent_since"]);
	const hub = maybe(decodeHub, d["hub"]);
	return {
		organisation: string(d["id"]),
		people: number(d["people"]),
		reached: number(d["reached"]),
		seen: number(d["seen"]),
		stand: oneOf(stands, d["standing"], "silent"),
		truth: oneOf<Truth>(["acknowledged", "seen", "reached", "unknown"], d["truth"], "unknown"),
		...(silentSince !== undefined && { silentSince }),
		...(hub && { hub }),
	};
}

function decodeHub(value: unknown): NonNullable<Delivery["hub"]> {
	const h = object(value);
	const silentSince = maybe(number, h["silent_since"]);
	return { server: string(h["server"]), took: h["took"] === true, ...(silentSince !== undefined && { silentSince }) };
}

function decodeMoment(value: unknown): Moment {
	const m = object(value);
	const part = (from: string, to: string) => (text(m, from) === "" ? {} : { [to]: text(m, from) });
	return {
		at: number(m["at"]),
		kind: string(m["kind"]) as Turn,
		...part("user_id", "user"),
		...part("organisation_id", "organisation"),
		...part("answer", "answer"),
		...part("step", "step"),
		...part("language", "language"),
	};
}

/** Reads an alert in full. */
export function decodeDetail(value: unknown): Detail {
	const d = object(value);
	const delivery = maybe(list(decodeDelivery), d["delivery"]);
	return {
		...decodeEntry(value),
		versions: list(decodeVersion)(d["versions"]),
		organisations: list(decodeAsked)(d["organisations"]),
		translations: list(decodeTranslation)(d["translations"]),
		timeline: maybe(list(decodeMoment), d["timeline"]) ?? [],
		...(delivery && { delivery }),
	};
}

function decodeVersion(value: unknown): Version {
	const v = object(value);
	return { event: eventId(string(v["event_id"])), sender: userId(string(v["sender"])), at: number(v["at"]), block: decodeBlock(v["alert"], whole) };
}

const noticeKinds: readonly NoticeKind[] = ["duty", "next", "admin", "coordinator", "steward", "approve", "refused", "approved"];

/** The account data that holds notices; the hub alone writes there. */
export const alertNotices = "network.panah.alerts";

/** Reads them; those of a newer hub that are not understood are left out. */
export function decodeNotices(content: Json | undefined): AlertNotice[] {
	const all = lenient(list(object), content?.["notices"]) ?? [];
	return all.flatMap((n) => {
		const kind = noticeKinds.find((one) => one === n["kind"]);
		if (!kind) return [];
		const alert = text(n, "alert_id");
		return [{ id: text(n, "id"), kind, about: text(n, "about"), at: lenient(number, n["at"]) ?? 0, ...(alert !== "" && { alert: eventId(alert) }) }];
	});
}

/** How an alert stands at a moment: what expires needs no word from the hub. */
export function stage(entry: Pick<Entry, "state" | "block">, now: number): Entry["state"] {
	return entry.state === "live" && entry.block.expires <= now ? "expired" : entry.state;
}
