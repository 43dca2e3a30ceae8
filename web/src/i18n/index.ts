/** The ground that all screens stand on: sentences, numbers and dates in the reader's language. */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import * as dates from "./calendar";
import type { Calendar, CalendarData, Clock, DateStyle } from "./calendar";
import { type Digits, ownDigits, withDigits } from "./digits";
import { direction, languages, match, nativeName, type Language, type Tag } from "./languages";
import { type Args, type Catalog, isolate, print } from "./message";

export { direction, isolate, type Language, languages, match, nativeName, type Tag };
export { hasNativeDigits, ownDigits } from "./digits";
export { fold } from "./fold";
export type { Args, Calendar, Clock, Digits };

const catalogs = import.meta.glob<Catalog>("../../../locales/active.*.json", { import: "default" });
/** What no screen says before somebody is signed in; the build takes it out of the catalogs above. */
const inner = import.meta.glob<Catalog>("../../../locales/active.*.json", { import: "default", query: "?inside" });
/** What only some screens say; it comes when the first one stands. */
const rest = import.meta.glob<Catalog>("../../../locales/active.*.json", { import: "default", query: "?rest" });
const calendars = import.meta.glob<CalendarData>("../../../locales/dates.*.json", { import: "default" });

interface Loaded {
	readonly tag: Tag;
	readonly parts: number;
	readonly catalog: Catalog;
	readonly data: CalendarData;
}

/** What a person has chosen; what they have not follows their language and country. */
export interface Preferences {
	readonly calendar?: Calendar;
	readonly digits?: Digits;
	readonly clock?: Clock;
	/** ISO 3166-1 alpha-2. */
	readonly country?: string;
}

const loaded = signal<Loaded | undefined>(undefined);
const preferences = signal<Preferences>({});

/** The language on screen; undefined before the first one is loaded. */
export const language: ReadonlySignal<Tag | undefined> = computed(() => loaded.value?.tag);

/** How many sentences were asked for that the language does not have. */
export const missing = signal(0);

/** All sentences of a language that need not be the one on screen. */
export async function catalogOf(tag: string): Promise<Catalog> {
	return catalogIn(tag, 3);
}

async function catalogIn(tag: string, parts: number): Promise<Catalog> {
	const all = await Promise.all([catalogs, inner, rest].slice(0, parts).map((part) => part[`../../../locales/active.${tag}.json`]?.()));
	return Object.assign({}, ...all) as Catalog;
}

/** How many parts of the sentences are wanted: those of the door, those behind it, the rest. */
let wanted = 1;

/**
 * Has the language on screen, and each that follows, speak of what is behind the door: of its first screens, or of all. Throws where
 * there is no line for it.
 */
export async function speakInside(all = false): Promise<void> {
	wanted = Math.max(wanted, all ? 3 : 2);
	const now = loaded.peek();
	if (now && now.parts < wanted) await load(now.tag);
}

/** Loads a language and turns the screen to it. The one before stays until the new one is there. */
export async function speak(tag: Tag): Promise<void> {
	asked = tag;
	if (loaded.peek()?.tag !== tag) await load(tag);
}

/** The language that was asked for last. */
let asked: Tag | undefined;

/** Somebody may come through the door, or ask for another language, while the words are on their way. */
async function load(tag: Tag): Promise<void> {
	const parts = wanted;
	const [catalog, data] = await Promise.all([catalogIn(tag, parts), calendars[`../../../locales/dates.${tag}.json`]?.()]);
	if (asked !== tag || !data) return;
	if (parts < wanted) return load(tag);
	loaded.value = { tag, parts, catalog, data };
}

export function prefer(chosen: Preferences): void {
	preferences.value = chosen;
}

const style: ReadonlySignal<DateStyle> = computed(() => {
	const { tag, data } = spoken();
	const chosen = preferences.value;
	return {
		tag,
		data,
		digits: chosen.digits ?? ownDigits(tag),
		calendar: chosen.calendar ?? usualCalendar(tag, chosen.country),
		clock: chosen.clock ?? usualClock(tag, chosen.country),
	};
});

/** Afghanistan counts in Solar Hijri; without a country, its two languages stand for it. */
export function usualCalendar(tag: Tag, country?: string): Calendar {
	return country ? (country === "AF" ? "solar" : "gregorian") : tag === "fa-AF" || tag === "ps" ? "solar" : "gregorian";
}

export function usualClock(tag: Tag, country?: string): Clock {
	return country ? (country === "PK" ? "12" : "24") : tag === "ur" ? "12" : "24";
}

function spoken(): Loaded {
	if (!loaded.value) throw new Error("no language is loaded yet");
	return loaded.value;
}

/** The language on screen with its sentences, and how its reader wants dates: for those who write more than the catalogs here have. */
export const reading = (): { readonly tag: Tag; readonly catalog: Catalog; readonly style: DateStyle } => ({ ...spoken(), style: style.value });

/** The same in another language of the hub, as is usual there. */
export async function readingIn(tag: Tag): Promise<ReturnType<typeof reading>> {
	const [catalog, data] = await Promise.all([catalogOf(tag), calendars[`../../../locales/dates.${tag}.json`]?.()]);
	const own = style.peek();
	return { tag, catalog, style: { ...own, tag, data: data ?? own.data, digits: ownDigits(tag), calendar: usualCalendar(tag), clock: usualClock(tag) } };
}

/**
 * A sentence of the catalogs. Names and other values are isolated; a number named Count chooses the plural form. What is said before its
 * part of the catalogs is there has that part come, and is said then.
 */
export function t(key: string, args?: Args): string {
	const { tag, catalog, parts } = spoken();
	const text = print(catalog, tag, style.value.digits, key, args);
	if (text !== undefined) return text;
	if (parts < 3) {
		void speakInside(true).catch(() => undefined); // no line: what stands there says so
		return "…";
	}
	missing.value = missing.peek() + 1;
	return key;
}

export const number = (n: number): string => withDigits(String(n), style.value.digits);
export const fullDate = (at: number): string => dates.fullDate(at, style.value);
export const time = (at: number): string => dates.time(at, style.value);
export const moment = (at: number): string => dates.moment(at, style.value);
export const dayHeading = (at: number, now: number): string => dates.dayHeading(at, now, style.value);
export const sameDay = (a: number, b: number): boolean => dates.sameDay(a, b, style.value);
export const ago = (at: number, now: number): string => dates.relative(at, now, style.value);
export const usual = (country?: string): { calendar: Calendar; clock: Clock; digits: Digits } => {
	const { tag } = spoken();
	return { calendar: usualCalendar(tag, country), clock: usualClock(tag, country), digits: ownDigits(tag) };
};
/** The day that a moment is in, in the reader's calendar. */
export const dateOf = (at: number): dates.DateParts => dates.dateOf(at, style.value);
/** The moment at which a day of the reader's calendar begins. */
export const startOf = (date: dates.DateParts): number => dates.startOf(date, style.value);
/** The months of the reader's calendar, in order. */
export const monthNames = (): readonly string[] => dates.monthNames(style.value);
