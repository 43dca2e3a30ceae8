import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { Fault, ownDataFile } from "../../state";
import { client } from "../client";
import { useProof } from "../signin/Prove";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Card } from "../kit/Card";
import { useForm } from "./form";
import { Passphrase } from "./Passphrase";
import { TakeFile } from "./TakeFile";
import "./People.css";

/** Taking one's own data along, and leaving the network: what goes, what stays, said as it is. */
export default function Leaving() {
	return (
		<div class="column stack">
			<Card title={t("leaving.take")} icon="save">
				<p>{t("leaving.take_what")}</p>
				<TakeOwn />
			</Card>
			<Card title={t("leaving.title")} icon="door">
				<h3>{t("leaving.goes")}</h3>
				<ul class="plain-list">
					<li>{t("leaving.goes_name")}</li>
					<li>{t("leaving.goes_devices")}</li>
					<li>{t("leaving.goes_channels")}</li>
				</ul>
				<h3>{t("leaving.stays")}</h3>
				<ul class="plain-list">
					<li>{t("leaving.stays_user")}</li>
					<li>{t("leaving.stays_copies")}</li>
					<li>{t("leaving.stays_audit")}</li>
				</ul>
				<Leave />
			</Card>
		</div>
	);
}

/** Whoever finds the device open must not carry all of it away: the person shows first who they are. */
function TakeOwn() {
	const proof = useProof();
	return (
		<>
			<TakeFile file={ownDataFile} name="panah-my-data.zip" proof={proof}>
				{t("leaving.take_act")}
			</TakeFile>
			{proof.dialog}
		</>
	);
}

function Leave() {
	const [open, setOpen] = useState(false);
	const [erase, setErase] = useState(false);
	const [passphrase, setPassphrase] = useState("");
	const [warned, setWarned] = useState(false);
	const form = useForm<"passphrase">({ "error.wrong_passphrase": "passphrase", "error.wrong_credentials": "passphrase" });
	const proof = useProof();
	const leave = async () => {
		try {
			await proof.ask(() => client.own.endAccount(passphrase, erase, warned));
		} catch (error) {
			if (!(error instanceof Fault) || error.key !== "error.last_admin" || warned) throw error;
			setWarned(true);
		}
	};
	if (!open) {
		return (
			<Button kind="danger" wide icon="door" onPress={() => setOpen(true)}>
				{t("leaving.begin")}
			</Button>
		);
	}
	return (
		<form
			class="stack"
			noValidate
			onSubmit={(event) => {
				event.preventDefault();
				void form.submit(proof.unlessPutAway(leave), () => (passphrase === "" ? { passphrase: t("sign_in.passphrase_missing") } : {}));
			}}
		>
			<label class="tick">
				<input type="checkbox" checked={erase} onChange={(event) => setErase(event.currentTarget.checked)} />
				<span>{t("leaving.erase")}</span>
			</label>
			<p class="soft">{t("leaving.erase_hint")}</p>
			<Passphrase value={passphrase} onValue={setPassphrase} wrong={form.wrong.passphrase} autocomplete="current-password" />
			{warned && <Banner tone="warn">{t("error.last_admin")}</Banner>}
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button kind="danger" wide submit busy={form.busy}>
				{warned ? t("care.confirm_anyway") : t("leaving.confirm")}
			</Button>
			<Button wide onPress={() => setOpen(false)}>
				{t("act.cancel")}
			</Button>
			{proof.dialog}
		</form>
	);
}
