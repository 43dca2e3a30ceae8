import { type Digits, withDigits } from "./digits";
import type { Tag } from "./languages";
import { pluralForm } from "./plural";

/** A part of a sentence that was printed in the same language: it is inserted as it is. */
export interface Phrase {
	readonly phrase: string;
}

export const phrase = (text: string): Phrase => ({ phrase: text });

export type Value = string | number | Phrase;
export type Args = Readonly<Record<string, Value>>;
/** A go-i18n catalog as the files in locales/ have it: a sentence, or one a plural form. */
export type Catalog = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

/** The controls with which a value could turn the text around it. */
const bidiControls = /[\u202a-\u202e\u2066-\u2069]/g;

/** Wraps a value so that its direction stays its own. */
export function isolate(value: string): string {
	return `\u2068${value.replace(bidiControls, "")}\u2069`;
}

/** Prints one sentence, or undefined when the catalog has none. A number named Count chooses the plural form. */
export function print(catalog: Catalog, tag: Tag, digits: Digits, key: string, args: Args = {}): string | undefined {
	const found = catalog[key];
	if (found === undefined) return undefined;
	const text = typeof found === "string" ? found : (found[pluralForm(tag, Number(args["Count"] ?? 0))] ?? found["other"]);
	return text?.replace(/\{\{\s*\.(\w+)\s*\}\}/g, (_whole, name: string) => {
		const value = args[name];
		if (value === undefined) return "";
		if (typeof value === "object") return value.phrase;
		return typeof value === "number" ? withDigits(String(value), digits) : isolate(value);
	});
}
