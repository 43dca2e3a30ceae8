import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { cancelRecovery, confirmRecovery, type Recovery, type RecoveryLink, recoveries, startRecovery } from "../../state/signin";
import { client, me } from "../client";
import { Avatar } from "../kit/Avatar";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Card } from "../kit/Card";
import { Select } from "../kit/Field";
import { List, Row } from "../kit/List";
import { toast } from "../kit/Toast";
import { personName } from "../names";
import { dot, moment } from "../say";
import { useForm } from "../screens/form";
import { asOf, useLoading, usePeople } from "../screens/load";
import { Again } from "../screens/PickPeople";
import { useProof } from "./Prove";
import "../screens/InvitePerson.css";

/** Letting somebody in again who lost their way in: one starts, another confirms and hands the link over. */
export default function Recoveries() {
	usePeople();
	const [open, setOpen] = useState<readonly Recovery[]>();
	const [made, setMade] = useState<RecoveryLink>();
	const { failed, again } = useLoading(async () => setOpen(await recoveries()));
	if (made) return <Made recovery={made} onDone={() => setMade(undefined)} />;
	return (
		<div class="column stack">
			<p>{t("recoveries.what")}</p>
			<Start
				onStarted={(one) => {
					toast(t("recoveries.started"));
					setOpen([one, ...(open ?? [])]);
				}}
			/>
			<h2>{t("recoveries.under_way")}</h2>
			<List
				label={t("recoveries.under_way")}
				items={open}
				rows={1}
				loading={t("act.loading")}
				asOf={asOf()}
				empty={{ text: t("recoveries.empty"), icon: "key" }}
				failed={failed === undefined ? undefined : { text: failed, act: <Again onPress={again} /> }}
				render={(one) => (
					<li key={one.id}>
						<One recovery={one} onConfirmed={setMade} onCancelled={() => setOpen(open?.filter((other) => other.id !== one.id))} />
					</li>
				)}
			/>
		</div>
	);
}

function Start({ onStarted }: { onStarted: (made: Recovery) => void }) {
	const anyone = client.may("recover_anyone");
	const own = me.value?.organisation?.id;
	const offered = (client.people.value ?? []).filter(
		(one) => one.id !== me.value?.id && (anyone || (one.role !== "steward" && one.organisation !== undefined && one.organisation === own)),
	);
	const [who, setWho] = useState("");
	const form = useForm();
	const proof = useProof();
	const chosen = who || (offered[0]?.id ?? "");
	const start = async () => onStarted(await proof.ask(() => startRecovery(chosen)));
	if (offered.length === 0) return null;
	return (
		<form
			class="stack-tight"
			onSubmit={(event) => {
				event.preventDefault();
				void form.submit(proof.unlessPutAway(start));
			}}
		>
			<Select
				label={t("recoveries.who")}
				value={chosen}
				onValue={setWho}
				options={offered.map((one) => ({ value: one.id, label: `${one.name} (${one.id.replace(/:.*/, "")})` }))}
			/>
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button kind="main" wide submit busy={form.busy}>
				{t("recoveries.start")}
			</Button>
			{proof.dialog}
		</form>
	);
}

interface OneProps {
	recovery: Recovery;
	onConfirmed: (made: RecoveryLink) => void;
	onCancelled: () => void;
}

function One({ recovery, onConfirmed, onCancelled }: OneProps) {
	const form = useForm();
	const proof = useProof();
	const name = personName(recovery.user);
	const confirm = async () => onConfirmed(await proof.ask(() => confirmRecovery(recovery.id)));
	const cancel = async () => {
		await cancelRecovery(recovery.id);
		toast(t("notice.stopped"));
		onCancelled();
	};
	const mayConfirm = recovery.confirmedBy === "" && recovery.startedBy !== me.value?.id;
	return (
		<Card
			acts={
				<>
					{mayConfirm && (
						<Button kind="main" busy={form.busy} onPress={() => void form.submit(proof.unlessPutAway(confirm))}>
							{t("recoveries.confirm")}
						</Button>
					)}
					<Button kind="danger" busy={form.busy} onPress={() => void form.submit(cancel)}>
						{t("recoveries.cancel")}
					</Button>
				</>
			}
		>
			<Row
				lead={<Avatar name={name} />}
				title={<bdi>{name}</bdi>}
				detail={
					<>
						{t("recoveries.by", { Name: personName(recovery.startedBy) })}
						{recovery.confirmedBy !== "" && `${dot()}${t("recoveries.confirmed")}`}
					</>
				}
			/>
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			{proof.dialog}
		</Card>
	);
}

function Made({ recovery, onDone }: { recovery: RecoveryLink; onDone: () => void }) {
	const copy = async () => {
		try {
			await navigator.clipboard.writeText(recovery.link);
			toast(t("invite_person.copied"));
		} catch {
			toast(t("invite_person.not_copied"), "warning");
		}
	};
	return (
		<div class="column stack">
			<Banner icon="lock">
				{t("recoveries.link", { Name: personName(recovery.user), From: moment(recovery.opensAt), Time: moment(recovery.expiresAt) })}
			</Banner>
			{/* The hub's own picture of the link; nothing of it was written by people. */}
			<div class="qr" role="img" aria-label={t("recoveries.qr")} dangerouslySetInnerHTML={{ __html: recovery.qr }} />
			<p class="invitation-link" dir="ltr">
				{recovery.link}
			</p>
			<Button kind="main" wide icon="copy" onPress={() => void copy()}>
				{t("invite_person.copy")}
			</Button>
			<Button wide icon="check" onPress={onDone}>
				{t("first.understood")}
			</Button>
		</div>
	);
}
