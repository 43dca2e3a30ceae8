import { useState } from "preact/hooks";
import { fold, languages, t } from "../../i18n";
import type { Kind, Organisation, Person } from "../../state";
import { client, organisationsById } from "../client";
import { Portrait } from "../media/Portrait";
import { Avatar } from "../kit/Avatar";
import { Button } from "../kit/Button";
import { Select } from "../kit/Field";
import { Icon, type IconName } from "../kit/Icon";
import { Face, Outline, Row } from "../kit/List";
import { countries, countryName, kindKeys, kindName, otherTongues, roleName, spokenName } from "../names";
import { dot, number } from "../say";
import { link, type Route } from "../shell/router";
import { AbroadGroups } from "./Abroad";
import { DutyChip, onDuty } from "./duty";
import { asOf, useLoading, usePeople } from "./load";
import { Again } from "./PickPeople";
import { Search } from "./Search";
import { StandingChip } from "./StandingChip";
import "./People.css";

interface Wanted {
	words: string;
	country: string;
	kind: string;
	tongue: string;
}

const anything: Wanted = { words: "", country: "", kind: "", tongue: "" };

/** The directory: who is on duty first, then organisations by country; with a search or a choice, the people too. */
export default function PeopleList({ current }: { current?: string | undefined }) {
	const [wanted, setWanted] = useState(anything);
	const { failed, again } = usePeople();
	useLoading(() => client.circle.loadLeads()); // what is not known of it is not shown
	const offline = asOf();
	return (
		<>
			<div class="pane-head">
				<Search label={t("people.search")} value={wanted.words} onValue={(words) => setWanted({ ...wanted, words })} />
				<Narrow wanted={wanted} onWanted={setWanted} />
				{offline !== undefined && <p class="soft">{offline}</p>}
			</div>
			{failed !== undefined && offline === undefined && <Face icon="warning" alert text={failed} act={<Again onPress={again} />} />}
			{client.organisations.value === undefined ? (
				failed === undefined ? <Outline rows={6} label={t("act.loading")} /> : offline !== undefined && <Face icon="offline" text={failed} act={<Again onPress={again} />} />
			) : (
				<Found wanted={wanted} current={current} />
			)}
			<Acts />
		</>
	);
}

/** Choosing by country, kind and language, behind one button: most of the time a name is enough. */
function Narrow({ wanted, onWanted }: { wanted: Wanted; onWanted: (wanted: Wanted) => void }) {
	const chosen = [wanted.country, wanted.kind, wanted.tongue].filter((one) => one !== "").length;
	const [open, setOpen] = useState(false);
	const every = { value: "", label: t("people.any") };
	const pick = (part: keyof Wanted) => (value: string) => onWanted({ ...wanted, [part]: value });
	return (
		<>
			<div class="row">
				<Overview />
				<Button kind="quiet" icon="compass" expanded={open} onPress={() => setOpen(!open)}>
					{chosen === 0 ? t("people.narrow") : t("people.narrowed", { Count: chosen })}
				</Button>
				{chosen > 0 && (
					<Button kind="quiet" icon="close" onPress={() => onWanted({ ...anything, words: wanted.words })}>
						{t("people.widen")}
					</Button>
				)}
			</div>
			{open && (
				<div class="narrow">
					<Select label={t("new_organisation.country")} value={wanted.country} onValue={pick("country")} options={[every, ...countries.map((value) => ({ value, label: countryName(value) }))]} />
					<Select label={t("new_organisation.kind")} value={wanted.kind} onValue={pick("kind")} options={[every, ...(Object.keys(kindKeys) as Kind[]).map((value) => ({ value, label: kindName(value) }))]} />
					<Select label={t("about.speaks")} value={wanted.tongue} onValue={pick("tongue")} options={[every, ...spoken()]} />
				</div>
			)}
		</>
	);
}

