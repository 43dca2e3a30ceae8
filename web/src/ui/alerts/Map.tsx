import { t } from "../../i18n";
import { type Entry, stage, type Urgency, urgencies } from "../../state/alerts/model";
import { me } from "../client";
import { Outline } from "../kit/List";
import { countries } from "../names";
import { dot, now, number } from "../say";
import { asOf } from "../screens/load";
import { go } from "../shell/router";
import { showArea } from "./Board";
import { alerts } from "./here";
import { UrgencyMark } from "./Marks";
import { type Mark, Tiles } from "./Tiles";
import { areaName, urgencyName } from "./words";

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
		<Tiles
			country={country}
			whole={all && { words: `${t("alerts.whole_country")}${dot()}${number(all.count)}`, look: all.urgency.toLowerCase() }}
			mark={(code) => markOf(code, figures.get(code))}
			onOpen={open}
		/>
	);
}

function markOf(code: string, figure: Figure | undefined): Mark {
	if (!figure) return { said: areaName(code) };
	const count = number(figure.count);
	return { said: t("alerts.tile", { Place: areaName(code), Number: count, Urgency: urgencyName(figure.urgency) }), count, look: figure.urgency.toLowerCase() };
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
