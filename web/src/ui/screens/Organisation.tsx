import { useState } from "preact/hooks";
import { t } from "../../i18n";
import {
	decide,
	editOrganisation,
	type Kind,
	type Organisation,
	type Space,
	type StaffMember,
	type Standing,
	spaceOf,
	staffOf,
} from "../../state";
import { client, me, organisationsById, peopleById } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Choices, Field, Select } from "../kit/Field";
import { Face, List, Outline, Row } from "../kit/List";
import { Portrait } from "../media/Portrait";
import { countries, countryName, kindKeys, kindName, pictureOf, reasonKeys, reasonName, roleName } from "../names";
import { bytes, dot } from "../say";
import { laterInside } from "../shell/later";
import { link } from "../shell/router";
import { DutyActs, DutyChip, onDuty } from "./duty";
import { useForm } from "./form";
import { asOf, useLoading, usePeople } from "./load";
import { coordinates, PersonRow } from "./PeopleList";
import { Again } from "./PickPeople";
import { StandingChip } from "./StandingChip";
import "./People.css";

/** An organisation and its people. Stewards say here how it stands, its administrators look after it. */
export default function OrganisationScreen({ id }: { id: string }) {
	const { failed, again } = usePeople();
	const organisation = organisationsById.value.get(id);
	if (!organisation) {
		if (client.organisations.value) return <Face icon="building" text={t("error.unknown_organisation")} />;
		return failed === undefined ? (
			<Outline rows={4} label={t("act.loading")} />
		) : (
			<Face icon="warning" alert text={failed} act={<Again onPress={again} />} />
		);
	}
	const own = me.value?.organisation?.id === id;
	return (
		<div class="column stack">
			<header class="stack-tight">
				<h2>
					<bdi>{organisation.name}</bdi>
				</h2>
				<p class="soft">
					{kindName(organisation.kind)}{dot()}{countryName(organisation.country)}
				</p>
				{coordinates(id).map((words) => (
					<p key={words}>{words}</p>
				))}
				<div class="row">
					<StandingChip standing={organisation.standing} />
				</div>
			</header>
			<Decision organisation={organisation} />
			{own && client.may("go_on_duty") && organisation.standing === "vetted" && me.value && <DutyActs user={me.value.id} mine />}
			{mayInvite(organisation) && (
				<Button kind="main" wide icon="invite" href={link({ at: "invite-person", organisation: id })}>
					{t("people.invite")}
				</Button>
			)}
			{(own || client.may("manage_alerts")) && (
				<Button wide icon="rota" href={link({ at: "rota", organisation: id })}>
					{t("rota.title")}
				</Button>
			)}
			{client.may("manage_anyone") || (own && client.may("manage_members")) ? (
				<Staff id={id} />
			) : (
				<People id={id} count={organisation.people} />
			)}
			{client.may(own ? "see_media_usage" : "see_overview") && <Room id={id} />}
			{(client.may("vet_organisation") || (own && client.may("edit_organisation"))) && <Edit organisation={organisation} />}
			{client.may("manage_places") && organisation.standing === "vetted" && (organisation.kind === "shelter" || organisation.kind === "ngo") && <Safe id={id} />}
			{client.may("vet_organisation") && organisation.standing === "vetted" && !own && (
				<Decide organisation={organisation} to="suspended" act={t("organisation.suspend")} what={t("organisation.suspend_what")} />
			)}
		</div>
	);
}

const Safe = laterInside<{ id: string }>(() => import("../places/Safe"), () => null);

/** How much room the organisation's files take, for those who look after it. */
function Room({ id }: { id: string }) {
	const [space, setSpace] = useState<Space>();
	const { failed, again } = useLoading(async () => setSpace(await spaceOf(id)));
	return (
		<section class="stack-tight">
			<h3 class="group-title">{t("organisation.files")}</h3>
			{space ? (
				<>
					<p>{t("organisation.space", { Used: bytes(space.used), Allowed: bytes(space.allowed) })}</p>
					<progress class="space" max={space.allowed} value={Math.min(space.used, space.allowed)} aria-label={t("organisation.files")} />
				</>
			) : failed === undefined ? (
				<Outline rows={1} label={t("act.loading")} />
			) : (
				<Face icon="warning" alert text={failed} act={<Again onPress={again} />} />
			)}
		</section>
	);
}

function mayInvite({ id, standing }: Organisation): boolean {
	if (standing !== "vetted") return false;
	return client.may("invite_anyone") || (client.may("invite_person") && me.value?.organisation?.id === id);
}

/** The people as everybody sees them, those on duty first. */
function People({ id, count }: { id: string; count: number }) {
	const people = client.people.value?.filter((one) => one.organisation === id).sort((a, b) => Number(onDuty(b.id)) - Number(onDuty(a.id)));
	return (
		<section>
			<h3 class="group-title">{t("people.count", { Count: people?.length ?? count })}</h3>
			<List
				label={t("people.people")}
				items={people}
				loading={t("act.loading")}
				empty={{ text: t("people.nobody_yet"), icon: "people" }}
				asOf={asOf()}
				render={(person) => (
					<li key={person.id}>
						<PersonRow person={person} within />
					</li>
				)}
			/>
		</section>
	);
}

/** The people as those see them who look after them: also who is suspended, and who has not been here for long. */
function Staff({ id }: { id: string }) {
	const [staff, setStaff] = useState<readonly StaffMember[]>();
	const { failed, again } = useLoading(async () => setStaff(await staffOf(id)));
	return (
		<section>
			<h3 class="group-title">{t("people.people")}</h3>
			<StaffList staff={staff} failed={failed} again={again} empty={t("people.nobody_yet")} />
		</section>
	);
}

