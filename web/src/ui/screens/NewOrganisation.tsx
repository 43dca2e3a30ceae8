import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Kind } from "../../state";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Choices, Field } from "../kit/Field";
import { countries, countryName, kindKeys, kindName } from "../names";
import { go } from "../shell/router";
import { useForm } from "./form";
import { useDraft } from "./reading";

const kinds = Object.keys(kindKeys) as Kind[];

/** A new organisation. What a steward makes is vetted by that; what others propose waits for a steward. */
export default function NewOrganisation() {
	const [name, setName] = useDraft("new-organisation:name");
	const [kind, setKind] = useState<Kind>("ngo");
	const [country, setCountry] = useState<string>(countries[0]);
	const form = useForm<"name">({ "error.bad_name": "name" });
	const create = async () => {
		const made = await client.circle.createOrganisation(name.trim(), kind, country);
		setName("");
		go({ at: "organisation", id: made.id }, "replace");
	};
	return (
		<form
			class="column stack"
			noValidate
			onSubmit={(event) => {
				event.preventDefault();
				void form.submit(create, () => (name.trim() === "" ? { name: t("new_organisation.name_missing") } : {}));
			}}
		>
			{!client.may("vet_organisation") && <Banner>{t("new_organisation.waits")}</Banner>}
			<Field label={t("new_organisation.name")} value={name} onValue={setName} maxLength={120} required wrong={form.wrong.name} />
			<Choices
				label={t("new_organisation.kind")}
				value={kind}
				onValue={(value) => setKind(value as Kind)}
				options={kinds.map((value) => ({ value, label: kindName(value) }))}
			/>
			<Choices
				label={t("new_organisation.country")}
				value={country}
				onValue={setCountry}
				options={countries.map((value) => ({ value, label: countryName(value) }))}
			/>
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button kind="main" wide submit busy={form.busy}>
				{client.may("vet_organisation") ? t("new_organisation.act") : t("new_organisation.propose")}
			</Button>
		</form>
	);
}
