import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { approveAlert, draftAnew, refuseAlert, type WaitingAlert, waitingAlerts, withdrawAlert } from "../../state/alertSend";
import { organisationsById } from "../client";
import { Avatar } from "../kit/Avatar";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Card } from "../kit/Card";
import { Dialog } from "../kit/Dialog";
import { Field } from "../kit/Field";
import { List, Row } from "../kit/List";
import { TimeAgo } from "../kit/TimeAgo";
import { toast } from "../kit/Toast";
import { personName } from "../names";
import { ago, language, moment, now } from "../say";
import { useForm } from "../screens/form";
import { usePeople } from "../screens/load";
import { NeedsLine, offline, useDraft, useReading } from "../screens/reading";
import { go } from "../shell/router";
import { placesOf } from "./codes";
import { causeKeys } from "./Gone";
import { raise } from "./here";
import { WithWords } from "./say";
import { Sheet } from "./Sheet";
import "./raise.css";

/** Alerts that wait for a second person: those I decide on, and my own. */
export default function AlertsWaitingScreen() {
	return <WithWords>{() => <Waiting />}</WithWords>;
}

function Waiting() {
	usePeople();
	const reading = useReading("waiting", waitingAlerts);
	const { value: all, again } = reading;
	return (
		<div class="column stack">
			<p class="soft">{t("waiting_alert.what")}</p>
			{all && <NeedsLine />}
			<h2>{t("waiting_alert.decide")}</h2>
			<List
				label={t("waiting_alert.decide")}
				items={all?.decide}
				rows={2}
				loading={t("act.loading")}
				asOf={reading.asOf}
				empty={{ text: t("waiting_alert.none"), icon: "check" }}
				failed={reading.failed}
				render={(one) => (
					<li key={one.id}>
						<ToDecide draft={one} onDone={again} />
					</li>
				)}
			/>
			{all !== undefined && all.own.length > 0 && (
				<>
					<h2>{t("waiting_alert.own")}</h2>
					<ul class="stack" aria-label={t("waiting_alert.own")}>
						{all.own.map((one) => (
							<li key={one.id}>
								<Own draft={one} onDone={again} />
							</li>
						))}
					</ul>
				</>
			)}
		</div>
	);
}

function Author({ draft }: { draft: WaitingAlert }) {
	const name = personName(draft.author);
	return (
		<Row
			lead={<Avatar name={name} />}
			title={<bdi>{name}</bdi>}
			detail={<bdi>{organisationsById.value.get(draft.organisation)?.name ?? ""}</bdi>}
			end={<TimeAgo at={draft.at} ago={ago(draft.at, now.value)} moment={moment(draft.at)} />}
		/>
	);
}

function ToDecide({ draft, onDone }: { draft: WaitingAlert; onDone: () => void }) {
	const [refusing, setRefusing] = useState(false);
	const form = useForm();
	const approve = async () => {
		await approveAlert(draft.id);
		toast(t("new_alert.sent"));
		onDone();
	};
	return (
		<Card
			acts={
				<>
					<Button kind="main" icon="send" busy={form.busy} disabled={offline()} onPress={() => void form.submit(approve)}>
						{t("waiting_alert.approve")}
					</Button>
					<Button disabled={form.busy} onPress={() => setRefusing(true)}>
						{t("waiting_alert.refuse")}
					</Button>
				</>
			}
		>
			<Author draft={draft} />
			<ul class="stack-tight">
				{draft.causes.map((cause) => (
					<li key={cause}>
						<Banner icon="shield">{t(causeKeys[cause] ?? "waiting_alert.cause_code")}</Banner>
					</li>
				))}
			</ul>
			{draft.said && <Sheet said={draft.said} />}
			<p class="soft">{t("waiting_alert.until", { Time: moment(draft.until) })}</p>
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			{refusing && <Refusing draft={draft} onDone={onDone} onClose={() => setRefusing(false)} />}
		</Card>
	);
}

const reasonLongest = 500;

function Refusing({ draft, onDone, onClose }: { draft: WaitingAlert; onDone: () => void; onClose: () => void }) {
	const [reason, setReason] = useDraft(`refuse:${draft.id}`);
	const form = useForm<"reason">();
	const refuse = async () => {
		await refuseAlert(draft.id, reason.trim());
		setReason("");
		onClose();
		onDone();
	};
	return (
		<Dialog title={t("waiting_alert.refuse_title")} close={t("act.close")} onClose={onClose}>
			<form
				class="stack"
				noValidate
				onSubmit={(event) => {
					event.preventDefault();
					void form.submit(refuse, () => (reason.trim() === "" ? { reason: t("waiting_alert.reason_missing") } : {}));
				}}
			>
				<Field
					label={t("waiting_alert.reason")}
					hint={t("waiting_alert.reason_hint")}
					value={reason}
					onValue={(to) => {
						form.changed("reason");
						setReason(to);
					}}
					lines={3}
					maxLength={reasonLongest}
					required
					wrong={form.wrong.reason}
				/>
				{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
				<NeedsLine />
				<Button kind="main" wide submit busy={form.busy} disabled={offline()}>
					{t("waiting_alert.refuse_act")}
				</Button>
			</form>
		</Dialog>
	);
}

/** What was refused is changed in the form that it came from. */
function writeAnew({ said, ...refused }: WaitingAlert): void {
	if (!said) return;
	const of = refused.update === "" ? undefined : refused.update;
	raise.keep(draftAnew({ ...refused, said }, language.peek(), placesOf(said)), of);
	go(of === undefined ? { at: "new-alert" } : { at: "alert-update", id: of });
}

const standings: Record<WaitingAlert["standing"], { key: string; tone: string }> = {
	waiting: { key: "waiting_alert.is_waiting", tone: "warn" },
	approved: { key: "waiting_alert.is_approved", tone: "good" },
	refused: { key: "waiting_alert.is_refused", tone: "bad" },
	withdrawn: { key: "waiting_alert.is_withdrawn", tone: "" },
	lapsed: { key: "waiting_alert.is_lapsed", tone: "" },
};

function Own({ draft, onDone }: { draft: WaitingAlert; onDone: () => void }) {
	const form = useForm();
	const { key, tone } = standings[draft.standing] ?? standings.lapsed;
	const withdraw = async () => {
		await withdrawAlert(draft.id);
		onDone();
	};
	return (
		<Card
			title={<span class={`chip ${tone}`}>{t(key)}</span>}
			aside={<TimeAgo at={draft.at} ago={ago(draft.at, now.value)} moment={moment(draft.at)} />}
			acts={
				<>
					{draft.standing === "waiting" && (
						<Button kind="danger" busy={form.busy} disabled={offline()} onPress={() => void form.submit(withdraw)}>
							{t("waiting_alert.withdraw")}
						</Button>
					)}
					{draft.standing === "refused" && draft.said && (
						<Button icon="write" onPress={() => writeAnew(draft)}>
							{t("outbox.open_alert")}
						</Button>
					)}
					{draft.alert !== "" && <Button href={`#/alerts/${encodeURIComponent(draft.alert)}`}>{t("new_alert.see")}</Button>}
				</>
			}
		>
			{draft.said && <Sheet said={draft.said} />}
			{draft.decidedBy !== "" && <p class="soft">{t("waiting_alert.by", { Name: personName(draft.decidedBy) })}</p>}
			{draft.reason !== "" && (
				<p class="own-words" dir="auto">
					{draft.reason}
				</p>
			)}
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
		</Card>
	);
}
