import { reading, type Tag } from "../../i18n";
import type { RotaSlot } from "../../state/rota";
import { clock, language } from "../say";

/** The day that a week begins with, 0 is Monday: Saturday in Afghanistan, Sunday in Pakistan. */
const firstDay: Partial<Record<Tag, number>> = { "fa-AF": 5, ps: 5, ur: 6 };

/** The days of a week in the reader's order, 0 is Monday. */
export function weekdays(): number[] {
	const first = firstDay[language.value] ?? 0;
	return Array.from({ length: 7 }, (_, n) => (first + n) % 7);
}

/** Our days begin with Monday, those of the calendar with Sunday. */
export const weekdayName = (day: number): string => reading().style.data.days[(day + 1) % 7] ?? "";

/** What is on duty on a day, by the hour and then by who is asked first. */
export const inOrder = (slots: readonly RotaSlot[], day: number): RotaSlot[] =>
	slots.filter((slot) => slot.weekday === day).sort((a, b) => a.from - b.from || a.place - b.place);

/** A minute of the day as the reader's clock has it. */
export const hourOf = (minute: number): string => clock(new Date(2026, 0, 1, 0, minute).getTime());
