import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Kind, Organisation } from "../../state";
import { client, organisationsById } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Card } from "../kit/Card";
import { Select } from "../kit/Field";
import { Face, Outline } from "../kit/List";
import { toast } from "../kit/Toast";
import { countries, countryName, kindName } from "../names";
import { dot } from "../say";
import { link } from "../shell/router";
import { useForm } from "./form";
import { asOf, useLoading, usePeople } from "./load";
import { Again } from "./PickPeople";
import { StandingChip } from "./StandingChip";

/** Who is asked next when an organisation does not answer an alert: for each country, the organisation that coordinates it. */
export default function Leads() {
	const people = usePeople();
	const leads = useLoading(() => client.circle.loadLeads());
	const offline = asOf();
	const failed = people.failed ?? leads.failed;
	const again = () => {
		people.again();
		leads.again();
	};
	if (!client.organisations.value) {
		return failed === undefined ? <Outline rows={5} label={t("act.loading")} /> : <Face icon="warning" alert text={failed} act={<Again onPress={again} />} />;
	}
	return (
		<div class="column stack">
			<p class="soft">{t("leads.what")}</p>
			{offline !== undefined && <p class="soft">{offline}</p>}
			{failed !== undefined && offline === undefined && <Face icon="warning" alert text={failed} act={<Again onPress={again} />} />}
			{countries.map((country) => (
				<Country key={country} country={country} />
			))}
		</div>
	);
}

const officials: readonly Kind[] = ["government", "international"];

/** Those that may coordinate a country, its own first. Officials would be called to alerts of which nobody chose to tell them. */
function able(country: string): Organisation[] {
	const all = (client.organisations.value ?? []).filter(({ kind, standing }) => standing === "vetted" && !officials.includes(kind));
	return all.sort((a, b) => Number(b.country === country) - Number(a.country === country) || a.name.localeCompare(b.name));
}

function Country({ country }: { country: string }) {
	const [open, setOpen] = useState(false);
	const lead = organisationsById.value.get(client.leads.value.get(country) ?? "");
	return (
		<Card
			icon="country"
			title={countryName(country)}
			acts={
				client.may("manage_alerts") &&
				!open && (
					<Button icon="write" onPress={() => setOpen(true)}>
						{t(lead ? "leads.change" : "leads.name")}
					</Button>
				)
			}
		>
			{lead ? (
				<p class="row">
					<a href={link({ at: "organisation", id: lead.id })}>
						<bdi>{lead.name}</bdi>
					</a>
					<span class="soft">{kindName(lead.kind)}</span>
					<StandingChip standing={lead.standing} quiet />
				</p>
			) : (
				<p>{t("leads.nobody")}</p>
			)}
			{open && <Choose country={country} lead={lead} onClose={() => setOpen(false)} />}
		</Card>
	);
}

function Choose({ country, lead, onClose }: { country: string; lead: Organisation | undefined; onClose: () => void }) {
	const all = able(country);
	const [chosen, setChosen] = useState(lead?.id ?? all[0]?.id ?? "");
	const form = useForm();
	const save = async () => {
		await client.circle.setLead(country, chosen);
		toast(t("leads.done"));
		onClose();
	};
	return (
		<form
			class="stack-tight"
			onSubmit={(event) => {
				event.preventDefault();
				void form.submit(save);
			}}
		>
			<Select
				label={t("leads.who")}
				hint={t("leads.who_hint")}
				value={chosen}
				onValue={setChosen}
				options={[...all.map(({ id, name, country: of }) => ({ value: id, label: `${name}${dot()}${countryName(of)}` })), { value: "", label: t("leads.none") }]}
			/>
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button kind="main" wide submit busy={form.busy}>
				{t("act.save")}
			</Button>
			<Button wide disabled={form.busy} onPress={onClose}>
				{t("act.cancel")}
			</Button>
		</form>
	);
}
