/**
 * What an urgent alert says, as hub/alert/code says it: both read one table of codes and the same catalogs, and the golden files in
 * hub/alert/code/testdata hold both to the same letters. Nothing that opens the app imports this: it comes with the alerts, and `reader` waits
 * for the words of the language.
 */
import table from "../../../hub/alert/code/codes.json";
import { type DateStyle, moment, sameDay, time } from "./calendar";
import { reading } from "./index";
import type { Tag } from "./languages";
import { type Args, type Catalog, phrase, print, type Value } from "./message";

/** A span of time in Unix seconds: when it begins and, if known, when it ends. */
export type Window = readonly [number] | readonly [number, number];
/** The slots of one alert, as `decode` gave them. */
export type Slots = Readonly<Record<string, number | string | Window>>;

export interface Slot {
	readonly name: string;
	/** count, place, window, organisation, or the name of a list of values. */
	readonly type: string;
	readonly required?: boolean;
	/** Whether it describes a person, so that a second approver is needed. */
	readonly describes?: boolean;
	/** The values it takes, when fewer than its type has. */
	readonly values?: readonly string[];
}

interface Clause {
	readonly say: string;
	readonly of?: string;
	readonly with?: Readonly<Record<string, string>>;
}

export interface Spec {
	readonly code: string;
	/** Whether every alert of this code describes a person. */
	readonly describes?: boolean;
	readonly category: string;
	readonly urgency: string;
	readonly severity: string;
	readonly certainty: string;
	readonly response: string;
	/** How long after sending it expires. */
	readonly hours: number;
	readonly tlp: string;
	readonly kinds: readonly string[];
	readonly roles: readonly string[];
	readonly title: Clause;
	readonly slots: readonly Slot[];
	readonly clauses: readonly (readonly Clause[])[];
}

export interface Alert {
	readonly code: string;
	readonly slots: Slots;
	/** CAP's status: Exercise and Test are said in front. */
	readonly status?: string;
	/** CAP's msgType: Update and Cancel are said in front. */
	readonly kind?: string;
}

/** For whom an alert is written. */
export interface Reader {
	readonly tag: Tag;
	/** The sentences of the language, those of alerts among them. */
	readonly catalog: Catalog;
	readonly style: DateStyle;
	/** An organisation's name by its id; without one it is left out. */
	readonly organisation: (id: string) => string | undefined;
}

/** All codes, in the order in which they are offered. */
export const codes = table.codes as readonly Spec[];
const types = table.types as Readonly<Record<string, readonly string[]>>;
const places = table.places as Readonly<Record<string, string>>;
/** The countries and their ISO 3166-2 units, by code. */
export const units: readonly string[] = Object.keys(places).sort();

export const specOf = (code: string): Spec | undefined => codes.find((spec) => spec.code === code);
/** What a slot whose type is a list takes. */
export const valuesOf = (slot: Slot): readonly string[] => slot.values ?? types[slot.type] ?? [];
export const describes = (spec: Spec, slots: Slots): boolean =>
	spec.describes === true || spec.slots.some((slot) => slot.describes && slots[slot.name] !== undefined);

const catalogs = import.meta.glob<Catalog>("../../../locales/alerts.*.json", { import: "default" });

/** The person at the screen as a reader; waits for the words. */
export async function reader(organisation: Reader["organisation"]): Promise<Reader> {
	const { tag, catalog, style } = reading();
	const own = (await catalogs[`../../../locales/alerts.${tag}.json`]?.()) ?? {};
	return { tag, catalog: { ...catalog, ...own }, style, organisation };
}

const marks: Readonly<Record<string, string>> = {
	Update: "alert.mark.update",
	Cancel: "alert.mark.cancel",
	Exercise: "alert.mark.exercise",
	Test: "alert.mark.test",
};

/** In one line what it is about and where; "" for a code that nobody knows. */
export function headline(alert: Alert, to: Reader): string {
	const spec = specOf(alert.code);
	if (!spec) return "";
	const say = new Sayer(spec, alert.slots, to);
	let line = say.clause(spec.title) ?? "";
	const where = say.where();
	if (where) line = text(to, "alert.headline", { Title: phrase(line), Where: phrase(where) });
	for (const mark of [alert.kind, alert.status]) {
		const key = marks[mark ?? ""];
		if (key) line = text(to, key, { Headline: phrase(line) });
	}
	return line;
}

/** All of it, in whole sentences; "" for a code that nobody knows. */
export function sentence(alert: Alert, to: Reader): string {
	const spec = specOf(alert.code);
	if (!spec) return "";
	const say = new Sayer(spec, alert.slots, to);
	return spec.clauses.flatMap((ways) => firstSaid(ways, say) ?? []).join(" ");
}