interface StaffListProps {
	staff: readonly StaffMember[] | undefined;
	failed: string | undefined;
	again: () => void;
	empty: string;
}

export function StaffList({ staff, failed, again, empty }: StaffListProps) {
	return (
		<List
			label={t("people.people")}
			items={staff}
			loading={t("act.loading")}
			empty={{ text: empty, icon: "people" }}
			asOf={asOf()}
			failed={failed === undefined ? undefined : { text: failed, act: <Again onPress={again} /> }}
			render={(one) => (
				<li key={one.id}>
					<Row
						href={link({ at: "person", id: one.id })}
						lead={<Portrait name={one.name} picture={peopleById.value.has(one.id) ? pictureOf(one.id) : undefined} />}
						title={<bdi>{one.name}</bdi>}
						detail={roleName(one.role)}
						end={one.suspended ? <StandingChip standing="suspended" /> : <DutyChip user={one.id} />}
					/>
				</li>
			)}
		/>
	);
}

/** What stands in the way of an organisation, why, and, for stewards, the acts that decide. */
function Decision({ organisation }: { organisation: Organisation }) {
	const { id, standing, reason } = organisation;
	const form = useForm();
	if (standing === "vetted") return null;
	const words: Record<Exclude<Standing, "vetted">, string> = {
		proposed: t("organisation.proposed"),
		refused: t("organisation.refused"),
		suspended: t("organisation.suspended"),
	};
	return (
		<section class="stack-tight">
			<Banner tone={standing === "proposed" ? "warn" : "danger"}>
				{words[standing]}
				{reason !== "" && <p>{reasonName(reason)}</p>}
			</Banner>
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			{client.may("vet_organisation") && (
				<>
					<Button kind="main" wide icon="shield" busy={form.busy} onPress={() => void form.submit(() => decided(decide(id, "vetted")))}>
						{standing === "suspended" ? t("organisation.lift") : t("organisation.vet")}
					</Button>
					{standing === "proposed" && (
						<Decide organisation={organisation} to="refused" act={t("organisation.refuse")} what={t("organisation.refuse_what")} />
					)}
				</>
			)}
		</section>
	);
}

async function decided(act: Promise<void>): Promise<void> {
	await client.circle.look(act);
	await client.circle.loadWaiting();
}

/** Refusing and suspending say first what happens, and take a reason. */
function Decide({ organisation, to, act, what }: { organisation: Organisation; to: "refused" | "suspended"; act: string; what: string }) {
	const [asked, setAsked] = useState(false);
	const codes = Object.keys(reasonKeys).filter((code) =>
		to === "refused" ? !["breach", "compromised", "closed"].includes(code) : !["duplicate", "incomplete", "outside"].includes(code),
	);
	const [reason, setReason] = useState(codes[0] ?? "other");
	const form = useForm();
	if (!asked) {
		return (
			<Button kind="danger" wide icon={to === "refused" ? "close" : "stop"} onPress={() => setAsked(true)}>
				{act}
			</Button>
		);
	}
	return (
		<form
			class="stack-tight"
			onSubmit={(event) => {
				event.preventDefault();
				void form.submit(async () => {
					await decided(decide(organisation.id, to, reason));
					setAsked(false);
				});
			}}
		>
			<p>{what}</p>
			<Select
				label={t("reason.why")}
				value={reason}
				onValue={setReason}
				options={codes.map((value) => ({ value, label: reasonName(value) }))}
			/>
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button kind="danger" wide submit busy={form.busy}>
				{act}
			</Button>
			<Button wide onPress={() => setAsked(false)}>
				{t("act.cancel")}
			</Button>
		</form>
	);
}

const kinds = Object.keys(kindKeys) as Kind[];

/** Administrators change the name, stewards also the kind and the country. */
function Edit({ organisation }: { organisation: Organisation }) {
	const [open, setOpen] = useState(false);
	const [name, setName] = useState(organisation.name);
	const [kind, setKind] = useState<string>(organisation.kind);
	const [country, setCountry] = useState(organisation.country);
	const form = useForm<"name">({ "error.bad_name": "name" });
	if (!open) {
		return (
			<Button wide icon="write" onPress={() => setOpen(true)}>
				{t("organisation.edit")}
			</Button>
		);
	}
	const save = async () => {
		const change = { name: name.trim(), ...(client.may("vet_organisation") && { kind: kind as Kind, country }) };
		await client.circle.look(editOrganisation(organisation.id, change));
		setOpen(false);
	};
	return (
		<form
			class="stack"
			noValidate
			onSubmit={(event) => {
				event.preventDefault();
				void form.submit(save, () => (name.trim() === "" ? { name: t("new_organisation.name_missing") } : {}));
			}}
		>
			<Field label={t("new_organisation.name")} value={name} onValue={setName} maxLength={80} required wrong={form.wrong.name} />
			{client.may("vet_organisation") && (
				<>
					<Choices
						label={t("new_organisation.kind")}
						value={kind}
						onValue={setKind}
						options={kinds.map((value) => ({ value, label: kindName(value) }))}
					/>
					<Choices
						label={t("new_organisation.country")}
						hint={country === organisation.country ? undefined : t("organisation.country_what")}
						value={country}
						onValue={setCountry}
						options={countries.map((value) => ({ value, label: countryName(value) }))}
					/>
				</>
			)}
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button kind="main" wide submit busy={form.busy}>
				{t("act.save")}
			</Button>
			<Button wide onPress={() => setOpen(false)}>
				{t("act.cancel")}
			</Button>
		</form>
	);
}
