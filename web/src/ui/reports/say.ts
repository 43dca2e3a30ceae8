import { number, t } from "../../i18n";

/** What is free or waits: a number, or that it is too little to be told. A nought of Arabic script is a mere dot, and is said in a word. */
export function live(count: number | undefined): string {
	if (count === undefined) return t("place_figures.few");
	return count === 0 ? t("place_figures.none") : number(count);
}

/** A number of a month, or that it is too little to be told. */
export const published = (count: number | undefined): string => (count === undefined ? t("place_figures.few_published") : number(count));

export const categoryName = (code: string): string => (code === "" ? t("place_figures.all") : t(`place.category.${code}`));