function firstSaid(ways: readonly Clause[], say: Sayer): string | undefined {
	for (const way of ways) {
		const said = say.clause(way);
		if (said !== undefined) return said;
	}
	return undefined;
}

/** What a value of a list is called in a form. */
export function label(type: string, value: string, to: Reader): string {
	const [from = "", until] = type === "age" ? value.split("-") : [];
	if (until === undefined) return text(to, `alert.${type}.${value}`);
	return text(to, until ? "alert.age_band" : "alert.age_over", { From: Number(from), To: Number(until) });
}

/** The name of a country or unit with its noun, as on a map or in a list. */
export const placeName = (code: string, to: Reader): string => place(code, "name", to);

function text(to: Reader, key: string, args: Args = {}): string {
	return print(to.catalog, to.tag, to.style.digits, key, args) ?? key;
}

/** A unit's name behind the noun of its kind, in one of the forms name, in, from and to. */
function place(code: string, form: string, to: Reader): string {
	const kind = places[code];
	const country = text(to, `country.${code.slice(0, 2).toLowerCase()}`);
	if (kind === "country" && form === "name") return country;
	if (kind === "country" || kind === "single") return text(to, `alert.${form}.${code}`);
	return text(to, `alert.${form}.${kind}`, { Name: phrase(text(to, `place.${code}`)), Country: phrase(country) });
}

/** What people of a sex are called: as children, as adults, and when nobody knows. */
const nouns: Readonly<Record<string, readonly [string, string, string]>> = {
	female: ["girl", "woman", "female"],
	male: ["boy", "man", "male"],
	"": ["child", "adult", "person"],
};

const childhood = ["0-5", "6-12", "13-15", "16-17", "child"];

/** Says one alert. */
class Sayer {
	constructor(
		private readonly spec: Spec,
		private readonly slots: Slots,
		private readonly to: Reader,
	) {}

	/** A clause, or undefined when a slot that it needs is empty. */
	clause({ say, of, with: inserts = {} }: Clause): string | undefined {
		if (of !== undefined && typeof this.slots[of] !== "string") return undefined;
		const args: Record<string, Value> = {};
		for (const [name, what] of Object.entries(inserts)) {
			const value = this.value(what);
			if (value === undefined) return undefined;
			args[name] = value;
		}
		return text(this.to, of === undefined ? say : `${say}.${this.slots[of]}`, args);
	}

	/** What a clause inserts: a slot's value, or after a dot in which form. */
	private value(what: string): Value | undefined {
		const [name = "", form = ""] = what.split(".");
		const value = this.slots[name];
		const type = this.spec.slots.find((slot) => slot.name === name)?.type;
		if (value === undefined) return undefined;
		if (typeof value === "number") return phrase(this.who(value));
		if (typeof value !== "string") return this.moment(value, form);
		if (type === "place") return phrase(place(value, form, this.to));
		if (type === "organisation") return this.to.organisation(value) || undefined;
		return phrase(text(this.to, `alert.${type}.${value}`));
	}

	/** One end of a window. The second end on the same day is the time alone. */
	private moment([begin, end]: Window, form: string): string | undefined {
		const { style } = this.to;
		if (form === "begin") return moment(begin * 1000, style);
		if (end === undefined) return undefined;
		return sameDay(begin * 1000, end * 1000, style) ? time(end * 1000, style) : moment(end * 1000, style);
	}

	/** The place of the headline: the area, or the way from one place to another. */
	where(): string {
		const { area, from, to } = this.slots;
		const found = [area, from, from === undefined ? undefined : to].filter((code) => typeof code === "string");
		const [first = "", second] = found.map((code) => place(code, "name", this.to));
		return second === undefined ? first : text(this.to, "alert.from_to", { From: phrase(first), To: phrase(second) });
	}

	/** How many people of which sex and age, in the form that "for" and "of" ask for. */
	private who(count: number): string {
		const noun = this.noun();
		const people = count === 1 ? text(this.to, `alert.one.${noun}`) : text(this.to, `alert.people.${noun}`, { Count: count });
		const [from, until] = String(this.slots["age"] ?? "").split("-");
		if (until === undefined) return people;
		return text(this.to, until ? "alert.aged" : "alert.older", { Who: phrase(people), From: Number(from), To: Number(until) });
	}

	private noun(): string {
		const age = String(this.slots["age"] ?? "");
		const [child, adult, anybody] = nouns[String(this.slots["sex"] ?? "")] ?? ["child", "adult", "person"];
		const onlyChildren = this.spec.slots.some((slot) => slot.name === "age" && slot.values !== undefined);
		if (childhood.includes(age) || (age === "" && onlyChildren)) return child;
		return age === "" ? anybody : adult;
	}
}
