import { useId } from "preact/hooks";
import { dateOf, monthNames, startOf, t } from "../../i18n";
import { number } from "../say";

interface Props {
	label: string;
	/** Unix milliseconds of the day's beginning; undefined while no day is chosen. */
	value: number | undefined;
	onValue: (at: number | undefined) => void;
	/** How many years back one may choose. */
	years: number;
}

/** A day in the reader's own calendar, by three pickers: no calendar of the browser's knows it. */
export function DateField({ label, value, onValue, years }: Props) {
	const id = useId();
	const today = dateOf(Date.now());
	const chosen = value === undefined ? undefined : dateOf(value);
	const pick = (part: "day" | "month" | "year") => (event: { currentTarget: HTMLSelectElement }) => {
		const picked = event.currentTarget.value;
		if (picked === "") return onValue(undefined);
		onValue(startOf({ ...(chosen ?? today), [part]: Number(picked) }));
	};
	const none = <option value="">{t("date.any")}</option>;
	return (
		<fieldset class="choices">
			<legend id={id}>{label}</legend>
			<div class="date">
				<div class="field">
					<div class="box">
						<select aria-label={t("date.day")} value={chosen?.day ?? ""} onChange={pick("day")}>
							{none}
							{Array.from({ length: 31 }, (_, n) => (
								<option key={n} value={n + 1}>
									{number(n + 1)}
								</option>
							))}
						</select>
					</div>
				</div>
				<div class="field">
					<div class="box">
						<select aria-label={t("date.month")} value={chosen?.month ?? ""} onChange={pick("month")}>
							{none}
							{monthNames().map((name, n) => (
								<option key={name} value={n + 1}>
									{name}
								</option>
							))}
						</select>
					</div>
				</div>
				<div class="field">
					<div class="box">
						<select aria-label={t("date.year")} value={chosen?.year ?? ""} onChange={pick("year")}>
							{none}
							{Array.from({ length: years + 1 }, (_, n) => (
								<option key={n} value={today.year - n}>
									{number(today.year - n)}
								</option>
							))}
						</select>
					</div>
				</div>
			</div>
		</fieldset>
	);
}
