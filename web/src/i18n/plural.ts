import type { Tag } from "./languages";

export type PluralForm = "one" | "few" | "many" | "other";

/** Whole numbers and fractions as CLDR 48 has them; Intl.PluralRules has English rules for Tajik. */
const one = (n: number): PluralForm => (n === 1 ? "one" : "other");
const upToOne = (n: number): PluralForm => (n >= 0 && n <= 1 ? "one" : "other");
const zeroOrOne = (n: number): PluralForm => (n === 0 || n === 1 ? "one" : "other");

function russian(n: number): PluralForm {
	if (!Number.isInteger(n)) return "other";
	const ten = n % 10;
	const hundred = n % 100;
	if (ten === 1 && hundred !== 11) return "one";
	if (ten >= 2 && ten <= 4 && (hundred < 12 || hundred > 14)) return "few";
	return "many";
}

const rules: Readonly<Record<Tag, (n: number) => PluralForm>> = {
	"fa-AF": upToOne,
	ps: one,
	tg: zeroOrOne,
	uz: one,
	tk: one,
	ur: one,
	ru: russian,
	en: one,
};

export function pluralForm(tag: Tag, n: number): PluralForm {
	return rules[tag](Math.abs(n));
}