/** The languages that somebody here speaks. */
function spoken() {
	const here = new Set((client.people.value ?? []).flatMap(tonguesOf));
	return [...languages.map(({ tag }) => tag as string), ...Object.keys(otherTongues)].filter((tag) => here.has(tag)).map((value) => ({ value, label: spokenName(value), lang: otherTongues[value] === undefined ? value : undefined }));
}

const tonguesOf = (person: Person): readonly string[] => (person.speaks?.length ? person.speaks : [person.language]);

/** For stewards, first of all: what waits for them. */
function Overview() {
	const waiting = (client.waiting.value?.organisations ?? 0) + (client.waiting.value?.reports ?? 0);
	if (!client.may("see_overview")) return null;
	return (
		<Button href={link({ at: "network" })} kind="quiet" icon="care">
			{t("overview.title")}
			{waiting > 0 && (
				<span class="badge inline">
					<span class="unseen">{t("overview.waiting", { Count: waiting })}</span>
					<span aria-hidden="true">{number(waiting)}</span>
				</span>
			)}
		</Button>
	);
}

/** What one may do here, below those whom one looks for. */
function Acts() {
	const all: { to: Route; icon: IconName; words: string; shown: boolean }[] = [
		{ to: { at: "invite-person" }, icon: "invite", words: t("people.invite"), shown: client.may("invite_person") || client.may("invite_anyone") },
		{ to: { at: "invitations" }, icon: "link", words: t("invitations.title"), shown: client.may("see_invitations") },
		{
			to: { at: "new-organisation" },
			icon: "plus",
			words: client.may("vet_organisation") ? t("people.new_organisation") : t("people.propose_organisation"),
			shown: client.may("propose_organisation"),
		},
		{ to: { at: "place-figures" }, icon: "figures", words: t("place_figures.title"), shown: client.may("see_place_figures") },
		{ to: { at: "leads" }, icon: "country", words: t("leads.title"), shown: client.may("manage_alerts") },
		{ to: { at: "reports" }, icon: "report", words: t("reports.title"), shown: client.may("see_reports") },
		{ to: { at: "recoveries" }, icon: "key", words: t("recoveries.title"), shown: client.may("recover_person") },
		{ to: { at: "audit" }, icon: "audit", words: t("audit.title"), shown: client.may("see_audit") },
	];
	const shown = all.filter((one) => one.shown);
	if (shown.length === 0) return null;
	return (
		<nav class="group" aria-label={t("people.acts")}>
			<h2>
				<Icon name="care" size={18} />
				{t("people.acts")}
			</h2>
			<ul>
				{shown.map(({ to, icon, words }) => (
					<li key={to.at}>
						<Row href={link(to)} lead={<Icon name={icon} />} title={words} />
					</li>
				))}
			</ul>
		</nav>
	);
}

function Found({ wanted, current }: { wanted: Wanted; current: string | undefined }) {
	const words = fold(wanted.words.trim());
	const searching = words !== "" || wanted.tongue !== "";
	const fits = (one: Pick<Organisation, "country" | "kind">) => (wanted.country === "" || one.country === wanted.country) && (wanted.kind === "" || one.kind === wanted.kind);
	const named = (one: Pick<Organisation, "country" | "kind" | "name">) => fits(one) && fold(one.name).includes(words) && wanted.tongue === "";
	const organisations = (client.organisations.value ?? []).filter(named);
	const abroad = client.abroad.value.filter(named);
	const people = (client.people.value ?? []).filter((one) => suits(one, words, wanted, fits)).sort(dutyFirst);
	const duty = people.filter((one) => onDuty(one.id));
	const stewards = people.filter((one) => one.role === "steward" && one.organisation === undefined);
	if (organisations.length + abroad.length + (searching ? people.length : duty.length + stewards.length) === 0)
		return <Face icon="people" text={searching || wanted.country + wanted.kind !== "" ? t("people.nobody") : t("people.empty")} />;
	const others = organisations.filter((one) => !countries.some((country) => country === one.country));
	return (
		<>
			{searching && people.length > 0 && <PeopleGroup title={t("people.people")} people={people} current={current} />}
			{!searching && duty.length > 0 && <PeopleGroup title={t("duty.now")} people={duty} current={current} duty />}
			{countries.map((country) => (
				<Country
					key={country}
					name={countryName(country)}
					organisations={organisations.filter((one) => one.country === country)}
					current={current}
				/>
			))}
			<Country name={t("people.elsewhere")} organisations={others} current={current} />
			{!searching && stewards.length > 0 && <PeopleGroup title={t("people.stewards")} people={stewards} current={current} />}
			<AbroadGroups organisations={abroad} />
		</>
	);
}

