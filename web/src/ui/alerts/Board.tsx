import { signal } from "@preact/signals";
import { t } from "../../i18n";
import { byNeed } from "../../state/alerts/fold";
import { type Entry, stage, urgencies } from "../../state/alerts/model";
import { client } from "../client";
import { Button } from "../kit/Button";
import { ChipSelect } from "../kit/ChipSelect";
import { List } from "../kit/List";
import { countries, countryName } from "../names";
import { now, trouble } from "../say";
import { asOf } from "../screens/load";
import { mayRaise, Ways } from "../raise/Ways";
import { link } from "../shell/router";
import { AlertCard } from "./Card";
import { setSounds, sounds } from "./chime";
import { alerts } from "./here";
import { areaName, codeName, codes, urgencyName } from "./words";

interface Filter {
	readonly country: string;
	/** A province; only the map sets it. */
	readonly area: string;
	readonly code: string;
	readonly urgency: string;
}

const nothing: Filter = { country: "", area: "", code: "", urgency: "" };

/** What the board is narrowed to. It stays while the page does. */
export const filter = signal<Filter>(nothing);

export const showArea = (area: string): void => {
	filter.value = { ...nothing, area };
};

const fits = (entry: Entry, { country, area, code, urgency }: Filter): boolean =>
	(country === "" || entry.block.areas.some((one) => one.slice(0, 2) === country)) &&
	(area === "" || entry.block.areas.includes(area)) &&
	(code === "" || entry.block.code === code) &&
	(urgency === "" || entry.block.urgency === urgency);

/** The alerts that live, what needs me most first. */
export function Board({ current }: { current?: string }) {
	const known = alerts.value;
	const all = known?.board.value?.filter((one) => stage(one, now.value) === "live");
	const items = all?.filter((one) => fits(one, filter.value)).sort(byNeed(now.value));
	const failed = known?.failed.value;
	const narrowed = filter.value !== nothing;
	return (
		<>
			<Head />
			<div class="board">
				<Filters />
				<List
					label={t("alerts.title")}
					items={items}
					loading={t("act.loading")}
					asOf={asOf()}
					rows={3}
					empty={
						narrowed && (all?.length ?? 0) > 0
							? { text: t("alerts.none_fit"), icon: "search", act: <Button onPress={() => (filter.value = nothing)}>{t("alerts.show_all")}</Button> }
							: { text: t("alerts.empty"), icon: "check", act: <Button href={link({ at: "alerts-past" })}>{t("alerts.to_past")}</Button> }
					}
					failed={
						failed && (items === undefined || failed.status !== 0)
							? {
									text: trouble(failed),
									act: (
										<Button icon="refresh" onPress={() => known?.soon(0)}>
											{t("act.try_again")}
										</Button>
									),
								}
							: undefined
					}
					render={(entry) => (
						<li key={entry.id}>
							<AlertCard entry={entry} current={entry.id === current} />
						</li>
					)}
				/>
			</div>
			<Ways />
		</>
	);
}

function Head() {
	return (
		<div class="pane-head">
			{mayRaise() && (
				<Button kind="main" wide icon="plus" href={link({ at: "new-alert" })}>
					{t("alerts.new")}
				</Button>
			)}
			<div class="row">
				<Button href={link({ at: "alerts-map" })} kind="quiet" icon="map">
					{t("alerts.map")}
				</Button>
				<Button href={link({ at: "alerts-past" })} kind="quiet" icon="history">
					{t("alerts.past")}
				</Button>
				{!client.alone && (
					<Button kind="quiet" icon={sounds.value ? "sound" : "silent"} pressed={sounds.value} onPress={() => setSounds(!sounds.value)}>
						{t("alerts.sound")}
					</Button>
				)}
			</div>
		</div>
	);
}

function Filters() {
	const { country, area, code, urgency } = filter.value;
	const set = (change: Partial<Filter>) => {
		const next = { ...filter.value, ...change };
		filter.value = Object.values(next).every((one) => one === "") ? nothing : next;
	};
	const named = (values: readonly string[], name: (value: string) => string, all: string) => [
		{ value: "", label: all },
		...values.map((value) => ({ value, label: name(value) })),
	];
	return (
		<div class="filters">
			{area !== "" && (
				<Button icon="close" onPress={() => set({ area: "" })}>
					{areaName(area)}
				</Button>
			)}
			<ChipSelect
				icon="country"
				label={t("alerts.country")}
				value={country}
				options={named(countries, countryName, t("alerts.any_country"))}
				onValue={(value) => set({ country: value, area: "" })}
			/>
			<ChipSelect
				icon="alarm"
				label={t("alerts.urgency")}
				value={urgency}
				options={named(urgencies, (one) => urgencyName(one as Entry["block"]["urgency"]), t("alerts.any_urgency"))}
				onValue={(value) => set({ urgency: value })}
			/>
			<ChipSelect
				icon="alerts"
				label={t("alerts.code")}
				value={code}
				options={named(codes(), codeName, t("alerts.any_code"))}
				onValue={(value) => set({ code: value })}
			/>
		</div>
	);
}
