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

export type Piece = { text: string } | { mark: string };

/**
 * Cuts a text at its bidi controls, which can make it read otherwise than it was written. They are shown as marks instead of
 * being obeyed; the signed original keeps them. Joiners (U+200C, U+200D) are letters' business and stay.
 */
export function pieces(text: string): Piece[] {
	return text
		.split(/([\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069])/u)
		.filter((part) => part !== "")
		.map((part) => {
			const mark = controls[part];
			return mark === undefined ? { text: part } : { mark };
		});
}
