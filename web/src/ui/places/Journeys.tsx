import { useState } from "preact/hooks";
import { fullDate, t } from "../../i18n";
import { freshTxn } from "../../state";
import { decodeLegs } from "../../state/places/legs";
import { codes, type Journey, type Leg, type State } from "../../state/places/model";
import type { Places } from "../../state/places/places";
import { freshWish } from "../../state/places/wish";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Select } from "../kit/Field";
import { List } from "../kit/List";
import { dot, language, number } from "../say";
import { useForm } from "../screens/form";
import { asOf, useLoading } from "../screens/load";
import { Again } from "../screens/PickPeople";
import { NeedsLine, useDraft } from "../screens/reading";
import { go } from "../shell/router";
import { PlaceField } from "./PlaceField";
import "./places.css";
import { Stations } from "./Stations";
import { WithPlaces } from "./WithPlaces";
import { named, optionsOf, whereName } from "./words";

/** Ways over several shelters, perhaps over borders: each one plan, of which each leg is asked for by itself. */
export default function Journeys() {
	return <WithPlaces>{(known) => <Inside known={known} />}</WithPlaces>;
}

function Inside({ known }: { known: Places }) {
	const [journeys, setJourneys] = useState<readonly Journey[]>();
	const { failed, again } = useLoading(async () => setJourneys(await known.journeys()));
	const [planning, setPlanning] = useState(false);
	const done = () => {
		setPlanning(false);
		again();
	};
	if (planning) return <Plan known={known} onDone={done} />;
	return (
		<div class="column stack">
			<Button kind="main" wide icon="plus" onPress={() => setPlanning(true)}>
				{t("journey.plan")}
			</Button>
			<List
				label={t("journey.title")}
				items={journeys}
				loading={t("act.loading")}
				asOf={asOf()}
				empty={{ text: t("journey.none"), icon: "map" }}
				failed={failed === undefined ? undefined : { text: failed, act: <Again onPress={again} /> }}
				render={(journey) => (
					<li key={journey.id}>
						<One known={known} journey={journey} />
					</li>
				)}
			/>
		</div>
	);
}

const come: ReadonlySet<State | ""> = new Set(["arrived", "left"]);

function One({ known, journey }: { known: Places; journey: Journey }) {
	const { legs, states } = journey;
	const at = states.findIndex((state) => !come.has(state));
	const reached = at < 0 ? legs.length : at;
	const stops = [legs[0]?.from ?? "", ...legs.map(({ to }) => to)];
	const how = (i: number) => (i < reached ? "done" : i === reached ? "now" : "next");
	return (
		<article class="card place-card">
			<Stations label={t("journey.line")} stations={stops.map((stop, i) => ({ name: whereName(stop), how: how(i) }))} />
			<ol class="stack-tight">
				{legs.map((leg, i) => (
					<li key={`${i} ${leg.to}`} class="stack-tight">
						<p>
							{t("journey.leg", { From: whereName(leg.from), To: whereName(leg.to), Day: dayOf(leg.date) })}
							<span class="soft">{dot()}{named("escort", leg.escort)}</span>
						</p>
						<LegState known={known} journey={journey} index={i} />
					</li>
				))}
			</ol>
		</article>
	);
}

/** How far a leg has come, or the way to ask for it. */
function LegState({ known, journey, index }: { known: Places; journey: Journey; index: number }) {
	const [leg, state] = [journey.legs[index], journey.states[index] ?? ""];
	if (!leg) return null;
	if (leg.ask !== undefined) {
		const entry = known.requests.value?.find(({ ask }) => ask === leg.ask);
		return (
			<div class="row">
				<strong>{state === "" ? t("place_request.asked") : named("state", state)}</strong>
				{entry && (
					<Button onPress={() => go({ at: "place-request", id: entry.id })}>{t("places.open")}</Button>
				)}
			</div>
		);
	}
	const ask = () => {
		const country = leg.to.length === 2;
		known.keepWish(
			freshWish(language.peek(), { from: leg.from, journey: journey.id, leg: index, ...(country ? { countries: [leg.to] } : { provinces: [leg.to] }) }),
		);
		go({ at: "find-place" });
	};
	return (
		<div class="row">
			<Button icon="search" onPress={ask}>
				{t("journey.ask")}
			</Button>
		</div>
	);
}

