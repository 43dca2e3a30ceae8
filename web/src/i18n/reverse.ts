import type { Catalog } from "./message";

/** What cannot be seen in a text, and how wide its gaps are, says nothing of which sentence it is. */
const plain = (text: string) => text.replace(/[\u200e\u200f\u2066-\u2069]/gu, "").replace(/\s+/gu, " ").trim();

/**
 * The ids of the sentences of a catalog that a text on the screen may be, whatever values were put into them. Several sentences
 * may read the same.
 */
export function idsOf(catalog: Catalog, text: string): string[] {
	const wanted = plain(text);
	return Object.entries(catalog)
		.filter(([, entry]) => (typeof entry === "string" ? [entry] : Object.values(entry)).some((form) => patternOf(form)?.test(wanted)))
		.map(([id]) => id);
}

/** A sentence with anything where its values stand. One that is nothing but a value is no sentence to be found by. */
function patternOf(form: string): RegExp | undefined {
	const pieces = form.split(/\{\{[^}]*\}\}/u).map(plain);
	if (!pieces.some((piece) => /\p{L}/u.test(piece))) return undefined;
	return new RegExp(`^${pieces.map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/gu, "\\$&")).join("\\s*.*?\\s*")}$`, "u");
}
