import { number, reading, t } from "../../i18n";

/** How long something took: minutes up to two hours, then hours. */
export function spanName(seconds: number): string {
	const minutes = Math.max(1, Math.round(seconds / 60));
	return minutes < 120 ? t("figures.minutes", { Count: minutes }) : t("duty.hours", { Count: Math.round(minutes / 60) });
}

/** A share of a whole, in the reader's digits. */
export const share = (part: number, of: number): string => t("alerts.of", { Number: number(part), All: number(of) });

/** A month (2026-11) of the Gregorian calendar, in which the hub counts. */
export function monthName(month: string): string {
	const [year = 0, of = 1] = month.split("-").map(Number);
	return `${reading().style.data.months[of - 1] ?? ""} ${number(year)}`;
}
