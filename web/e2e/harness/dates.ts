import type { Language } from "./words";

/** The names of the Solar Hijri months in Afghanistan, from the first one. */
const solar: Partial<Record<Language, readonly string[]>> = {
	"fa-AF": ["حمل", "ثور", "جوزا", "سرطان", "اسد", "سنبله", "میزان", "عقرب", "قوس", "جدی", "دلو", "حوت"],
	ps: ["وری", "غویی", "غبرګولی", "چنګاښ", "زمری", "وږی", "تله", "لړم", "لیندۍ", "مرغومی", "سلواغه", "کب"],
};

const digits: Partial<Record<Language, string>> = { "fa-AF": "۰۱۲۳۴۵۶۷۸۹", ps: "۰۱۲۳۴۵۶۷۸۹" };

/** What the heading of a day must say: the day and the month of the reader's own calendar, in their own words and digits. */
export function dayAndMonth(at: number, language: Language, timeZone: string): [day: string, month: string] {
	const locale = solar[language] ? "en-u-ca-persian-nu-latn" : "en";
	const format = new Intl.DateTimeFormat(locale, { day: "numeric", month: "numeric", timeZone });
	const parts = Object.fromEntries(format.formatToParts(at).map((part) => [part.type, part.value]));
	const day = [...(parts["day"] ?? "")].map((digit) => digits[language]?.[Number(digit)] ?? digit).join("");
	return [day, solar[language]?.[Number(parts["month"]) - 1] ?? monthName(at, language, timeZone)];
}

/** Node knows the months of all our languages, which Chromium does not. */
function monthName(at: number, language: Language, timeZone: string): string {
	const format = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", timeZone });
	return format.formatToParts(at).find((part) => part.type === "month")?.value ?? "";
}