function suits(person: Person, words: string, wanted: Wanted, fits: (one: Organisation) => boolean): boolean {
	if (wanted.tongue !== "" && !tonguesOf(person).includes(wanted.tongue)) return false;
	const organisation = organisationsById.value.get(person.organisation ?? "");
	if (wanted.country + wanted.kind !== "" && !(organisation && fits(organisation))) return false;
	return words === "" || fold(person.name).includes(words) || person.id.slice(1).startsWith(words);
}

const dutyFirst = (a: Person, b: Person) => Number(onDuty(b.id)) - Number(onDuty(a.id));

function Country({ name, organisations, current }: { name: string; organisations: Organisation[]; current: string | undefined }) {
	if (organisations.length === 0) return null;
	return (
		<section class="group">
			<h2>
				<Icon name="country" size={18} />
				{name}
			</h2>
			<ul>
				{organisations.map((one) => (
					<li key={one.id}>
						<OrganisationRow organisation={one} current={one.id === current} />
					</li>
				))}
			</ul>
		</section>
	);
}

/** The countries that an organisation coordinates, in one sentence; nothing for most. */
export function coordinates(organisation: string): string[] {
	const led = countries.filter((country) => client.leads.value.get(country) === organisation);
	return led.length === 0 ? [] : [t("leads.coordinates", { Countries: led.map(countryName).join(dot()) })];
}

export function OrganisationRow({ organisation, current = false }: { organisation: Organisation; current?: boolean }) {
	return (
		<Row
			href={link({ at: "organisation", id: organisation.id })}
			lead={<Avatar name={organisation.name} square />}
			title={<bdi>{organisation.name}</bdi>}
			detail={[kindName(organisation.kind), t("people.count", { Count: organisation.people }), ...coordinates(organisation.id)].join(dot())}
			current={current}
			end={<StandingChip standing={organisation.standing} quiet />}
		/>
	);
}

function PeopleGroup({ title, people, current, duty = false }: { title: string; people: readonly Person[]; current: string | undefined; duty?: boolean }) {
	return (
		<section class="group">
			<h2>
				<Icon name={duty ? "clock" : "people"} size={18} />
				{title}
			</h2>
			<ul>
				{people.map((person) => (
					<li key={person.id}>
						<PersonRow person={person} current={person.id === current} />
					</li>
				))}
			</ul>
		</section>
	);
}

/** A person: the name, what they are, their organisation where that is not the heading, and whether they are on duty. */
export function PersonRow({ person, within = false, current = false }: { person: Person; within?: boolean; current?: boolean }) {
	const organisation = within ? undefined : organisationsById.value.get(person.organisation ?? "");
	return (
		<Row
			href={link({ at: "person", id: person.id })}
			lead={<Portrait name={person.name} picture={person.picture} />}
			title={<bdi>{person.name}</bdi>}
			current={current}
			detail={
				<>
					{roleName(person.role)}
					{organisation && (
						<>
							{dot()}
							<bdi>{organisation.name}</bdi>
						</>
					)}
				</>
			}
			end={<DutyChip user={person.id} />}
		/>
	);
}
