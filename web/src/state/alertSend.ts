import { boolean, type Json, list, maybe, number, object, string } from "../wire/decode";
import { nothing, path, request } from "../wire/http";
import { type UserId, userId } from "../wire/ids";
import type { Kind, Role } from "./account";
import { type AlertDraft, type Choice, decodeChoice, draftFrom } from "./alertDraft";
import { type Block, decodeBlock, type Usual } from "./alerts/model";

const ours = "/_panah/v1";
const text = (o: Json, member: string) => maybe(string, o[member]) ?? "";

/** Of an audience, one organisation. */
export interface Reach {
	readonly id: string;
	readonly name: string;
	readonly kind: Kind;
	readonly country: string;
	/** How many of its people get the alert, without its sender. */
	readonly people: number;
}

/** To whom a choice would send. */
export interface Audience {
	readonly organisations: readonly Reach[];
	readonly people: number;
	readonly roles: readonly Role[];
	/** Of other hubs, which do not say how many people they have. */
	readonly abroad: readonly string[];
	readonly named: readonly { readonly id: UserId; readonly name: string; readonly organisation: string }[];
}

const decodeReach = (value: unknown): Reach => {
	const o = object(value);
	return { id: string(o["id"]), name: string(o["name"]), kind: string(o["kind"]) as Kind, country: string(o["country"]), people: number(o["people"]) };
};

function decodeAudience(value: unknown): Audience {
	const o = object(value);
	return {
		organisations: list(decodeReach)(o["organisations"]),
		people: number(o["people"]),
		abroad: (maybe(list(object), o["abroad"]) ?? []).map((one) => string(one["abroad_id"])),
		roles: list((role) => string(role) as Role)(o["roles"]),
		named: list((one) => {
			const n = object(one);
			return { id: userId(string(n["user_id"])), name: string(n["name"]), organisation: text(n, "organisation_id") };
		})(o["named"]),
	};
}

/** Asks the hub to whom an alert about these areas, under this label, would go. */
export const audienceOf = (audience: Choice, areas: readonly string[], tlp: string): Promise<Audience> =>
	request("POST", `${ours}/alerts/audience`, decodeAudience, { body: { audience, areas, tlp } });

/** Why an alert waits for a second person: its code describes somebody, its sender says so, or something was found in its text. */
export type Cause = "code" | "said" | "guard";

/** What became of an alert: sent, or waiting for a second person. */
export type Sent =
	| { readonly state: "sent"; readonly alert: string }
	| { readonly state: "waiting"; readonly draft: string; readonly causes: readonly Cause[] };

function decodeSent(value: unknown): Sent {
	const o = object(value);
	if (o["state"] === "sent") return { state: "sent", alert: string(o["alert_id"]) };
	return { state: "waiting", draft: string(o["draft_id"]), causes: list(string)(o["causes"]) as Cause[] };
}

/** Where a wish goes: a new alert, or a new version of one. */
export const doorOf = (update?: string): string => (update === undefined ? `${ours}/alerts` : path`/_panah/v1/alerts/${update}/update`);

export const sendWish = (door: string, wish: Json): Promise<Sent> => request("POST", door, decodeSent, { body: wish });

/** The hub's answers leave nothing out. */
const whole: Usual = { urgency: "Unknown", severity: "Unknown", certainty: "Unknown" };

export type DraftStanding = "waiting" | "approved" | "refused" | "withdrawn" | "lapsed";

/** An alert that waits for a second person, or waited. */
export interface WaitingAlert {
	readonly id: string;
	readonly organisation: string;
	readonly author: UserId;
	readonly causes: readonly Cause[];
	/** Unix milliseconds; it waits until then at most. */
	readonly at: number;
	readonly until: number;
	readonly standing: DraftStanding;
	/** Empty while it waits. */
	readonly decidedBy: string;
	readonly reason: string;
	/** The alert that came of it, or "". */
	readonly alert: string;
	/** Gone once it was decided; a refused one keeps it for its author. */
	readonly said?: Block;
	readonly audience?: Choice;
	/** The alert that it is a new version of, or "". */
	readonly update: string;
}

