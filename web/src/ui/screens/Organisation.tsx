import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Organisation } from "../../state";
import { client, me, organisationsById } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Face, List, Outline } from "../kit/List";
import { countryName, kindName } from "../names";
import { link } from "../shell/router";
import { useForm } from "./form";
import { asOf, usePeople } from "./load";
import { PersonRow } from "./PeopleList";
import { Again } from "./PickPeople";
import { StandingChip } from "./StandingChip";

/** An organisation and its people. Stewards say here how it stands. */
export default function OrganisationScreen({ id }: { id: string }) {
	const { failed, again } = usePeople();
	const organisation = organisationsById.value.get(id);
	if (!organisation) {
		if (failed !== undefined) return <Face icon="warning" alert text={failed} act={<Again onPress={again} />} />;
		return client.organisations.value ? (
			<Face icon="building" text={t("error.unknown_organisation")} />
		) : (
			<Outline rows={4} label={t("act.loading")} />
		);
	}
	const people = client.people.value?.filter((one) => one.organisation === id);
	return (
		<div class="column stack">
			<header class="stack-tight">
				<h2>
					<bdi>{organisation.name}</bdi>
				</h2>
				<p class="soft">
					{kindName(organisation.kind)} · {countryName(organisation.country)}
				</p>
				<div class="row">
					<StandingChip standing={organisation.standing} />
				</div>
			</header>
			<Vet organisation={organisation} />
			{mayInvite(organisation) && (
				<Button kind="main" wide icon="invite" href={link({ at: "invite-person", organisation: id })}>
					{t("people.invite")}
				</Button>
			)}
			<section>
				<h3 class="group-title">{t("people.count", { Count: people?.length ?? organisation.people })}</h3>
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
			{client.may("vet_organisation") && <Suspend organisation={organisation} />}
		</div>
	);
}

function mayInvite({ id, standing }: Organisation): boolean {
	if (standing !== "vetted") return false;
	return client.may("invite_anyone") || (client.may("invite_person") && me.value?.organisation?.id === id);
}

/** What stands in the way of an organisation, and, for stewards, the act that takes it away. */
function Vet({ organisation: { id, standing } }: { organisation: Organisation }) {
	const form = useForm();
	if (standing === "vetted") return null;
	return (
		<section class="stack-tight">
			<Banner tone={standing === "proposed" ? "warn" : "danger"}>
				{standing === "proposed" ? t("organisation.proposed") : t("organisation.suspended")}
			</Banner>
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			{client.may("vet_organisation") && (
				<Button kind="main" wide icon="shield" busy={form.busy} onPress={() => void form.submit(() => client.setStanding(id, "vetted"))}>
					{t("organisation.vet")}
				</Button>
			)}
		</section>
	);
}

/** Suspending ends the sessions of all its people at once, so it is asked twice. */
function Suspend({ organisation: { id, standing } }: { organisation: Organisation }) {
	const [asked, setAsked] = useState(false);
	const form = useForm();
	if (standing === "suspended" || id === me.value?.organisation?.id) return null;
	const suspend = async () => {
		await client.setStanding(id, "suspended");
		setAsked(false);
	};
	return (
		<section class="stack-tight">
			{asked && <p>{t("organisation.suspend_sure")}</p>}
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button kind="danger" wide icon="stop" busy={form.busy} onPress={() => (asked ? void form.submit(suspend) : setAsked(true))}>
				{t("organisation.suspend")}
			</Button>
			{asked && (
				<Button wide onPress={() => setAsked(false)}>
					{t("act.cancel")}
				</Button>
			)}
		</section>
	);
}
