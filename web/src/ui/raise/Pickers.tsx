import { useId, useState } from "preact/hooks";
import { dayHeading, t } from "../../i18n";
import { type Slot, valuesOf } from "../../i18n/alert";
import { hubNow } from "../../state";
import type { SlotValue } from "../../state/alertDraft";
import { client, me } from "../client";
import { Choices, Select } from "../kit/Field";
import { Stepper } from "../kit/Stepper";
import { countryName } from "../names";
import { clock, number } from "../say";
import { placesByCountry } from "./codes";
import { placeName, slotName, valueName } from "./say";

interface Props {
	slot: Slot;
	value: SlotValue | undefined;
	onValue: (value: SlotValue | undefined) => void;
}

/** Most people in one alert. */
const mostPeople = 999;
/** So many values stand side by side; more of them are picked by the system's own picker. */
const sideBySide = 5;

/** One slot of a code, filled without a keyboard. */
export function SlotPicker(props: Props) {
	switch (props.slot.type) {
		case "count":
			return <Count {...props} />;
		case "place":
			return <Place {...props} />;
		case "window":
			return <Window {...props} />;
		case "organisation":
			return <Contact {...props} />;
		default:
			return <OneOf {...props} />;
	}
}

const label = (slot: Slot) => (slot.required ? slotName(slot) : t("new_alert.if_known", { Name: slotName(slot) }));

function Count({ slot, value, onValue }: Props) {
	const count = typeof value === "number" ? value : 1;
	return (
		<Stepper
			label={slotName(slot)}
			value={count}
			least={1}
			most={mostPeople}
			shown={number(count)}
			less={t("new_alert.fewer")}
			more={t("new_alert.more")}
			onValue={onValue}
		/>
	);
}

function OneOf({ slot, value, onValue }: Props) {
	const values = valuesOf(slot);
	const chosen = typeof value === "string" ? value : "";
	const pick = (one: string) => onValue(one === "" ? undefined : one);
	const named = values.map((one) => ({ value: one, label: valueName(slot.type, one) }));
	const options = slot.required ? named : [{ value: "", label: t("new_alert.not_known") }, ...named];
	if (values.length <= sideBySide) return <Choices label={slotName(slot)} value={chosen} onValue={pick} options={options} />;
	const first = slot.required ? [{ value: "", label: t("new_alert.choose") }, ...named] : options;
	return <Select label={slotName(slot)} value={chosen} onValue={pick} options={first} />;
}

/** A province, or a whole country, in one touch: the reader's own country comes first. */
function Place({ slot, value, onValue }: Props) {
	const id = useId();
	return (
		<div class="field">
			<label for={id}>{label(slot)}</label>
			<div class="box">
				<select id={id} value={typeof value === "string" ? value : ""} onChange={(event) => onValue(event.currentTarget.value || undefined)}>
					<option value="">{slot.required ? t("new_alert.choose") : t("new_alert.not_known")}</option>
					{placesByCountry().map(({ country, places }) => (
						<optgroup key={country} label={countryName(country)}>
							{places.map((code) => (
								<option key={code} value={code}>
									{placeName(code)}
								</option>
							))}
							<option value={country}>{t("new_alert.whole_country", { Country: countryName(country) })}</option>
						</optgroup>
					))}
				</select>
			</div>
		</div>
	);
}

function Contact({ slot, value, onValue }: Props) {
	const own = me.value?.organisation;
	const others = (client.organisations.value ?? []).filter((one) => one.standing === "vetted" && one.id !== own?.id);
	const all = own ? [own, ...others] : others;
	return (
		<Select
			label={label(slot)}
			value={typeof value === "string" ? value : ""}
			onValue={(id) => onValue(id || undefined)}
			options={[{ value: "", label: t("new_alert.nobody") }, ...all.map(({ id, name }) => ({ value: id, label: name }))]}
		/>
	);
}

const hour = 3600;

/** When: not known, from now, or from one full hour to another. */
function Window({ slot, value, onValue }: Props) {
	const window = Array.isArray(value) ? (value as readonly number[]) : undefined;
	const [kind, setKind] = useState(window === undefined ? "" : "own");
	const pick = (to: string) => {
		setKind(to);
		const now = Math.floor(hubNow() / 1000);
		if (to === "") onValue(undefined);
		else onValue([to === "now" ? now - (now % 60) : now - (now % hour)]);
	};
	const [from = 0, until = 0] = window ?? [];
	return (
		<section class="stack-tight">
			<Choices
				label={slotName(slot)}
				value={kind}
				onValue={pick}
				options={[
					{ value: "", label: t("new_alert.not_known") },
					{ value: "now", label: t("new_alert.from_now") },
					{ value: "own", label: t("new_alert.other_time") },
				]}
			/>
			{kind === "own" && window && (
				<>
					<Hour label={t("new_alert.begins")} at={from} onAt={(at) => onValue(until > at ? [at, until] : [at])} />
					<Hour label={t("new_alert.ends")} at={until} open onAt={(at) => onValue(at > from ? [from, at] : [from])} />
				</>
			)}
		</section>
	);
}

/** Days back and ahead that one may pick. */
const back = 3;
const ahead = 14;

/** A day and a full hour of it. */
function Hour({ label: name, at, open, onAt }: { label: string; at: number; open?: boolean; onAt: (at: number) => void }) {
	const today = startOfDay(hubNow() / 1000);
	const day = at === 0 ? 0 : startOfDay(at);
	const days = Array.from({ length: back + ahead + 1 }, (_, n) => startOfDay(today + (n - back) * 24 * hour + 12 * hour));
	const hourOf = Math.floor((at - day) / hour);
	return (
		<div class="hour">
			<Select
				label={name}
				value={String(day)}
				onValue={(to) => onAt(Number(to) === 0 ? 0 : Number(to) + hourOf * hour)}
				options={[
					...(open ? [{ value: "0", label: t("new_alert.open_end") }] : []),
					...days.map((one) => ({ value: String(one), label: dayHeading(one * 1000, hubNow()) })),
				]}
			/>
			{day !== 0 && (
				<Select
					label={t("new_alert.hour")}
					value={String(hourOf)}
					onValue={(to) => onAt(day + Number(to) * hour)}
					options={Array.from({ length: 24 }, (_, n) => ({ value: String(n), label: clock((day + n * hour) * 1000) }))}
				/>
			)}
		</div>
	);
}

/** Where the day begins at this device, in Unix seconds. */
function startOfDay(at: number): number {
	const day = new Date(at * 1000);
	return Math.floor(new Date(day.getFullYear(), day.getMonth(), day.getDate()).getTime() / 1000);
}
