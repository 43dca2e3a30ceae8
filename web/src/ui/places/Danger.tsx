import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Places } from "../../state/places/places";
import { client, me } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Dialog } from "../kit/Dialog";
import { Select } from "../kit/Field";
import { toast } from "../kit/Toast";
import { trouble } from "../say";
import { useForm } from "../screens/form";
import { useLoading } from "../screens/load";
import { NeedsLine } from "../screens/reading";
import "./places.css";
import { WithPlaces } from "./WithPlaces";

/** When an organisation is in danger: who takes over is named beforehand, and one confirmed act does the rest. */
export default function Danger() {
	return <WithPlaces>{(known) => <Inside known={known} />}</WithPlaces>;
}

function Inside({ known }: { known: Places }) {
	const [asking, setAsking] = useState(false);
	const form = useForm();
	return (
		<div class="column stack raise-form">
			<div class="stack">
				<p>{t("danger.what")}</p>
				<ul class="plain-points">
					<li>{t("danger.sessions")}</li>
					<li>{t("danger.shelters")}</li>
					<li>{t("danger.requests")}</li>
				</ul>
				{client.may("offer_places") && <Partner known={known} />}
				<NeedsLine />
				{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			</div>
			<div class="raise-acts">
				<Button kind="danger" wide icon="stop" busy={form.busy} onPress={() => setAsking(true)}>
					{t("danger.declare")}
				</Button>
			</div>
			{asking && (
				<Dialog title={t("danger.sure_title")} close={t("act.close")} onClose={() => setAsking(false)}>
					<div class="stack">
						<p>{t("danger.sure")}</p>
						<Button
							kind="danger"
							wide
							icon="stop"
							onPress={() => {
								setAsking(false);
								void form.submit(async () => {
									await known.danger();
									await client.door.signOut();
								});
							}}
						>
							{t("danger.declare_now")}
						</Button>
					</div>
				</Dialog>
			)}
		</div>
	);
}

/** To whom what is open passes. */
function Partner({ known }: { known: Places }) {
	const [partner, setPartner] = useState<string>();
	const { failed } = useLoading(async () => {
		await client.circle.loadPeople();
		setPartner(await known.partner());
	});
	const own = me.value?.organisation?.id;
	const others = (client.organisations.value ?? []).filter(({ id, kind, standing }) => id !== own && standing === "vetted" && (kind === "ngo" || kind === "shelter" || kind === "hotline"));
	const pick = async (to: string) => {
		const before = partner;
		setPartner(to);
		try {
			await known.setPartner(to);
			toast(t("danger.partner_saved"));
		} catch (error) {
			setPartner(before);
			toast(trouble(error), "warning");
		}
	};
	if (failed !== undefined && partner === undefined) return null;
	return (
		<Select
			label={t("danger.partner")}
			hint={t("danger.partner_hint")}
			value={partner ?? ""}
			onValue={(to) => void pick(to)}
			options={[{ value: "", label: t("new_alert.nobody") }, ...others.map(({ id, name }) => ({ value: id, label: name }))]}
		/>
	);
}
