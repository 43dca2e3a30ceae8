import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { exportFile, type Monthly, type Named, ownShelters, type PlaceFigures, placeFigures, type Response, type Sum, type Wait } from "../../state/reports/figures";
import { client, me } from "../client";
import { Select } from "../kit/Field";
import { Icon, type IconName } from "../kit/Icon";
import { Row } from "../kit/List";
import { countries, countryName } from "../names";
import { Bar } from "../raise/Bar";
import { monthName, share, spanName } from "../raise/span";
import { AsOf, NothingRead, useReading } from "../screens/reading";
import { TakeFile } from "../screens/TakeFile";
import { link, type Route } from "../shell/router";
import { categoryName, live, published } from "./say";
import "./reports.css";

/** The places of the network in figures: what is free now, how it has gone, and the way to the map, the ledgers and the year. */
export default function Figures() {
	const reading = useReading("place figures", async () => ({ figures: await placeFigures(12), own: await own() }));
	const read = reading.value;
	if (!read) return <NothingRead reading={reading} />;
	const { figures } = read;
	return (
		<div class="column stack">
			<AsOf reading={reading} />
			<p class="soft">{t("place_figures.what")}</p>
			<Ways />
			<Board live={figures.live} />
			<Trend trends={figures.trends} />
			<Waits waits={figures.waits} />
			<Answers response={figures.response} />
			<Unmet unmet={figures.unmet} />
			<Ledgers own={read.own} figures={figures} />
			<Take />
		</div>
	);
}

/** Who looks after the network alone, without an organisation, has no shelters and sees none. */
const own = (): Promise<Named[]> => (me.value?.organisation ? ownShelters() : Promise.resolve([]));

function Ways() {
	const ways: { to: Route; icon: IconName; words: string }[] = [
		{ to: { at: "place-map" }, icon: "map", words: t("place_figures.by_place") },
		{ to: { at: "place-year" }, icon: "print", words: t("year.title") },
	];
	return (
		<ul class="stack-tight">
			{ways.map(({ to, icon, words }) => (
				<li key={to.at}>
					<Row href={link(to)} lead={<Icon name={icon} />} title={words} />
				</li>
			))}
		</ul>
	);
}

/** One's own country comes first; shelters that do not say where they are come last. */
function Board({ live: sums }: { live: readonly Sum[] }) {
	const home = me.value?.organisation?.country;
	const all = [...countries.toSorted((a, b) => Number(b === home) - Number(a === home)), ""].filter((country) => sums.some(({ place }) => place === country));
	return (
		<section class="stack-tight">
			<h2>{t("place_figures.now")}</h2>
			{all.length === 0 && <p>{t("place_figures.empty")}</p>}
			{all.map((country) => (
				<table key={country} class="card counts">
					<caption>{country === "" ? t("place_figures.nowhere") : countryName(country)}</caption>
					<thead>
						<tr>
							<th scope="col">{t("place_figures.category")}</th>
							<th scope="col">{t("place_figures.free")}</th>
							<th scope="col">{t("place_figures.waiting")}</th>
						</tr>
					</thead>
					<tbody>
						{sums
							.filter(({ place }) => place === country)
							.map(({ category, free, waiting }) => (
								<tr key={category}>
									<th scope="row">{categoryName(category)}</th>
									<td>{live(free)}</td>
									<td>{live(waiting)}</td>
								</tr>
							))}
					</tbody>
				</table>
			))}
		</section>
	);
}

const newestFirst = <T extends { readonly month: string }>(all: readonly T[]): T[] => all.toSorted((a, b) => b.month.localeCompare(a.month));

