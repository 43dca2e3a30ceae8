import { t } from "../../i18n";
import { type Entry, stage, type Urgency, urgencies } from "../../state/alerts/model";
import { me } from "../client";
import { Outline } from "../kit/List";
import { countries, countryName } from "../names";
import { now, number } from "../say";
import { asOf } from "../screens/load";
import { go } from "../shell/router";
import { showArea } from "./Board";
import { alerts } from "./here";
import { UrgencyMark } from "./Marks";
import { type Tile, tilesOf } from "./tiles";
import { areaName, shortName, urgencyName } from "./words";
import "./Map.css";

/** How many alerts live in a place, and the haste of the most urgent one. */
interface Figure {
	readonly count: number;
	readonly urgency: Urgency;
}

/** Where the alerts are: a tile a province, and the same figures as a table. One's own country comes first. */
export default function AlertsMap() {
	const live = alerts.value?.board.value?.filter((one) => stage(one, now.value) === "live");
	if (!live) return <Outline rows={4} label={t("act.loading")} />;
	const own = me.value?.organisation?.country;
	const sorted = countries.toSorted((a, b) => Number(b === own) - Number(a === own));
	const figures = figuresOf(live);
	const offline = asOf();
	return (
		<div class="column stack">
			{offline !== undefined && <p class="soft">{offline}</p>}
			<p class="soft">{t("alerts.map_what")}</p>
			<Table figures={figures} />
			{sorted.map((country) => (
				<Country key={country} country={country} figures={figures} />
			))}
		</div>
	);
}

export function figuresOf(live: readonly Entry[]): ReadonlyMap<string, Figure> {
	const figures = new Map<string, Figure>();
	for (const { block } of live) {
		for (const area of block.areas) {
			const before = figures.get(area);
			const worst = before && urgencies.indexOf(before.urgency) < urgencies.indexOf(block.urgency) ? before.urgency : block.urgency;
			figures.set(area, { count: (before?.count ?? 0) + 1, urgency: worst });
		}
	}
	return figures;
}

type Figures = ReadonlyMap<string, Figure>;

function open(area: string): void {
	showArea(area);
	go({ at: "alerts" });
}

function Country({ country, figures }: { country: string; figures: Figures }) {
	const all = figures.get(country);
	return (
		<section class="card">
			<h3>{countryName(country)}</h3>
			{all && (
				<button type="button" class={`tile-button wide ${all.urgency.toLowerCase()}`} onClick={() => open(country)}>
					{t("alerts.whole_country")} · {number(all.count)}
				</button>
			)}
			<div class="sideways">
				<div class="tile-map" dir="ltr">
					{tilesOf(country).map((tile) => (
						<TileButton key={tile.code} tile={tile} figure={figures.get(tile.code)} />
					))}
				</div>
			</div>
		</section>
	);
}

function TileButton({ tile: { code, column, row }, figure }: { tile: Tile; figure: Figure | undefined }) {
	const said = figure ? t("alerts.tile", { Place: areaName(code), Number: number(figure.count), Urgency: urgencyName(figure.urgency) }) : areaName(code);
	return (
		<button
			type="button"
			class={figure ? `tile-button ${figure.urgency.toLowerCase()}` : "tile-button"}
			style={{ gridColumn: column, gridRow: row }}
			aria-label={said}
			dir="auto"
			onClick={() => open(code)}
		>
			<bdi>{shortName(code)}</bdi>
			{figure && <span class="count">{number(figure.count)}</span>}
		</button>
	);
}

function Table({ figures }: { figures: Figures }) {
	const rows = [...figures].sort(([, a], [, b]) => urgencies.indexOf(a.urgency) - urgencies.indexOf(b.urgency) || b.count - a.count);
	if (rows.length === 0) return <p>{t("alerts.empty")}</p>;
	return (
		<section class="card">
			<table class="delivery">
				<caption>{t("alerts.by_place")}</caption>
				<thead>
					<tr>
						<th scope="col">{t("alerts.place")}</th>
						<th scope="col">{t("alerts.title")}</th>
						<th scope="col">{t("alerts.urgency")}</th>
					</tr>
				</thead>
				<tbody>
					{rows.map(([area, { count, urgency }]) => (
						<tr key={area}>
							<th scope="row">{areaName(area)}</th>
							<td>{number(count)}</td>
							<td>
								<UrgencyMark urgency={urgency} />
							</td>
						</tr>
					))}
				</tbody>
			</table>
		</section>
	);
}
