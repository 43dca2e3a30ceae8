import { type Json, list, maybe, number, object, string } from "../wire/decode";
import { nothing, path, request } from "../wire/http";
import { type UserId, userId } from "../wire/ids";

const text = (o: Json, member: string) => maybe(string, o[member]) ?? "";

/** Hours of duty that come back every week. */
export interface RotaSlot {
	/** 0 is Monday. */
	readonly weekday: number;
	/** Minutes of the day in the organisation's time; not after `from` means the next day. */
	readonly from: number;
	readonly until: number;
	readonly user: UserId;
	/** 1 is asked first. */
	readonly place: number;
}

/** A span in which somebody else is on duty. */
export interface StandIn {
	readonly id: string;
	/** Unix milliseconds. */
	readonly from: number;
	readonly until: number;
	readonly user: UserId;
	/** In whose place, or "". */
	readonly instead: string;
	readonly note: string;
}

/** What one shift leaves for the next. */
export interface HandOver {
	readonly id: string;
	readonly at: number;
	readonly author: UserId;
	readonly text: string;
}

/** Who of an organisation is on duty when. */
export interface Rota {
	readonly slots: readonly RotaSlot[];
	readonly standIns: readonly StandIn[];
	readonly notes: readonly HandOver[];
	/** Minutes east of UTC. */
	readonly zone: number;
	/** The first is asked first. */
	readonly now: readonly UserId[];
	readonly next?: { readonly user: UserId; readonly at: number };
}

const user = (o: Json, member = "user_id") => userId(string(o[member]));

function decodeSlot(value: unknown): RotaSlot {
	const o = object(value);
	return { weekday: number(o["weekday"]), from: number(o["from"]), until: number(o["until"]), user: user(o), place: number(o["place"]) };
}

function decodeStandIn(value: unknown): StandIn {
	const o = object(value);
	return { id: string(o["id"]), from: number(o["from"]), until: number(o["until"]), user: user(o), instead: text(o, "instead"), note: text(o, "note") };
}

function decodeNote(value: unknown): HandOver {
	const o = object(value);
	return { id: string(o["id"]), at: number(o["at"]), author: user(o, "author"), text: string(o["text"]) };
}

function decodeRota(value: unknown): Rota {
	const o = object(value);
	const next = maybe(object, o["next"]);
	return {
		slots: maybe(list(decodeSlot), o["slots"]) ?? [],
		standIns: maybe(list(decodeStandIn), o["overrides"]) ?? [],
		notes: maybe(list(decodeNote), o["notes"]) ?? [],
		zone: number(o["zone"]),
		now: (maybe(list(string), o["now"]) ?? []).map(userId),
		...(next && { next: { user: user(next), at: number(next["at"]) } }),
	};
}

/** Whose rota: an organisation's, or that of one of its shelters. */
export interface RotaOf {
	readonly organisation: string;
	readonly shelter?: string | undefined;
}

const at = ({ organisation, shelter }: RotaOf) =>
	shelter === undefined ? path`/_panah/v1/organisations/${organisation}/rota` : path`/_panah/v1/places/shelters/${shelter}/rota`;

export const readRota = (of: RotaOf): Promise<Rota> => request("GET", at(of), decodeRota);

/** Puts the whole week in place of the one before. */
export const setRota = (of: RotaOf, slots: readonly RotaSlot[]): Promise<void> =>
	request("PUT", at(of), nothing, {
		body: { slots: slots.map(({ weekday, from, until, user: id, place }) => ({ weekday, from, until, user_id: id, place })) },
	});

export const addStandIn = (of: RotaOf, { from, until, user: id, instead, note }: Omit<StandIn, "id">): Promise<void> =>
	request("POST", `${at(of)}/overrides`, nothing, { body: { from, until, user_id: id, instead, note } });

export const removeStandIn = (of: RotaOf, id: string): Promise<void> => request("DELETE", `${at(of)}/overrides/${encodeURIComponent(id)}`, nothing);

export const leaveNote = (of: RotaOf, words: string): Promise<void> => request("POST", `${at(of)}/notes`, nothing, { body: { text: words } });
