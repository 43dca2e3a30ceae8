import { useState } from "preact/hooks";
import { number, t } from "../../i18n";
import { placeFigures, type Sum } from "../../state/reports/figures";
import { type Mark, Tiles } from "../alerts/Tiles";
import { areaName } from "../alerts/words";
import { me } from "../client";
import { Select } from "../kit/Field";
import { countries } from "../names";
import { dot } from "../say";
import { AsOf, NothingRead, useReading } from "../screens/reading";
import { categoryName, live } from "./say";
import "./reports.css";

/** Where places are free: a tile a province, and the same figures as a table. One's own country comes first. */
export default function PlacesMap() {
	const reading = useReading("place map", async () => (await placeFigures(1)).map);
	const [category, setCategory] = useState("");
	const all = reading.value;
	if (!all) return <NothingRead reading={reading} />;
	const known = [...new Set(all.map((one) => one.category))];
	const shown = new Map(all.filter((one) => one.category === category).map((one) => [one.place, one]));
	const home = me.value?.organisation?.country;
	return (
		<div class="column stack">
			<AsOf reading={reading} />
			<h2>{t("place_figures.by_place")}</h2>
			<p class="soft">{t("place_figures.map_what")}</p>
			{known.length > 2 && <Select label={t("place_figures.category")} value={category} onValue={setCategory} options={known.map((value) => ({ value, label: categoryName(value) }))} />}
			<Table title={categoryName(category)} sums={[...shown.values()]} />
			{countries
				.toSorted((a, b) => Number(b === home) - Number(a === home))
				.map((country) => (
					<Tiles key={country} country={country} whole={wholeOf(shown.get(country))} mark={(code) => markOf(code, shown.get(code))} />
				))}
		</div>
	);
}

/** Three faces: places are free, none are, nobody has said. */
const lookOf = ({ free }: Sum): string => (free === 0 ? "none-free" : "some-free");

/** On a tile there is no room for more than the number. */
const short = (free: number | undefined): string => (free === undefined ? `< ${number(3)}` : number(free));

const wholeOf = (sum: Sum | undefined) => sum && { words: `${t("alerts.whole_country")}${dot()}${live(sum.free)}`, look: lookOf(sum) };

function markOf(code: string, sum: Sum | undefined): Mark {
	if (!sum) return { said: areaName(code) };
	return { said: t("place_figures.tile", { Place: areaName(code), Number: live(sum.free) }), count: short(sum.free), look: lookOf(sum) };
}

function Table({ title, sums }: { title: string; sums: readonly Sum[] }) {
	if (sums.length === 0) return <p>{t("place_figures.empty")}</p>;
	return (
		<table class="card counts">
			<caption>{title}</caption>
			<thead>
				<tr>
					<th scope="col">{t("alerts.place")}</th>
					<th scope="col">{t("place_figures.free")}</th>
					<th scope="col">{t("place_figures.waiting")}</th>
				</tr>
			</thead>
			<tbody>
				{sums.toSorted((a, b) => (b.free ?? 1) - (a.free ?? 1)).map(({ place, free, waiting }) => (
					<tr key={place}>
						<th scope="row">{place === "" ? t("place_figures.nowhere") : areaName(place)}</th>
						<td>{live(free)}</td>
						<td>{live(waiting)}</td>
					</tr>
				))}
			</tbody>
		</table>
	);
}
