import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Passkey } from "../../state";
import {
	type AppToken,
	appToken,
	type Factors,
	factors,
	newRecoveryCodes,
	removePasskey,
	removeTotp,
	renamePasskey,
} from "../../state/signin";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Card } from "../kit/Card";
import { Dialog } from "../kit/Dialog";
import { Field } from "../kit/Field";
import { Face, Outline, Row } from "../kit/List";
import { Icon } from "../kit/Icon";
import { toast } from "../kit/Toast";
import { ago, moment, now } from "../say";
import { link } from "../shell/router";
import { useForm } from "../screens/form";
import { useLoading } from "../screens/load";
import { Again } from "../screens/PickPeople";
import { Codes } from "./Codes";
import { MyDevices } from "./MyDevices";
import { knowsPasskeys } from "./passkey";
import { useProof } from "./Prove";
import { MakePasskey, SetUpTotp } from "./SetUp";
import "../screens/InvitePerson.css";

/** How one signs in: second keys, recovery codes, the passphrase, other apps, and the devices where one is signed in. */
export default function SignInSettings() {
	const [has, setHas] = useState<Factors>();
	const [codes, setCodes] = useState<readonly string[]>([]);
	const read = async () => setHas(await factors());
	const { failed, again } = useLoading(read);
	const changed = (fresh: readonly string[] = []) => {
		setCodes(fresh);
		again();
	};
	if (codes.length > 0) {
		return (
			<div class="column stack">
				<Codes codes={codes} onKept={() => setCodes([])} />
			</div>
		);
	}
	if (!has && failed !== undefined) return <Face icon="warning" alert text={failed} act={<Again onPress={again} />} />;
	if (!has) return <Outline rows={5} label={t("act.loading")} />;
	return (
		<div class="column stack">
			{failed !== undefined && <Banner tone="warn">{failed}</Banner>}
			<Passkeys has={has} onChanged={changed} />
			<CodeApp has={has} onChanged={changed} />
			{(has.totp || has.passkeys.length > 0) && <RecoveryCodes left={has.recoveryCodes} onMade={changed} />}
			<Card title={t("settings.devices")} icon="device">
				<MyDevices />
			</Card>
			<Card title={t("sign_in.passphrase")} icon="lock">
				<Button wide href={link({ at: "new-passphrase" })} icon="lock">
					{t("passphrase.title")}
				</Button>
			</Card>
			<OtherApp />
		</div>
	);
}

interface Part {
	has: Factors;
	onChanged: (codes?: readonly string[]) => void;
}

function Passkeys({ has, onChanged }: Part) {
	const [open, setOpen] = useState<Passkey>();
	const possible = has.passkeysHere && knowsPasskeys();
	return (
		<Card title={t("secure.passkey")} icon="key">
			<p>{t("secure.passkey_what")}</p>
			{has.passkeys.length === 0 && <p class="soft">{t("signin.no_passkeys")}</p>}
			<ul>
				{has.passkeys.map((one) => (
					<li key={one.id}>
						<Row
							lead={<Icon name={one.cloned ? "warning" : "key"} />}
							title={<bdi>{one.name || t("secure.passkey")}</bdi>}
							detail={one.cloned ? t("signin.cloned") : one.usedAt === undefined ? t("signin.never_used") : ago(one.usedAt, now.value)}
							end={
								<Button icon="write" iconOnly onPress={() => setOpen(one)}>
									{t("signin.rename")}
								</Button>
							}
						/>
					</li>
				))}
			</ul>
			{possible ? <MakePasskey onDone={onChanged}>{t("secure.passkey_make")}</MakePasskey> : <Banner>{t("error.no_passkeys_here")}</Banner>}
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

function CodeApp({ has, onChanged }: Part) {
	const [setting, setSetting] = useState(false);
	const form = useForm();
	const proof = useProof();
	const remove = async () => {
		await proof.ask(removeTotp);
		toast(t("signin.removed"));
		onChanged();
	};
	return (
		<Card title={t("secure.totp")} icon="clock">
			<p>{has.totp ? t("signin.totp_on") : t("secure.totp_what")}</p>
			{setting ? (
				<SetUpTotp
					onDone={(codes) => {
						setSetting(false);
						onChanged(codes);
					}}
				/>
			) : (
				<div class="row">
					<Button icon="clock" onPress={() => setSetting(true)}>
						{has.totp ? t("signin.set_up_anew") : t("signin.set_up")}
					</Button>
					{has.totp && (
						<Button kind="danger" icon="trash" busy={form.busy} onPress={() => void form.submit(proof.unlessPutAway(remove))}>
							{t("signin.remove")}
						</Button>
					)}
				</div>
			)}
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			{proof.dialog}
		</Card>
	);
}

function RecoveryCodes({ left, onMade }: { left: number; onMade: (codes: readonly string[]) => void }) {
	const form = useForm();
	const proof = useProof();
	const make = async () => onMade(await proof.ask(newRecoveryCodes));
	return (
		<Card title={t("codes.title")} icon="lock">
			<p>{t("codes.left", { Count: left })}</p>
			<p class="soft">{t("codes.new_what")}</p>
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button icon="refresh" busy={form.busy} onPress={() => void form.submit(proof.unlessPutAway(make))}>
				{t("codes.new")}
			</Button>
			{proof.dialog}
		</Card>
	);
}

/** Another Matrix app gets a one-time code, never the passphrase. */
function OtherApp() {
	const [made, setMade] = useState<AppToken>();
	const form = useForm();
	const proof = useProof();
	const make = async () => setMade(await proof.ask(appToken));
	return (
		<Card title={t("signin.app")} icon="link">
			<p>{t("signin.app_what")}</p>
			{made && (
				<>
					<Banner icon="lock">
						<p>{t("signin.app_shown", { Time: moment(made.expiresAt) })}</p>
						<p>
							<bdi dir="ltr">{made.server}</bdi>
						</p>
					</Banner>
					{/* The hub's own picture of the code; nothing of it was written by people. */}
					<div class="qr" role="img" aria-label={t("signin.app_qr")} dangerouslySetInnerHTML={{ __html: made.qr }} />
					<p class="secret" dir="ltr">
						<bdi>
							<code>{made.token}</code>
						</bdi>
					</p>
				</>
			)}
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button icon="show" busy={form.busy} onPress={() => void form.submit(proof.unlessPutAway(make))}>
				{t("signin.app_show")}
			</Button>
			{proof.dialog}
		</Card>
	);
}
