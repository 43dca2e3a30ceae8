import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Organisation, Person } from "../../state";
import { client, organisationsById } from "../client";
import { Avatar } from "../kit/Avatar";
import { Button } from "../kit/Button";
import { Icon } from "../kit/Icon";
import { Face, Outline, Row } from "../kit/List";
import { Portrait } from "../media/Portrait";
import { countries, countryName, kindName, roleName } from "../names";
import { link } from "../shell/router";
import { asOf, usePeople } from "./load";
import { Again } from "./PickPeople";
import { Search } from "./Search";
import { StandingChip } from "./StandingChip";

/** Organisations by country; with a search, the people too. */
export default function PeopleList({ current }: { current?: string | undefined }) {
	const [wanted, setWanted] = useState("");
	const { failed, again } = usePeople();
	const offline = asOf();
	return (
		<>
			<div class="pane-head">
				<Search label={t("people.search")} value={wanted} onValue={setWanted} />
				<Acts />
				{offline !== undefined && <p class="soft">{offline}</p>}
			</div>
			{failed !== undefined && <Face icon="warning" alert text={failed} act={<Again onPress={again} />} />}
			{client.organisations.value === undefined ? (
				failed === undefined && <Outline rows={6} label={t("act.loading")} />
			) : (
				<Found wanted={wanted.trim().toLocaleLowerCase()} current={current} />
			)}
		</>
	);
}

function Acts() {
	const invite = client.may("invite_person") || client.may("invite_anyone");
	return (
		<div class="row">
			{invite && (
				<Button href={link({ at: "invite-person" })} kind="quiet" icon="invite">
					{t("people.invite")}
				</Button>
			)}
			{client.may("propose_organisation") && (
				<Button href={link({ at: "new-organisation" })} kind="quiet" icon="plus">
					{client.may("vet_organisation") ? t("people.new_organisation") : t("people.propose_organisation")}
				</Button>
			)}
			{client.may("see_invitations") && (
				<Button href={link({ at: "invitations" })} kind="quiet" icon="link">
					{t("invitations.title")}
				</Button>
			)}
		</div>
	);
}

function Found({ wanted, current }: { wanted: string; current: string | undefined }) {
	const organisations = (client.organisations.value ?? []).filter((one) => one.name.toLocaleLowerCase().includes(wanted));
	const people = wanted === "" ? stewards() : (client.people.value ?? []).filter((one) => one.name.toLocaleLowerCase().includes(wanted));
	if (organisations.length + people.length === 0)
		return <Face icon="people" text={wanted === "" ? t("people.empty") : t("people.nobody")} />;
	const others = organisations.filter((one) => !countries.some((country) => country === one.country));
	return (
		<>
			{wanted !== "" && people.length > 0 && <PeopleGroup title={t("people.people")} people={people} />}
			{countries.map((country) => (
				<Country
					key={country}
					name={countryName(country)}
					organisations={organisations.filter((one) => one.country === country)}
					current={current}
				/>
			))}
			<Country name={t("people.elsewhere")} organisations={others} current={current} />
			{wanted === "" && people.length > 0 && <PeopleGroup title={t("people.stewards")} people={people} />}
		</>
	);
}

const stewards = () => (client.people.value ?? []).filter((one) => one.role === "steward" && one.organisation === undefined);

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
						<Row
							href={link({ at: "organisation", id: one.id })}
							lead={<Avatar name={one.name} square />}
							title={<bdi>{one.name}</bdi>}
							detail={`${kindName(one.kind)} · ${t("people.count", { Count: one.people })}`}
							current={one.id === current}
							end={<StandingChip standing={one.standing} quiet />}
						/>
					</li>
				))}
			</ul>
		</section>
	);
}

function PeopleGroup({ title, people }: { title: string; people: readonly Person[] }) {
	return (
		<section class="group">
			<h2>
				<Icon name="people" size={18} />
				{title}
			</h2>
			<ul>
				{people.map((person) => (
					<li key={person.id}>
						<PersonRow person={person} />
					</li>
				))}
			</ul>
		</section>
	);
}

/** A person: the name, what they are, and their organisation where that is not the heading. */
export function PersonRow({ person, within = false }: { person: Person; within?: boolean }) {
	const organisation = within ? undefined : organisationsById.value.get(person.organisation ?? "");
	return (
		<Row
			{...(organisation && { href: link({ at: "organisation", id: organisation.id }) })}
			lead={<Portrait name={person.name} picture={person.picture} />}
			title={<bdi>{person.name}</bdi>}
			detail={
				<>
					{roleName(person.role)}
					{organisation && (
						<>
							{" · "}
							<bdi>{organisation.name}</bdi>
						</>
					)}
				</>
			}
		/>
	);
}
