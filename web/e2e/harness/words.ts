import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const languages = ["en", "fa-AF", "ps", "tg", "uz", "tk", "ur", "ru"] as const;
export type Language = (typeof languages)[number];

/** What their speakers call them. */
export const nativeNames: Record<Language, string> = {
	en: "English",
	"fa-AF": "دری",
	ps: "پښتو",
	tg: "тоҷикӣ",
	uz: "oʻzbekcha",
	tk: "türkmen dili",
	ur: "اردو",
	ru: "русский",
};

/** The seven that are not the source. */
export const others = languages.filter((language) => language !== "en");

export const rightToLeft: ReadonlySet<Language> = new Set(["fa-AF", "ps", "ur"]);

export type Catalog = Record<string, string | Record<string, string>>;

const folder = resolve(import.meta.dirname, "../../../locales");
const read = new Map<Language, Catalog>();

export function catalog(language: Language): Catalog {
	const known = read.get(language);
	if (known) return known;
	const found = JSON.parse(readFileSync(join(folder, `active.${language}.json`), "utf8")) as Catalog;
	read.set(language, found);
	return found;
}

/** A sentence without values, as the catalog of a language has it. */
export function words(language: Language, key: string): string {
	const found = catalog(language)[key];
	if (typeof found !== "string") throw new Error(`${key} is no plain sentence in ${language}`);
	return found;
}

/** A sentence of alerts without values. */
export function said(language: Language, key: string): string {
	const all = JSON.parse(readFileSync(join(folder, `alerts.${language}.json`), "utf8")) as Catalog;
	const found = all[key];
	if (typeof found !== "string") throw new Error(`${key} is no plain sentence of alerts in ${language}`);
	return found;
}

/** What isolates and joins is not seen; comparing goes without it. */
export function bare(text: string): string {
	return text.replace(/[\u200e\u200f\u2066-\u2069]/gu, "").replace(/\s+/gu, " ").trim();
}

/** Every form of a sentence as a pattern in which the inserted values may be anything. */
export function pattern(language: Language, key: string): RegExp {
	const entry = catalog(language)[key];
	if (entry === undefined) throw new Error(`${key} is not in ${language}`);
	const forms = typeof entry === "string" ? [entry] : Object.values(entry);
	return new RegExp(`^(?:${forms.map(formPattern).join("|")})$`, "u");
}

function formPattern(form: string): string {
	return form
		.split(/\{\{[^}]*\}\}/u)
		.map((part) => bare(` ${part} `) === "" ? "" : part.replace(/[.*+?^${}()|[\]\\]/gu, "\\$&"))
		.join(".*");
}

/** The longest piece of a sentence that holds no value, to be found within a text. */
export function unanchored(language: Language, key: string): string {
	const pieces = words(language, key).split(/\{\{[^}]*\}\}/u);
	return pieces.reduce((longest, piece) => (piece.length > longest.length ? piece : longest)).trim();
}
