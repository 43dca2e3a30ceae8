import { type Digits, withDigits } from "./digits";
import type { Tag } from "./languages";
import { type PluralForm, pluralForm } from "./plural";

export type Calendar = "solar" | "gregorian";
export type Clock = "12" | "24";

/** What locales/dates.*.json have of a language; made from CLDR by scripts/cldr.mjs. */
export interface CalendarData {
	readonly months: readonly string[];
	readonly solar: readonly string[];
	readonly days: readonly string[];
	readonly periods: readonly string[];
	readonly dayMonth: string;
	readonly full: string;
	readonly withDay: string;
	readonly relative: Readonly<Record<"minute" | "hour" | "day", readonly Partial<Record<PluralForm, string>>[]>>;
	readonly today: string;
	readonly yesterday: string;
	readonly now: string;
}

/** How one reader wants dates. */
export interface DateStyle {
	readonly tag: Tag;
	readonly calendar: Calendar;
	readonly digits: Digits;
	readonly clock: Clock;
	readonly data: CalendarData;
	/** Only tests set it; otherwise the device's own. */
	readonly timeZone?: string;
}

interface Parts {
	readonly day: number;
	/** 1 to 12. */
	readonly month: number;
	readonly year: number;
	/** 0 is Sunday. */
	readonly weekday: number;
	readonly hour: number;
	readonly minute: number;
}

const weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** Calendar arithmetic is the browser's, asked in English and Latin digits: that it knows in every language. */
function parts(at: number, style: DateStyle): Parts {
	const locale = style.calendar === "solar" ? "en-u-ca-persian-nu-latn" : "en-u-ca-gregory-nu-latn";
	const format = new Intl.DateTimeFormat(locale, {
		day: "numeric",
		month: "numeric",
		year: "numeric",
		weekday: "short",
		hour: "numeric",
		minute: "numeric",
		hourCycle: "h23",
		...(style.timeZone !== undefined && { timeZone: style.timeZone }),
	});
	const found = Object.fromEntries(format.formatToParts(at).map((p) => [p.type, p.value]));
	return {
		day: Number(found["day"]),
		month: Number(found["month"]),
		year: Number.parseInt(found["year"] ?? "0", 10),
		weekday: weekdays.indexOf(found["weekday"] ?? "Sun"),
		hour: Number(found["hour"]),
		minute: Number(found["minute"]),
	};
}

/** A day of a calendar; the month is 1 to 12. */
export interface DateParts {
	readonly year: number;
	readonly month: number;
	readonly day: number;
}

export function dateOf(at: number, style: DateStyle): DateParts {
	const { year, month, day } = parts(at, style);
	return { year, month, day };
}

export const monthNames = (style: DateStyle): readonly string[] => (style.calendar === "solar" ? style.data.solar : style.data.months);

const hour = 3_600_000;

/**
 * The moment at which a day begins where the reader is. A day that the month does not have is the one after its last. The year is guessed by
 * its length, then the day is walked to: no table of leap years is needed, and none can be wrong.
 */
export function startOf(date: DateParts, style: DateStyle): number {
	const [epoch, years] = style.calendar === "solar" ? [Date.UTC(622, 2, 21), date.year - 1] : [Date.UTC(1900, 0, 1), date.year - 1900];
	let at = Math.round(epoch + (years * 365.2425 + (date.month - 1) * 30.5 + date.day - 4) * 24 * hour);
	const wanted = key(date);
	while (key(dateOf(at, style)) >= wanted) at -= 24 * hour;
	while (key(dateOf(at + 24 * hour, style)) < wanted) at += 24 * hour;
	while (key(dateOf(at, style)) < wanted) at += hour;
	const minutes = parts(at, style).minute;
	return Math.floor(at / 60_000) * 60_000 - minutes * 60_000;
}

const key = ({ year, month, day }: DateParts) => (year * 100 + month) * 100 + day;

function fill(pattern: string, p: Parts, style: DateStyle): string {
	const months = style.calendar === "solar" ? style.data.solar : style.data.months;
	const values: Record<string, string> = { d: String(p.day), m: months[p.month - 1] ?? "", y: String(p.year) };
	return pattern.replace(/\b[dmy]\b/g, (letter) => values[letter] ?? letter);
}

/** The day with its year: 3 Aqrab 1405. */
export function fullDate(at: number, style: DateStyle): string {
	return withDigits(fill(style.data.full, parts(at, style), style), style.digits);
}

/** The time of day. */
export function time(at: number, style: DateStyle): string {
	const { hour, minute } = parts(at, style);
	const minutes = String(minute).padStart(2, "0");
	if (style.clock === "24") return withDigits(`${hour}:${minutes}`, style.digits);
	const period = style.data.periods[hour < 12 ? 0 : 1] ?? "";
	return withDigits(`${hour % 12 || 12}:${minutes} ${period}`, style.digits);
}

/** The moment, to be shown beside how long ago it was. */
export function moment(at: number, style: DateStyle): string {
	const comma = style.tag === "fa-AF" || style.tag === "ps" || style.tag === "ur" ? "،" : ",";
	return `${fullDate(at, style)}${comma} ${time(at, style)}`;
}

/** The day as a heading between posts: today, yesterday, the weekday and date, and the year when it is another one. */
export function dayHeading(at: number, now: number, style: DateStyle): string {
	const day = parts(at, style);
	const today = parts(now, style);
	if (same(day, today)) return style.data.today;
	if (same(day, parts(now - 86_400_000, style))) return style.data.yesterday;
	const date = fill(day.year === today.year ? style.data.dayMonth : style.data.full, day, style);
	const heading = style.data.withDay.replace("w", style.data.days[day.weekday] ?? "").replace("D", date);
	return withDigits(heading, style.digits);
}

/** Two moments fall on one day of the reader's. */
export function sameDay(a: number, b: number, style: DateStyle): boolean {
	return same(parts(a, style), parts(b, style));
}

function same(a: Parts, b: Parts): boolean {
	return a.day === b.day && a.month === b.month && a.year === b.year;
}

const units = [
	["day", 86_400_000],
	["hour", 3_600_000],
	["minute", 60_000],
] as const;

/** How long ago, or in how long. Under a minute it is now. */
export function relative(at: number, now: number, style: DateStyle): string {
	const distance = Math.abs(now - at);
	for (const [unit, length] of units) {
		if (distance < length) continue;
		const n = Math.floor(distance / length);
		const forms = style.data.relative[unit][at <= now ? 0 : 1];
		const text = forms?.[pluralForm(style.tag, n)] ?? forms?.other ?? "";
		return withDigits(text.replace("{0}", String(n)), style.digits);
	}
	return style.data.now;
}
