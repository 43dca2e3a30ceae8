import type { Tag } from "./languages";

export type Digits = "native" | "latin";

/** Which digits a language counts in by itself. */
export function ownDigits(tag: Tag): Digits {
	return tag === "fa-AF" || tag === "ps" ? "native" : "latin";
}

/** Whether a person of this language may choose between two kinds of digits. */
export function hasNativeDigits(tag: Tag): boolean {
	return ownDigits(tag) === "native" || tag === "ur";
}

/** Writes the digits of a text in the chosen kind. */
export function withDigits(text: string, digits: Digits): string {
	return digits === "latin" ? text : text.replace(/[0-9]/g, (d) => String.fromCharCode(0x06f0 + Number(d)));
}
