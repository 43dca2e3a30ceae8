import { expect, test } from "vitest";
import { type Calendar, type CalendarData, type Clock, type DateStyle, dateOf, dayHeading, fullDate, moment, relative, sameDay, startOf, time } from "./calendar";
import { ownDigits } from "./digits";
import { languages, type Tag } from "./languages";
import solar from "./testdata/solar.json";

const data = import.meta.glob<CalendarData>("../../../locales/dates.*.json", { import: "default", eager: true });

function style(tag: Tag, calendar: Calendar, clock: Clock = "24", timeZone = "Asia/Kabul"): DateStyle {
	const found = data[`../../../locales/dates.${tag}.json`];
	if (!found) throw new Error(`no data for ${tag}`);
	return { tag, calendar, clock, digits: ownDigits(tag), data: found, timeZone };
}

/** Nawroz: 21 March 2026, 08:05 UTC. */
const nawroz = Date.UTC(2026, 2, 21, 8, 5);

test.each<[Tag, Calendar, string]>([
	["fa-AF", "solar", "۱ حمل ۱۴۰۵"],
	["ps", "solar", "۱ وری ۱۴۰۵"],
	["en", "solar", "1 Hamal 1405"],
	["fa-AF", "gregorian", "۲۱ مارچ ۲۰۲۶"],
	["tg", "gregorian", "21 март 2026"],
	["uz", "gregorian", "21-mart, 2026"],
	["tk", "gregorian", "21 mart 2026"],
	["ur", "gregorian", "21 مارچ، 2026"],
	["ru", "gregorian", "21 марта 2026 г."],
	["en", "gregorian", "21 March 2026"],
])("%s writes the %s date", (tag, calendar, want) => {
	expect(fullDate(nawroz, style(tag, calendar))).toBe(want);
});

test("the solar year ends with the 29th or 30th of Hut", () => {
	expect(fullDate(Date.UTC(2025, 2, 20, 12), style("en", "solar"))).toBe("30 Hut 1403");
	expect(fullDate(Date.UTC(2026, 2, 20, 12), style("en", "solar"))).toBe("29 Hut 1404");
});

test.each<[Tag, Clock, string]>([
	["fa-AF", "24", "۱۲:۳۵"],
	["ur", "12", "12:35 بعد دوپہر"],
	["ru", "24", "12:35"],
	["en", "12", "12:35 PM"],
])("%s writes the time on a %s-hour clock", (tag, clock, want) => {
	expect(time(nawroz, style(tag, "gregorian", clock))).toBe(want);
});

test("half past midnight is twelve, not nought, on a 12-hour clock", () => {
	expect(time(Date.UTC(2026, 2, 20, 20, 0), style("en", "gregorian", "12"))).toBe("12:30 AM");
	expect(time(Date.UTC(2026, 2, 20, 20, 0), style("en", "gregorian", "24"))).toBe("0:30");
});

test("days have headings in the reader's own words", () => {
	const fa = style("fa-AF", "solar");
	expect(dayHeading(nawroz, nawroz, fa)).toBe("امروز");
	expect(dayHeading(nawroz - 86_400_000, nawroz, fa)).toBe("دیروز");
	expect(dayHeading(nawroz, nawroz + 5 * 86_400_000, fa)).toBe("شنبه، ۱ حمل");
	expect(dayHeading(nawroz - 30 * 86_400_000, nawroz, fa)).toBe("پنجشنبه، ۳۰ دلو ۱۴۰۴");
});

test("a day begins at the reader's midnight", () => {
	const lateInKabul = Date.UTC(2026, 2, 21, 19, 29);
	expect(sameDay(lateInKabul, nawroz, style("fa-AF", "solar"))).toBe(true);
	expect(sameDay(lateInKabul + 120_000, nawroz, style("fa-AF", "solar"))).toBe(false);
});

test("how long ago, in each plural form", () => {
	const ru = style("ru", "gregorian");
	expect([1, 2, 5, 21].map((n) => relative(nawroz - n * 60_000, nawroz, ru))).toEqual([
		"1 минуту назад",
		"2 минуты назад",
		"5 минут назад",
		"21 минуту назад",
	]);
	expect(relative(nawroz + 3_600_000, nawroz, style("tg", "gregorian"))).toBe("пас аз 1 соат");
	expect(relative(nawroz - 3 * 86_400_000, nawroz, style("ps", "solar"))).toBe("۳ ورځې مخکې");
});

test.each(languages)("$tag has data of its own for every word of a date", ({ tag }) => {
	const s = style(tag, "gregorian");
	expect(new Set(s.data.months).size).toBe(12);
	expect(new Set(s.data.solar).size).toBe(12);
	expect(new Set(s.data.days).size).toBe(7);
	expect(moment(nawroz, s)).not.toMatch(/undefined|NaN|M03/);
	if (tag !== "en") expect(moment(nawroz, s)).not.toMatch(/March|PM/);
});

test.each<[Calendar, string]>([
	["solar", "Asia/Kabul"],
	["gregorian", "Asia/Karachi"],
	["gregorian", "America/St_Johns"],
])("a day of the %s calendar begins where it does, in %s", (calendar, zone) => {
	const here = style("en", calendar, "24", zone);
	for (let at = Date.UTC(2024, 0, 1); at < Date.UTC(2028, 0, 1); at += 86_400_000 * 41) {
		const date = dateOf(at, here);
		const begins = startOf(date, here);
		expect(dateOf(begins, here)).toEqual(date);
		expect(dateOf(begins - 1, here)).not.toEqual(date);
	}
});

test("the browser has the hub's Solar Hijri dates", () => {
	const utc = style("en", "solar", "24", "UTC");
	for (const [day, [year, month, date]] of Object.entries(solar)) {
		expect(dateOf(Date.parse(`${day}T12:00:00Z`), utc), day).toEqual({ year, month, day: date });
	}
});
