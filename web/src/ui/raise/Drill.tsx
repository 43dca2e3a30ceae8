import { t } from "../../i18n";
import { drillReport } from "../../state/figures";
import { truthName } from "../alerts/words";
import { organisationName } from "../client";
import { Button } from "../kit/Button";
import { usePeople } from "../screens/load";
import { AsOf, NothingRead, useReading } from "../screens/reading";
import { share, spanName } from "./span";
import "./raise.css";

/** How a drill went: one number, what it is made of, and each organisation. */
export default function Drill({ id }: { id: string }) {
	usePeople();
	const reading = useReading(`drill ${id}`, () => drillReport(id));
	const report = reading.value;
	if (!report) return <NothingRead reading={reading} />;
	return (
		<div class="column stack">
			<AsOf reading={reading} />
			<section class="card score">
				<p>{t("drill.score")}</p>
				<p class="number">{share(report.score, 100)}</p>
				<span class="bar" aria-hidden="true">
					<i style={{ inlineSize: `${report.score}%` }} />
				</span>
			</section>
			<dl class="facts">
				<Fact name={t("drill.reached")} value={share(report.reached, report.organisations)} />
				<Fact name={t("drill.answered")} value={share(report.answered, report.organisations)} />
				<Fact name={t("drill.in_time")} value={share(report.inTime, report.organisations)} />
				<Fact name={t("drill.median")} value={report.seconds === undefined ? t("figures.none") : spanName(report.seconds)} />
			</dl>
			<ul class="stack-tight" aria-label={t("drill.by")}>
				{report.by.map((one) => (
					<li key={one.organisation} class="row">
						<bdi class="grow">{organisationName(one.organisation) ?? one.organisation}</bdi>
						<span class={`chip ${one.inTime ? "good" : "warn"}`}>{one.truth === "unknown" ? t("alerts.truth_never") : truthName(one.truth)}</span>
						{one.seconds !== undefined && <span class="soft">{spanName(one.seconds)}</span>}
					</li>
				))}
			</ul>
			<Button wide icon="print" onPress={() => print()}>
				{t("drill.print")}
			</Button>
		</div>
	);
}

function Fact({ name, value }: { name: string; value: string }) {
	return (
		<div class="row">
			<dt class="grow">{name}</dt>
			<dd class="count">{value}</dd>
		</div>
	);
}
