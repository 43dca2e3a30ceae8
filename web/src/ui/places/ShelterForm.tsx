import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { freshTxn } from "../../state";
import { codes, type Criterion, type Profile, type Shelter } from "../../state/places/model";
import type { Places } from "../../state/places/places";
import { client, me } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Checks, Choices, Field, Select } from "../kit/Field";
import { Stepper } from "../kit/Stepper";
import { countries, countryName } from "../names";
import { placesByCountry } from "../raise/codes";
import { placeName } from "../raise/say";
import { number } from "../say";
import { useForm } from "../screens/form";
import { useLoading } from "../screens/load";
import { NeedsLine, useDraft } from "../screens/reading";
import { go } from "../shell/router";
import "./places.css";
import { Waiting, WithPlaces } from "./WithPlaces";
import { hourOf, languageOptions, named, optionsOf } from "./words";

/** Characters of a name. */
const nameLimit = 80;
const holds = [30, 60, 90, 120, 180, 360, 720];

/** A form that is filled in: it outlives the page. */
interface Filled {
	readonly txn: string;
	readonly profile: Profile;
	/** Who takes people in; nobody named means everybody. */
	readonly staff?: readonly string[];
}

const fresh = (): Profile => ({
	name: "",
	country: me.peek()?.organisation?.country ?? "",
	province: "",
	facility: "short_stay",
	services: [],
	languages: [],
	criteria: [],
	zone: -new Date().getTimezoneOffset(),
	hold: 90,
	seenBy: "network",
});

const profileOf = ({ name, country, province, facility, services, languages, criteria, zone, hold, seenBy }: Shelter): Profile => ({
	name, country, province, facility, services, languages, criteria, zone, hold, seenBy,
});

/** Enters a shelter, or changes what it says of itself. */
export default function ShelterForm({ id }: { id?: string }) {
	return (
		<WithPlaces>
			{(known) => {
				const shelter = known.shelters.value?.find((one) => one.id === id);
				if (id !== undefined && !shelter) return <Waiting />;
				return <Form known={known} shelter={shelter} />;
			}}
		</WithPlaces>
	);
}

