/** Unicode's bidi controls, by the short names that the standard gives them. */
const controls: Record<string, string> = {
	"\u061c": "ALM",
	"\u200e": "LRM",
	"\u200f": "RLM",
	"\u202a": "LRE",
	"\u202b": "RLE",
	"\u202c": "PDF",
	"\u202d": "LRO",
	"\u202e": "RLO",
	"\u2066": "LRI",
	"\u2067": "RLI",
	"\u2068": "FSI",
	"\u2069": "PDI",
};

export type Piece = { text: string } | { mark: string } | { href: string };

/** Addresses of pages, without the full stop of the sentence that they stand in. */
const address = /(https?:\/\/[^\s<>"'\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]*[^\s<>"'.,:;!?؟،؛)\]\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069])/u;

/**
 * Cuts a text at its bidi controls, which can make it read otherwise than it was written. They are shown as marks instead of
 * being obeyed; the signed original keeps them. Joiners (U+200C, U+200D) are letters' business and stay. Addresses of pages are
 * cut out as well.
 */
export function pieces(text: string): Piece[] {
	return text
		.split(/([\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069])/u)
		.filter((part) => part !== "")
		.flatMap((part) => {
			const mark = controls[part];
			return mark === undefined ? linked(part) : [{ mark }];
		});
}

function linked(text: string): Piece[] {
	return text
		.split(address)
		.filter((part) => part !== "")
		.map((part) => (address.test(part) && /^https?:/.test(part) ? { href: part } : { text: part }));
}
