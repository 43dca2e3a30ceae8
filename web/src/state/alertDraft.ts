import { type Json, lenient, list, maybe, number, object, parse, record, string } from "../wire/decode";
import { freshTxn } from "../wire/ids";
import type { Kind, Role } from "./account";
import type { Block } from "./alerts/model";

/** To whom an alert goes, as its sender says it. What is left out is as the hub has it: the countries of the alert, those who work in the field. */
export interface Choice {
	/** ISO 3166-1 alpha-2. */
	readonly countries?: readonly string[];
	readonly kinds?: readonly Kind[];
	readonly roles?: readonly Role[];
	/** Ids of organisations that get it although the rest would leave them out. */
	readonly organisations?: readonly string[];
	/** Ids of organisations that do not get it although the rest would take them in. */
	readonly without?: readonly string[];
	/** Also government and international organisations. */
	readonly officials?: boolean;
	/** For TLP:RED: these and nobody else. */
	readonly people?: readonly string[];
}

/** What CAP 1.2 is told beside the code (3.2.2). */
export interface Grades {
	readonly urgency?: string;
	readonly severity?: string;
	readonly certainty?: string;
	/** TLP 2.0 without "TLP:". */
	readonly tlp?: string;
}

/** The values of a code's slots: a number, a code, or the ends of a window in Unix seconds. */
export type SlotValue = string | number | readonly number[];
export type SlotValues = Readonly<Record<string, SlotValue>>;

/** An alert that is being written. What is left out is as its code proposes. */
export interface AlertDraft extends Grades {
	/** Sending it twice is sending it once. A draft that was changed after it was refused keeps it. */
	readonly txn: string;
	/** Which of the steps is on the screen, from 0. */
	readonly step: number;
	readonly code: string;
	readonly slots: SlotValues;
	readonly status: "Actual" | "Exercise" | "Test";
	/** How long it stands from its sending, in hours. */
	readonly hours?: number | undefined;
	/** Of a new version: until when what stands stands, Unix milliseconds. It stays so unless `hours` say otherwise. */
	readonly expires?: number;
	readonly text: string;
	/** In which language the text is. */
	readonly language: string;
	/** Its sender says that somebody could be known by it. */
	readonly describes: boolean;
	/** Kinds of findings in the text that its sender was asked about and leaves in. */
	readonly confirmed: readonly string[];
	/** Provinces and countries (ISO 3166) that it concerns, as its sender says; none: the places of its slots. */
	readonly areas: readonly string[];
	readonly audience: Choice;
	/** The alert that it passes on. */
	readonly quotes?: string;
}

/** Where the draft of a new alert is kept among the drafts, and that of a new version of an alert. */
export const draftPlace = (update?: string): string => (update === undefined ? "alert:new" : `alert:${update}`);

export const freshDraft = (language: string, of: Partial<AlertDraft> = {}): AlertDraft => ({
	txn: freshTxn(),
	step: 0,
	code: "",
	slots: {},
	status: "Actual",
	text: "",
	language,
	describes: false,
	confirmed: [],
	areas: [],
	audience: {},
	...of,
});

/**
 * Begins a new version from what stands. Its grades, its label and its end are taken along: what the hub keeps unless it is told otherwise is then
 * what its sender sees, and changes. Areas that are the places of its slots, `places`, follow these.
 */
export function draftFrom(said: Block, language: string, places: readonly string[]): AlertDraft {
	const { code, text, status, urgency, severity, certainty, tlp, expires } = said;
	const areas = sameAreas(said.areas, places) ? [] : said.areas;
	const slots = Object.fromEntries(Object.entries(said.slots).map(([name, value]) => [name, slotValue(value)]));
	return freshDraft(said.language || language, { code, slots, text, status, areas, urgency, severity, certainty, tlp, expires });
}

/** Whether two lists name the same areas, in whatever order. */
export const sameAreas = (some: readonly string[], others: readonly string[]): boolean =>
	some.length === others.length && some.every((one) => others.includes(one));

export const encodeDraft = (draft: AlertDraft): string => JSON.stringify(draft);

const statuses = ["Actual", "Exercise", "Test"] as const;
const grades = ["urgency", "severity", "certainty", "tlp"] as const;

/** Reads a draft that was kept; undefined for one that an older or newer version of this program wrote otherwise. */
export function decodeDraft(kept: string | undefined): AlertDraft | undefined {
	if (kept === undefined) return undefined;
	return lenient((text) => draftOf(object(parse(string(text)))), kept);
}

function draftOf(o: Json): AlertDraft {
	const given: { -readonly [K in keyof Grades]: Grades[K] } = {};
	for (const grade of grades) {
		const value = maybe(string, o[grade]);
		if (value !== undefined) given[grade] = value;
	}
	const hours = maybe(number, o["hours"]);
	const expires = maybe(number, o["expires"]);
	const quotes = maybe(string, o["quotes"]);
	return {
		...given,
		txn: string(o["txn"]),
		step: number(o["step"]),
		code: string(o["code"]),
		slots: record(slotValue)(o["slots"]),
		status: statuses.find((one) => one === o["status"]) ?? "Actual",
		...(hours !== undefined && { hours }),
		...(expires !== undefined && { expires }),
		text: string(o["text"]),
		language: string(o["language"]),
		describes: o["describes"] === true,
		confirmed: list(string)(o["confirmed"]),
		areas: maybe(list(string), o["areas"]) ?? [],
		audience: decodeChoice(object(o["audience"])),
		...(quotes !== undefined && { quotes }),
	};
}

export function slotValue(value: unknown): SlotValue {
	if (typeof value === "string") return value;
	return typeof value === "number" ? number(value) : list(number)(value);
}

/** Reads a choice; what is absent stays so. */
export function decodeChoice(o: Json): Choice {
	const choice: Record<string, unknown> = {};
	for (const name of ["countries", "kinds", "roles", "organisations", "without", "people"]) {
		const values = maybe(list(string), o[name]);
		if (values !== undefined && values.length > 0) choice[name] = values;
	}
	if (o["officials"] === true) choice["officials"] = true;
	return choice as Choice;
}

/** What the hub is asked to send. For a new version what cannot change is left out. */
export function wishOf(draft: AlertDraft, now: number, update = false): Json {
	const { code, slots, status, text, language, areas, audience, quotes } = draft;
	const given = Object.fromEntries(grades.flatMap((grade) => (draft[grade] === undefined ? [] : [[grade, draft[grade]]])));
	const until = draft.hours === undefined ? draft.expires : now + draft.hours * 3_600_000;
	return {
		txn_id: draft.txn,
		slots,
		...given,
		...(until !== undefined && { expires: Math.round(until / 1000) }),
		...((update || text.trim() !== "") && { text: text.trim(), language }), // words that a new version leaves out would stay
		...((update || areas.length > 0) && { areas }), // left out, a new version would stay where the one before it was
		...(draft.describes && { describes: true }),
		...(draft.confirmed.length > 0 && { confirmed: draft.confirmed }),
		...(!update && { code, audience, ...(status !== "Actual" && { status }), ...(quotes !== undefined && { quotes }) }),
	};
}
