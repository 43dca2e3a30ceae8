import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { freshTxn } from "../../state";
import { type Capacity, type Counting, decodeCounting } from "../../state/places/counting";
import { codes, mostPlaces, type Shelter, type Units, withFree } from "../../state/places/model";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Select } from "../kit/Field";
import { Stepper } from "../kit/Stepper";
import { toast } from "../kit/Toast";
import { number } from "../say";
import { useForm } from "../screens/form";
import { NeedsLine, useDraft } from "../screens/reading";
import { ConfirmButton } from "./Confirm";
import { places } from "./here";
import { named } from "./words";

const usable = ({ total, out, surge }: Units): number => total + surge - out;

/** What is free, by large steppers; the exact numbers stand behind them. */
export function Count({ shelter }: { shelter: Shelter }) {
	const [kept, keep] = useDraft(`place:count:${shelter.id}`);
	const form = useForm();
	const standing: Capacity = shelter.capacity ?? {};
	const counting = decodeCounting(kept);
	const capacity = counting?.capacity ?? standing;
	const change = (category: string, units: Units) => {
		keep(JSON.stringify({ txn: freshTxn(), capacity: { ...capacity, [category]: units } } satisfies Counting));
	};
	const confirm = () =>
		form.submit(async () => {
			await places.peek()?.count(shelter.id, counting?.txn ?? freshTxn(), capacity);
			keep("");
			toast(t("shelter.confirmed"));
		});
	const has = codes.category.filter((one) => capacity[one] !== undefined);
	const changed = counting !== undefined;
	return (
		<section class="stack">
			{has.length === 0 && <p>{t("shelter.first_count")}</p>}
			{has.map((category) => (
				<OneCount key={category} category={category} units={capacity[category] as Units} free={freeNow(shelter, capacity, category)} first={shelter.capacity?.[category] === undefined} onUnits={(to) => change(category, to)} />
			))}
			<Exact capacity={capacity} onUnits={change} />
			<NeedsLine />
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<div class="raise-acts">
				{changed ? (
					<>
						<Button onPress={() => keep("")}>{t("act.cancel")}</Button>
						<Button kind="main" icon="check" busy={form.busy} onPress={() => void confirm()}>
							{t("shelter.confirm")}
						</Button>
					</>
				) : (
					has.length > 0 && <ConfirmButton shelter={shelter} main />
				)}
			</div>
		</section>
	);
}

function freeNow({ free, capacity }: Shelter, now: Capacity, category: string): number {
	const [before, after] = [capacity?.[category], now[category]];
	return Math.max(0, (free[category] ?? 0) + (after ? usable(after) : 0) - (before ? usable(before) : 0));
}

interface OneProps {
	category: string;
	units: Units;
	free: number;
	/** Nothing was counted of it yet. */
	first: boolean;
	onUnits: (units: Units) => void;
}

function OneCount({ category, units, free, first, onUnits }: OneProps) {
	const taken = Math.max(0, usable(units) - free);
	return (
		<div class="one-count">
			<Stepper
				label={named("category", category)}
				value={free}
				least={0}
				most={mostPlaces}
				shown={number(free)}
				less={t("shelter.fewer_free")}
				more={t("shelter.more_free")}
				onValue={(to) => onUnits(withFree(units, to - free, first))}
			/>
			<p class="soft">
				{t("shelter.of_all", { Total: number(units.total), Out: number(units.out), Taken: number(taken) })}
			</p>
		</div>
	);
}

/** Totals, what is out of service and what was put up for a time; and a category that was not there. */
function Exact({ capacity, onUnits }: { capacity: Capacity; onUnits: (category: string, units: Units) => void }) {
	const [category, setCategory] = useState("");
	const units = capacity[category];
	const pick = (one: string) => {
		setCategory(one);
		if (one !== "" && !capacity[one]) onUnits(one, { total: 1, out: 0, surge: 0 });
	};
	const step = (part: keyof Units, label: string) =>
		units && (
			<Stepper
				label={label}
				value={units[part]}
				least={0}
				most={mostPlaces}
				shown={number(units[part])}
				less={t("new_alert.fewer")}
				more={t("new_alert.more")}
				onValue={(to) => onUnits(category, { ...units, [part]: to })}
			/>
		);
	return (
		<details class="more" open={Object.keys(capacity).length === 0 || undefined}>
			<summary>{t("shelter.exact")}</summary>
			<div class="stack">
				<Select
					label={t("shelter.category")}
					value={category}
					onValue={pick}
					options={[{ value: "", label: t("new_alert.choose") }, ...codes.category.map((value) => ({ value, label: named("category", value) }))]}
				/>
				{step("total", t("shelter.total"))}
				{step("out", t("shelter.out"))}
				{step("surge", t("shelter.surge"))}
			</div>
		</details>
	);
}