function Trend({ trends }: { trends: readonly Monthly[] }) {
	const [wanted, setWanted] = useState("");
	const categories = [...new Set(trends.map(({ category }) => category))];
	const chosen = wanted || (categories[0] ?? "");
	const shown = newestFirst(trends.filter(({ category }) => category === chosen));
	const most = Math.max(1, ...shown.map(({ count }) => count ?? 0));
	return (
		<section class="stack-tight">
			<h2>{t("place_figures.trend")}</h2>
			<p class="soft">{t("place_figures.trend_what")}</p>
			{categories.length > 1 && (
				<Select label={t("place_figures.category")} value={chosen} onValue={setWanted} options={categories.map((value) => ({ value, label: categoryName(value) }))} />
			)}
			{shown.length === 0 ? (
				<p>{t("place_figures.nothing")}</p>
			) : (
				<ul aria-label={`${t("place_figures.trend")}: ${categoryName(chosen)}`}>
					{shown.map(({ month, count }) => (
						<Bar key={month} name={monthName(month)} share={(count ?? 0) / most} said={live(count)} />
					))}
				</ul>
			)}
		</section>
	);
}

function Waits({ waits }: { waits: readonly Wait[] }) {
	const longest = Math.max(1, ...waits.map(({ seconds }) => seconds ?? 0));
	return (
		<section class="stack-tight">
			<h2>{t("place_figures.waits")}</h2>
			<p class="soft">{t("place_figures.waits_what")}</p>
			{waits.length === 0 ? (
				<p>{t("place_figures.nothing")}</p>
			) : (
				<ul aria-label={t("place_figures.waits")}>
					{newestFirst(waits).map(({ month, seconds }) => (
						<Bar key={month} name={monthName(month)} share={(seconds ?? 0) / longest} said={seconds === undefined ? published(undefined) : spanName(seconds)} />
					))}
				</ul>
			)}
		</section>
	);
}

function Answers({ response }: { response: readonly Response[] }) {
	return (
		<section class="stack-tight">
			<h2>{t("place_figures.response")}</h2>
			{response.length === 0 ? (
				<p>{t("place_figures.nothing")}</p>
			) : (
				<ul aria-label={t("place_figures.response")}>
					{response.map(({ shelter, name, asked, answered, seconds }) => (
						<Bar
							key={shelter}
							name={name}
							beside={answered === 0 ? t("figures.none") : spanName(seconds)}
							share={answered / Math.max(1, asked)}
							said={t("figures.answered", { Share: share(answered, asked) })}
						/>
					))}
				</ul>
			)}
		</section>
	);
}

function Unmet({ unmet }: { unmet: readonly Monthly[] }) {
	const most = Math.max(1, ...unmet.map(({ count }) => count ?? 0));
	return (
		<section class="stack-tight">
			<h2>{t("place_figures.unmet")}</h2>
			<p class="soft">{t("place_figures.unmet_what")}</p>
			{unmet.length === 0 ? (
				<p>{t("place_figures.nothing")}</p>
			) : (
				<ul aria-label={t("place_figures.unmet")}>
					{newestFirst(unmet).map(({ month, category, count }) => (
						<Bar key={`${month} ${category}`} name={categoryName(category)} beside={monthName(month)} share={(count ?? 0) / most} said={published(count)} />
					))}
				</ul>
			)}
		</section>
	);
}

/** One's own shelters, and those of which one is told how they answer. */
function Ledgers({ own: mine, figures: { response } }: { own: readonly Named[]; figures: PlaceFigures }) {
	const others = response.filter(({ shelter }) => !mine.some(({ id }) => id === shelter)).map(({ shelter: id, name }) => ({ id, name }));
	const all = [...mine, ...others];
	if (all.length === 0) return null;
	return (
		<section class="stack-tight">
			<h2>{t("ledger.title")}</h2>
			<ul aria-label={t("ledger.title")}>
				{all.map(({ id, name }) => (
					<li key={id}>
						<Row href={link({ at: "place-ledger", shelter: id })} lead={<Icon name="shield" />} title={<bdi>{name}</bdi>} />
					</li>
				))}
			</ul>
		</section>
	);
}

function Take() {
	if (!me.value?.organisation || !client.may("see_places")) return null;
	return (
		<section class="stack-tight">
			<h2>{t("audit.take")}</h2>
			<p class="soft">{t("place_figures.take_what")}</p>
			<TakeFile file={() => exportFile("csv")} name="free-places.csv">
				HXL · CSV
			</TakeFile>
			<TakeFile file={() => exportFile("hsds")} name="service_capacity.json">
				HSDS · JSON
			</TakeFile>
		</section>
	);
}