function Form({ known, shelter }: { known: Places; shelter: Shelter | undefined }) {
	const [kept, keep] = useDraft(`place:shelter:${shelter?.id ?? "new"}`);
	const [first] = useState<Filled>(() => ({ txn: freshTxn(), profile: shelter ? profileOf(shelter) : fresh() }));
	const filled = kept === "" ? first : (JSON.parse(kept) as Filled);
	const form = useForm<"name">();
	const staff = useStaff(known, shelter);
	const change = (to: Partial<Profile>) => keep(JSON.stringify({ ...filled, profile: { ...filled.profile, ...to } } satisfies Filled));
	const save = () =>
		form.submit(
			async () => {
				const id = await known.register(filled.profile, filled.txn, shelter?.id);
				if (filled.staff) await known.setStaff(id, filled.staff);
				keep("");
				go({ at: "shelter", id }, "replace");
			},
			() => (filled.profile.name.trim() === "" ? { name: t("shelter.name_wanted") } : {}),
		);
	return (
		<div class="column stack raise-form">
			<div class="stack">
				<Banner icon="shield">{t("shelter.no_address")}</Banner>
				<Field
					label={t("shelter.name")}
					hint={t("shelter.name_hint")}
					value={filled.profile.name}
					wrong={form.wrong.name}
					maxLength={nameLimit}
					onValue={(name) => {
						form.changed("name");
						change({ name });
					}}
				/>
				<Where profile={filled.profile} onProfile={change} />
				<Select label={t("shelter.facility")} value={filled.profile.facility} onValue={(facility) => change({ facility })} options={optionsOf("facility", codes.facility)} />
				<Choices label={t("shelter.seen_by")} value={filled.profile.seenBy} onValue={(seenBy) => change({ seenBy })} options={optionsOf("show", codes.show)} />
				<Offers profile={filled.profile} onProfile={change} />
				<Asks profile={filled.profile} onProfile={change} />
				<Hold hold={filled.profile.hold} onHold={(hold) => change({ hold })} />
				<Staff staff={filled.staff ?? staff} onStaff={(to) => keep(JSON.stringify({ ...filled, staff: to } satisfies Filled))} />
				<NeedsLine />
				{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			</div>
			<div class="raise-acts">
				<Button kind="main" icon="check" busy={form.busy} onPress={() => void save()}>
					{t("act.save")}
				</Button>
			</div>
		</div>
	);
}

interface PartProps {
	profile: Profile;
	onProfile: (to: Partial<Profile>) => void;
}

/** No more than a country and a province, and not even these where they would tell too much. */
function Where({ profile: { country, province }, onProfile }: PartProps) {
	const here = placesByCountry().find((one) => one.country === country)?.places ?? [];
	return (
		<>
			<Select
				label={t("alerts.country")}
				value={country}
				onValue={(to) => onProfile({ country: to, province: "" })}
				options={[{ value: "", label: t("shelter.undisclosed") }, ...countries.map((value) => ({ value, label: countryName(value) }))]}
			/>
			{country !== "" && (
				<Select
					label={t("shelter.province")}
					value={province}
					onValue={(to) => onProfile({ province: to })}
					options={[{ value: "", label: t("shelter.undisclosed") }, ...here.map((value) => ({ value, label: placeName(value) }))]}
				/>
			)}
		</>
	);
}

function Offers({ profile: { services, languages }, onProfile }: PartProps) {
	return (
		<details class="more">
			<summary>{t("shelter.offers")}</summary>
			<div class="stack">
				<Checks label={t("shelter.services")} values={services} onValues={(to) => onProfile({ services: to })} options={optionsOf("service", codes.service)} />
				<Checks label={t("find_place.languages")} values={languages} onValues={(to) => onProfile({ languages: to })} options={languageOptions(codes.language)} />
			</div>
		</details>
	);
}

/** What it asks of those it takes in. */
function Asks({ profile: { criteria }, onProfile }: PartProps) {
	const set = (name: string, to: Criterion | undefined) => {
		const others = criteria.filter((one) => one.name !== name);
		onProfile({ criteria: to ? [...others, to] : others });
	};
	return (
		<details class="more">
			<summary>
				{t("shelter.criteria")}
				<span class="soft">{number(criteria.length)}</span>
			</summary>
			<div class="stack">
				<p class="soft">{t("shelter.criteria_hint")}</p>
				{codes.criterion.map((name) => (
					<OneCriterion key={name} name={name} criterion={criteria.find((one) => one.name === name)} onCriterion={(to) => set(name, to)} />
				))}
			</div>
		</details>
	);
}

/** What a criterion begins with. */
const firstBounds: Readonly<Record<string, Partial<Criterion>>> = {
	ages: { from: 18, to: 120 },
	group: { to: 4 },
	intake_hours: { from: 8 * 60, to: 20 * 60 },
	languages: { values: ["fa-AF"] },
};

function OneCriterion({ name, criterion, onCriterion }: { name: string; criterion: Criterion | undefined; onCriterion: (to: Criterion | undefined) => void }) {
	const pick = (how: string) => {
		if (how === "") return onCriterion(undefined);
		const { hard: _before, ...rest } = criterion ?? { name, ...firstBounds[name] };
		onCriterion({ ...rest, ...(how === "hard" && { hard: true }) });
	};
	return (
		<div class="stack-tight">
			<Select
				label={named("criterion", name)}
				value={criterion ? (criterion.hard ? "hard" : "soft") : ""}
				onValue={pick}
				options={[
					{ value: "", label: t("shelter.not_asked") },
					{ value: "soft", label: t("shelter.soft") },
					{ value: "hard", label: t("shelter.hard") },
				]}
			/>
			{criterion && <Bounds criterion={criterion} onCriterion={onCriterion} />}
		</div>
	);
}

function Bounds({ criterion, onCriterion }: { criterion: Criterion; onCriterion: (to: Criterion) => void }) {
	const { name, from = 0, to = 0, values } = criterion;
	const step = (label: string, value: number, least: number, most: number, onValue: (to: number) => void) => (
		<Stepper label={label} value={value} least={least} most={most} shown={number(value)} less={t("new_alert.fewer")} more={t("new_alert.more")} onValue={onValue} />
	);
	const hours = Array.from({ length: 24 }, (_, hour) => ({ value: String(hour * 60), label: hourOf(hour * 60) }));
	switch (name) {
		case "ages":
			return (
				<>
					{step(t("shelter.from_age"), from, 0, to, (value) => onCriterion({ ...criterion, from: value }))}
					{step(t("shelter.to_age"), to, from, 120, (value) => onCriterion({ ...criterion, to: value }))}
				</>
			);
		case "group":
			return step(t("shelter.largest_group"), to, 1, 20, (value) => onCriterion({ ...criterion, to: value }));
		case "intake_hours":
			return (
				<>
					<Select label={t("new_alert.begins")} value={String(from)} options={hours} onValue={(value) => onCriterion({ ...criterion, from: Number(value) })} />
					<Select label={t("new_alert.ends")} value={String(to)} options={hours} onValue={(value) => onCriterion({ ...criterion, to: Number(value) })} />
				</>
			);
		case "languages":
			return (
				<Checks
					label={t("find_place.languages")}
					values={values ?? []}
					options={languageOptions(codes.language)}
					onValues={(all) => all.length > 0 && onCriterion({ ...criterion, values: all })}
				/>
			);
		default:
			return null;
	}
}

function Hold({ hold, onHold }: { hold: number; onHold: (minutes: number) => void }) {
	const all = holds.includes(hold) ? holds : [...holds, hold].sort((a, b) => a - b);
	return (
		<Select
			label={t("shelter.hold")}
			hint={t("shelter.hold_hint")}
			value={String(hold)}
			onValue={(to) => onHold(Number(to))}
			options={all.map((minutes) => ({ value: String(minutes), label: t("shelter.minutes", { Count: minutes }) }))}
		/>
	);
}

/** Who takes people in, as the hub has it; undefined until it was read. */
function useStaff(known: Places, shelter: Shelter | undefined): readonly string[] | undefined {
	const [staff, setStaff] = useState<readonly string[] | undefined>(shelter ? undefined : []);
	useLoading(async () => {
		void client.circle.loadPeople().catch(() => undefined); // who was read before stays
		if (shelter) setStaff(await known.staff(shelter.id));
	});
	return staff;
}

/** Not to be changed before it was read: what is chosen takes the place of all, and whoever is not named takes nobody in any more. */
function Staff({ staff, onStaff }: { staff: readonly string[] | undefined; onStaff: (to: string[]) => void }) {
	if (!staff) return null;
	const own = me.value?.organisation?.id;
	const people = (client.people.value ?? []).filter((one) => one.organisation === own && (one.role === "admin" || one.role === "member" || one.role === "steward"));
	if (people.length === 0) return null;
	return (
		<Checks
			label={t("shelter.staff")}
			hint={t("shelter.staff_hint")}
			values={staff}
			onValues={onStaff}
			options={people.map(({ id, name }) => ({ value: id, label: name, lang: "" }))}
		/>
	);
}
