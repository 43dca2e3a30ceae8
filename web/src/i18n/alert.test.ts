import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Alert, codes, describes, headline, label, placeName, type Reader, sentence, specOf, units, valuesOf } from "./alert";
import { decode } from "./alertslots";
import type { CalendarData } from "./calendar";
import { ownDigits } from "./digits";
import { usualCalendar, usualClock } from "./index";
import { languages, type Tag } from "./languages";
import type { Catalog } from "./message";

const root = new URL("../../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");
const json = <T>(path: string): T => JSON.parse(read(path)) as T;

/** Where the reader of each golden file is; the hub's test has them too. */
const places: Readonly<Record<Tag, readonly [country: string, timeZone: string]>> = {
	"fa-AF": ["AF", "Asia/Kabul"],
	ps: ["AF", "Asia/Kabul"],
	tg: ["TJ", "Asia/Dushanbe"],
	uz: ["UZ", "Asia/Tashkent"],
	tk: ["TM", "Asia/Ashgabat"],
	ur: ["PK", "Asia/Karachi"],
	ru: ["TJ", "Asia/Dushanbe"],
	en: ["UZ", "Asia/Tashkent"],
};

function readerOf(tag: Tag): Reader {
	const [country, timeZone] = places[tag];
	return {
		tag,
		catalog: { ...json<Catalog>(`locales/active.${tag}.json`), ...json<Catalog>(`locales/alerts.${tag}.json`) },
		style: {
			tag,
			calendar: usualCalendar(tag, country),
			clock: usualClock(tag, country),
			digits: ownDigits(tag),
			data: json<CalendarData>(`locales/dates.${tag}.json`),
			timeZone,
		},
		organisation: (id) => (id === "unknown" ? undefined : "Паноҳ – پناه"),
	};
}

const cases = json<(Alert & { readonly name: string })[]>("hub/alert/code/testdata/cases.json");

test.each(languages)("$tag says every alert as the hub says it", ({ tag }) => {
	const reader = readerOf(tag);
	const said = cases.map((c) => `# ${c.name}\n${headline(c, reader)}\n${sentence(c, reader)}\n\n`).join("");
	expect(said.split("\n")).toEqual(read(`hub/alert/code/testdata/sentences.${tag}.txt`).split("\n"));
});

test("every case is an alert", () => {
	for (const c of cases) expect(decode(c.code, c.slots), c.name).toEqual({ slots: c.slots });
});

interface Strange {
	readonly code: string;
	readonly slots: unknown;
	readonly key?: string;
	readonly slot?: string;
}

test.each(json<Strange[]>("hub/alert/code/testdata/decode.json"))("$code $slots is judged as the hub judges it", ({ code, slots, key, slot }) => {
	const read = decode(code, slots);
	if (key === undefined) expect(read).toHaveProperty("slots");
	else expect(read).toEqual({ wrong: slot === undefined ? { key } : { key, slot } });
});

test.each(languages)("$tag has a word for everything that a form offers", ({ tag }) => {
	const reader = readerOf(tag);
	for (const { code, slots } of codes) {
		expect(reader.catalog[`alert.code.${code}`], code).toBeTruthy();
		for (const slot of slots) {
			expect(reader.catalog[`alert.slot.${slot.name}`], slot.name).toBeTruthy();
			for (const value of valuesOf(slot)) expect(label(slot.type, value, reader), value).not.toMatch(/^alert\.|\{\{/);
		}
	}
	for (const unit of units) expect(placeName(unit, reader)).not.toMatch(/^(alert|place|country)\./);
	expect(new Set(units.map((unit) => placeName(unit, reader))).size).toBe(units.length);
});

test("a second approver is asked for where a person is described", () => {
	const transit = specOf("transit");
	if (!transit) throw new Error("no transit");
	expect(describes(transit, { count: 3, from: "AF-HER" })).toBe(false);
	expect(describes(transit, { count: 3, from: "AF-HER", sex: "female" })).toBe(true);
});
