import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Passkey } from "../../state";
import { type Factors, removePasskey, renamePasskey } from "../../state/signin";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Card } from "../kit/Card";
import { Dialog } from "../kit/Dialog";
import { Field } from "../kit/Field";
import { Icon } from "../kit/Icon";
import { Row } from "../kit/List";
import { toast } from "../kit/Toast";
import { ago, now } from "../say";
import { useForm } from "../screens/form";
import { knowsPasskeys } from "./passkey";
import { useProof } from "./Prove";
import { MakePasskey } from "./SetUp";

interface Props {
	has: Factors;
	onChanged: (codes?: readonly string[]) => void;
}

/** The passkeys that one has, and a new one. */
export function Passkeys({ has, onChanged }: Props) {
	const [open, setOpen] = useState<Passkey>();
	const possible = has.passkeysHere && knowsPasskeys();
	return (
		<Card title={t("secure.passkey")} icon="key">
			<p>{t("secure.passkey_what")}</p>
			{has.passkeys.length === 0 && <p class="soft">{t("signin.no_passkeys")}</p>}
			<ul>
				{has.passkeys.map((one) => (
					<li key={one.id}>
						<Line passkey={one} onOpen={() => setOpen(one)} />
					</li>
				))}
			</ul>
			{!possible && <Banner>{t("error.no_passkeys_here")}</Banner>}
			{possible && !client.alone && <MakePasskey onDone={onChanged}>{t("secure.passkey_make")}</MakePasskey>}
			{open && (
				<OnePasskey
					passkey={open}
					onClose={() => setOpen(undefined)}
					onChanged={() => {
						setOpen(undefined);
						onChanged();
					}}
				/>
			)}
		</Card>
	);
}

function Line({ passkey, onOpen }: { passkey: Passkey; onOpen: () => void }) {
	const used = passkey.usedAt === undefined ? t("signin.never_used") : ago(passkey.usedAt, now.value);
	return (
		<Row
			lead={<Icon name={passkey.cloned ? "warning" : "key"} />}
			title={<bdi>{passkey.name || t("secure.passkey")}</bdi>}
			detail={passkey.cloned ? t("signin.cloned") : used}
			end={
				<Button icon="write" iconOnly onPress={onOpen} label={`${t("signin.rename")}: ${passkey.name}`}>
					{t("signin.rename")}
				</Button>
			}
		/>
	);
}

function OnePasskey({ passkey, onClose, onChanged }: { passkey: Passkey; onClose: () => void; onChanged: () => void }) {
	const [name, setName] = useState(passkey.name);
	const form = useForm();
	const proof = useProof();
	const rename = async () => {
		await renamePasskey(passkey.id, name.trim());
		onChanged();
	};
	const remove = async () => {
		await proof.ask(() => removePasskey(passkey.id));
		toast(t("signin.removed"));
		onChanged();
	};
	return (
		<Dialog title={passkey.name || t("secure.passkey")} close={t("act.close")} onClose={onClose}>
			<form
				class="stack"
				noValidate
				onSubmit={(event) => {
					event.preventDefault();
					void form.submit(rename);
				}}
			>
				<Field label={t("signin.passkey_name")} value={name} onValue={setName} maxLength={100} />
				<Button kind="main" wide submit busy={form.busy}>
					{t("act.save")}
				</Button>
				<p>{t("signin.remove_what", { Name: passkey.name || t("secure.passkey") })}</p>
				{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
				<Button kind="danger" wide icon="trash" busy={form.busy} onPress={() => void form.submit(proof.unlessPutAway(remove))}>
					{t("signin.remove")}
				</Button>
			</form>
			{proof.dialog}
		</Dialog>
	);
}
