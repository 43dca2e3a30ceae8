import { t } from "../../i18n";

/** The signs that are offered, each with the word that says what it means here. */
const signs: readonly (readonly [sign: string, key: string])[] = [
	["👍", "sign.agree"],
	["✅", "sign.done"],
	["🙏", "sign.thanks"],
	["👀", "sign.looking"],
	["❤️", "sign.with_you"],
	["❓", "sign.question"],
];

export const offered = signs.map(([sign]) => sign);

/** What a sign is called. Others' signs are called what screen readers call them. */
export function signName(sign: string): string {
	const known = signs.find(([one]) => one === sign)?.[1];
	return known === undefined ? sign : t(known);
}
