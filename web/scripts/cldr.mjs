// Makes locales/dates.*.json from Unicode CLDR: what the browser's Intl does not speak (Pashto, Tajik, Turkmen, Uzbek) and, so that there is one
// way for all, what it does. Run after a new CLDR: node scripts/cldr.mjs. Unicode License v3.
import { createRequire } from "node:module";
import { writeFileSync } from "node:fs";

const require = createRequire(import.meta.url);
const tags = ["fa-AF", "ps", "tg", "uz", "tk", "ur", "ru", "en"];

/** Afghanistan's names of the solar months, which CLDR has in Iran's form or with stray marks. */
const afghanMonths = {
	"fa-AF": ["حمل", "ثور", "جوزا", "سرطان", "اسد", "سنبله", "میزان", "عقرب", "قوس", "جدی", "دلو", "حوت"],
	ps: ["وری", "غویی", "غبرګولی", "چنګاښ", "زمری", "وږی", "تله", "لړم", "لیندۍ", "مرغومی", "سلواغه", "کب"],
	en: ["Hamal", "Sawr", "Jawza", "Saratan", "Asad", "Sunbula", "Mizan", "Aqrab", "Qaws", "Jadi", "Dalw", "Hut"],
	ru: ["хамаля", "савра", "джавзы", "саратана", "асада", "сунбулы", "мизана", "акраба", "кавса", "джади", "далва", "хута"],
	tg: ["Ҳамал", "Савр", "Ҷавзо", "Саратон", "Асад", "Сунбула", "Мизон", "Ақраб", "Қавс", "Ҷадӣ", "Далв", "Ҳут"],
	uz: ["Hamal", "Savr", "Javzo", "Saraton", "Asad", "Sunbula", "Mezon", "Aqrab", "Qavs", "Jadiy", "Dalv", "Hut"],
	tk: ["Hamal", "Sowr", "Jowza", "Saratan", "Asad", "Sünbüle", "Mizan", "Akrap", "Kows", "Jedi", "Delw", "Hut"],
	ur: ["حمل", "ثور", "جوزا", "سرطان", "اسد", "سنبلہ", "میزان", "عقرب", "قوس", "جدی", "دلو", "حوت"],
};

/** How a day is written: d day, m month's name, y year; with the weekday before it. */
const patterns = {
	"fa-AF": ["d m", "d m y", "w، D"],
	ps: ["d m", "d m y", "w، D"],
	tg: ["d m", "d m y", "w, D"],
	uz: ["d-m", "d-m, y", "w, D"],
	tk: ["d m", "d m y", "w, D"],
	ur: ["d m", "d m، y", "w، D"],
	ru: ["d m", "d m y г.", "w, D"],
	en: ["d m", "d m y", "w, D"],
};

/** Tajik and Uzbek print their months small inside a sentence. */
const small = new Set(["tg", "uz", "tk"]);

/** Halves of the day where CLDR has English ones. */
const halves = {
	ur: ["قبل دوپہر", "بعد دوپہر"],
	tg: ["пеш аз нисфирӯзӣ", "баъд аз нисфирӯзӣ"],
	ru: ["до полудня", "после полудня"],
};

for (const tag of tags) {
	const gregorian = require(`cldr-dates-full/main/${tag}/ca-gregorian.json`).main[tag].dates.calendars.gregorian;
	const fields = require(`cldr-dates-full/main/${tag}/dateFields.json`).main[tag].dates.fields;
	const months = Object.values(gregorian.months.format.wide).map((m) => (small.has(tag) ? m.toLocaleLowerCase(tag) : m));
	const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"].map((d) => gregorian.days.format.wide[d]);
	const periods = gregorian.dayPeriods.format.abbreviated;
	const relative = {};
	for (const unit of ["minute", "hour", "day"]) relative[unit] = [forms(fields[unit]["relativeTime-type-past"]), forms(fields[unit]["relativeTime-type-future"])];
	const [dayMonth, full, withDay] = patterns[tag];
	const data = {
		months,
		solar: afghanMonths[tag],
		days,
		periods: halves[tag] ?? [periods.am, periods.pm],
		dayMonth,
		full,
		withDay,
		relative,
		today: fields.day["relative-type-0"],
		yesterday: fields.day["relative-type--1"],
		now: fields.second["relative-type-0"],
	};
	writeFileSync(new URL(`../../locales/dates.${tag}.json`, import.meta.url), `${JSON.stringify(data, null, "\t")}\n`);
}

function forms(patterns) {
	return Object.fromEntries(Object.entries(patterns).map(([name, text]) => [name.replace("relativeTimePattern-count-", ""), text]));
}