function decodeWaiting(value: unknown): WaitingAlert {
	const o = object(value);
	const said = maybe((block) => decodeBlock(block, whole), o["alert"]);
	const audience = maybe(object, o["audience"]);
	return {
		id: string(o["id"]),
		organisation: string(o["organisation_id"]),
		author: userId(string(o["author"])),
		causes: (maybe(list(string), o["causes"]) ?? []) as Cause[],
		at: number(o["at"]),
		until: number(o["until"]),
		standing: string(o["standing"]) as DraftStanding,
		decidedBy: text(o, "decided_by"),
		reason: text(o, "reason"),
		alert: text(o, "alert_id"),
		...(said && { said }),
		...(audience && { audience: decodeChoice(audience) }),
		update: text(o, "update"),
	};
}

/**
 * Begins anew what was refused, with all that its author had said of it: a new alert to the same people and for the same span, a new version until
 * the same end. What was found in its words is asked about again.
 */
export function draftAnew({ said, ...of }: WaitingAlert & { readonly said: Block }, language: string, places: readonly string[]): AlertDraft {
	const draft = { ...draftFrom(said, language, places), describes: of.causes.includes("said") };
	if (of.update !== "") return draft;
	const { expires: _was, ...rest } = draft;
	const hours = Math.max(1, Math.round((said.expires - of.at) / 3_600_000));
	return { ...rest, step: 1, hours, audience: of.audience ?? {}, ...(said.quotes !== "" && { quotes: said.quotes }) };
}

export interface WaitingAlerts {
	/** Those that I may decide on, the oldest first. */
	readonly decide: readonly WaitingAlert[];
	readonly own: readonly WaitingAlert[];
}

export const waitingAlerts = (): Promise<WaitingAlerts> =>
	request("GET", `${ours}/alerts/waiting`, (value) => {
		const o = object(value);
		return { decide: list(decodeWaiting)(o["decide"]), own: list(decodeWaiting)(o["own"]) };
	});

export const approveAlert = (id: string): Promise<Sent> => request("POST", path`/_panah/v1/alert-drafts/${id}/approve`, decodeSent, { body: {} });

export const refuseAlert = (id: string, reason: string): Promise<void> =>
	request("POST", path`/_panah/v1/alert-drafts/${id}/refuse`, nothing, { body: { reason } });

export const withdrawAlert = (id: string): Promise<void> => request("DELETE", path`/_panah/v1/alert-drafts/${id}`, nothing);

/** What an alert says now, to begin a new version from. */
export const saidNow = (id: string): Promise<Block> => request("GET", path`/_panah/v1/alerts/${id}`, (value) => decodeBlock(object(value)["alert"], whole));

/** Words that want translating into a language. */
export interface ToTranslate {
	readonly alert: string;
	/** The version whose words they are. */
	readonly event: string;
	readonly from: string;
	readonly to: string;
	readonly text: string;
	/** Unix milliseconds. */
	readonly at: number;
	readonly urgency: string;
	/** Who is at it, or "". */
	readonly claimedBy: string;
	readonly claimedUntil: number;
	/** There is a translation of what the words were before. */
	readonly outdated: boolean;
}

function decodeToTranslate(value: unknown): ToTranslate {
	const o = object(value);
	return {
		alert: string(o["alert_id"]),
		event: string(o["event_id"]),
		from: string(o["from"]),
		to: string(o["to"]),
		text: string(o["text"]),
		at: number(o["at"]),
		urgency: string(o["urgency"]),
		claimedBy: text(o, "claimed_by"),
		claimedUntil: maybe(number, o["claimed_until"]) ?? 0,
		outdated: maybe(boolean, o["outdated"]) ?? false,
	};
}

export const toTranslate = (): Promise<ToTranslate[]> =>
	request("GET", `${ours}/alerts/translations`, (value) => list(decodeToTranslate)(object(value)["items"]));

/** Says that I am at it, so that nobody else is; gives until when, Unix milliseconds. */
export const claimTranslation = (event: string, language: string): Promise<number> =>
	request("POST", `${ours}/alerts/translations/claim`, (value) => number(object(value)["until"]), { body: { event_id: event, language } });

export const releaseTranslation = (event: string, language: string): Promise<void> =>
	request("POST", `${ours}/alerts/translations/release`, nothing, { body: { event_id: event, language } });