/** A day of a plan is the same day for everybody. */
const dayOf = (date: string): string => fullDate(new Date(`${date}T12:00:00`).getTime());

const day = 86_400_000;
const daysAhead = 60;
/** Legs of one journey. */
const mostLegs = 10;

const isoOf = (at: number): string => {
	const one = new Date(at);
	return `${one.getFullYear()}-${String(one.getMonth() + 1).padStart(2, "0")}-${String(one.getDate()).padStart(2, "0")}`;
};

const nextDays = (): string[] => Array.from({ length: daysAhead }, (_, n) => isoOf(Date.now() + n * day));

/** A new plan, leg by leg; each begins where the one before ends. */
function Plan({ known, onDone }: { known: Places; onDone: () => void }) {
	const [kept, keep] = useDraft("place:journey");
	const [first] = useState(() => ({ txn: freshTxn(), legs: [{ from: "", to: "", date: isoOf(Date.now()), escort: "worker" }] as readonly Leg[] }));
	const plan = decodeLegs(kept) ?? first;
	const form = useForm();
	const set = (legs: readonly Leg[]) => keep(JSON.stringify({ txn: plan.txn, legs: chained(legs) }));
	const whole = plan.legs.every(({ from, to }) => from !== "" && to !== "");
	const save = () =>
		form.submit(async () => {
			await known.plan(plan.legs, plan.txn);
			keep("");
			onDone();
		});
	return (
		<div class="column stack raise-form">
			<div class="stack">
				<PlaceField label={t("journey.begins")} value={plan.legs[0]?.from ?? ""} none={t("new_alert.choose")} onValue={(from) => set(plan.legs.map((leg, i) => (i === 0 ? { ...leg, from } : leg)))} />
				{plan.legs.map((leg, i) => (
					<OneLeg key={i} number={i + 1} leg={leg} onLeg={(to) => set(plan.legs.map((one, n) => (n === i ? to : one)))} />
				))}
				<div class="row">
					{plan.legs.length < mostLegs && (
						<Button icon="plus" disabled={!whole} onPress={() => set([...plan.legs, { from: "", to: "", date: plan.legs.at(-1)?.date ?? "", escort: "worker" }])}>
							{t("journey.more")}
						</Button>
					)}
					{plan.legs.length > 1 && (
						<Button icon="minus" onPress={() => set(plan.legs.slice(0, -1))}>
							{t("journey.fewer")}
						</Button>
					)}
				</div>
				<NeedsLine />
				{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			</div>
			<div class="raise-acts">
				<Button onPress={onDone}>{t("act.cancel")}</Button>
				<Button kind="main" icon="check" busy={form.busy} disabled={!whole} onPress={() => void save()}>
					{t("act.save")}
				</Button>
			</div>
		</div>
	);
}

/** Each leg begins where the one before ends, and no earlier. */
function chained(legs: readonly Leg[]): Leg[] {
	const all: Leg[] = [];
	for (const leg of legs) {
		const before = all.at(-1);
		const early = before !== undefined && leg.date < before.date;
		all.push({ ...leg, ...(before && { from: before.to }), ...(early && { date: before.date }) });
	}
	return all;
}

function OneLeg({ number: n, leg, onLeg }: { number: number; leg: Leg; onLeg: (to: Leg) => void }) {
	const days = nextDays();
	const all = days.includes(leg.date) ? days : [leg.date, ...days];
	return (
		<fieldset class="leg stack-tight">
			<legend>{t("journey.number", { Number: number(n) })}</legend>
			<PlaceField label={t("journey.to")} value={leg.to} none={t("new_alert.choose")} onValue={(to) => onLeg({ ...leg, to })} />
			<Select label={t("journey.day")} value={leg.date} onValue={(date) => onLeg({ ...leg, date })} options={all.map((value) => ({ value, label: dayOf(value) }))} />
			<Select label={t("journey.escort")} value={leg.escort} onValue={(escort) => onLeg({ ...leg, escort })} options={optionsOf("escort", codes.escort)} />
		</fieldset>
	);
}
