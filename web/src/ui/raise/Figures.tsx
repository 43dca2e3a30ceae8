import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { type Figure, figures } from "../../state/figures";
import { organisationName } from "../client";
import { Choices } from "../kit/Field";
import { List } from "../kit/List";
import { usePeople } from "../screens/load";
import { useReading } from "../screens/reading";
import { Bar } from "./Bar";
import { monthName, share, spanName } from "./span";
import "./raise.css";

/** How fast alerts are answered, by month and organisation: the number is written, the bar is for the eye. */
export default function Figures() {
	usePeople();
	const reading = useReading("figures", () => figures(12));
	const all: readonly Figure[] | undefined = reading.value;
	const [which, setWhich] = useState("");
	const organisations = [...new Set(all?.map(({ organisation }) => organisation))];
	const chosen = which || (organisations[0] ?? "");
	const shown = all?.filter(({ organisation }) => organisation === chosen).toSorted((a, b) => b.month.localeCompare(a.month));
	const longest = Math.max(1, ...(shown ?? []).map(({ seconds }) => seconds ?? 0));
	return (
		<div class="column stack">
			<p class="soft">{t("figures.what")}</p>
			{organisations.length > 1 && (
				<Choices
					label={t("alerts.organisation")}
					value={chosen}
					onValue={setWhich}
					options={organisations.map((id) => ({ value: id, label: organisationName(id) ?? id }))}
				/>
			)}
			<List
				label={t("figures.title")}
				items={shown}
				loading={t("act.loading")}
				asOf={reading.asOf}
				empty={{ text: t("figures.empty"), icon: "figures" }}
				failed={reading.failed}
				render={(one) => (
					<Bar
						key={one.month}
						name={monthName(one.month)}
						beside={t("figures.answered", { Share: share(one.answered, one.sent) })}
						share={(one.seconds ?? 0) / longest}
						said={one.seconds === undefined ? t("figures.none") : spanName(one.seconds)}
					/>
				)}
			/>
		</div>
	);
}
