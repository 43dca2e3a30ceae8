import { useState } from "preact/hooks";
import { number, t } from "../../i18n";
import { type Cell, totals, type Year, yearOf } from "../../state/reports/figures";
import { Button } from "../kit/Button";
import { Select } from "../kit/Field";
import { countryName } from "../names";
import { spanName } from "../raise/span";
import { AsOf, NothingRead, useReading } from "../screens/reading";
import { categoryName } from "./say";
import "./reports.css";

/** How many years back one may look. */
const yearsBack = 5;

/** The year of the network as it may be given to anybody: to be read, and to be printed. */
export default function YearScreen() {
	const last = new Date().getUTCFullYear();
	const [year, setYear] = useState(last);
	const years = Array.from({ length: yearsBack }, (_, n) => last - n);
	return (
		<div class="column stack">
			<Select label={t("year.pick")} value={String(year)} onValue={(value) => setYear(Number(value))} options={years.map((one) => ({ value: String(one), label: number(one) }))} />
			<Report key={year} year={year} />
		</div>
	);
}

function Report({ year }: { year: number }) {
	const reading = useReading(`year ${year}`, () => yearOf(year));
	const read = reading.value;
	if (!read) return <NothingRead reading={reading} />;
	return (
		<>
			<AsOf reading={reading} />
			<Paper read={read} />
			<Button wide kind="main" icon="print" onPress={() => print()}>
				{t("drill.print")}
			</Button>
		</>
	);
}

/** What is printed. */
function Paper({ read }: { read: Year }) {
	const unmet = totals(read.unmet).map(({ category, count, more }) => ({ code: category, said: said(count, more) }));
	return (
		<article class="card paper">
			<h2>{t("year.heading", { Year: number(read.year) })}</h2>
			<p class="soft">{t("year.what")}</p>
			<Table title={t("year.shelters")} of={read.shelters} name={countryName} />
			<Table title={t("year.asked")} of={read.asked} name={categoryName} />
			<Table title={t("year.became")} of={read.became} name={(code) => t(`place.state.${code}`)} />
			<Table title={t("year.declined")} of={read.declined} name={(code) => t(`place.decline.${code}`)} />
			<Table title={t("year.left")} of={read.left} name={(code) => t(`place.exit.${code}`)} />
			<Counts title={t("place_figures.unmet")} rows={unmet} name={categoryName} />
			<h3>{t("place_figures.waits")}</h3>
			<p class="soft">{t("place_figures.waits_what")}</p>
			<p class="sum">{read.seconds === undefined ? t("year.hidden") : spanName(read.seconds)}</p>
			<p class="soft">{t("year.hidden_what")}</p>
		</article>
	);
}

function said(count: number, more: boolean): string {
	if (more) return count === 0 ? t("year.hidden") : t("year.at_least", { Number: number(count) });
	return number(count);
}

const Table = ({ title, of, name }: { title: string; of: readonly Cell[]; name: (code: string) => string }) => (
	<Counts title={title} rows={of.map(({ code, count }) => ({ code, said: count === undefined ? t("year.hidden") : number(count) }))} name={name} />
);

function Counts({ title, rows, name }: { title: string; rows: readonly { code: string; said: string }[]; name: (code: string) => string }) {
	return (
		<table class="counts">
			<caption>{title}</caption>
			<tbody>
				{rows.map((row) => (
					<tr key={row.code}>
						<th scope="row">{name(row.code)}</th>
						<td>{row.said}</td>
					</tr>
				))}
				{rows.length === 0 && (
					<tr>
						<td>{t("place_figures.nothing")}</td>
					</tr>
				)}
			</tbody>
		</table>
	);
}
