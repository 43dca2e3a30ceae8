import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import { type Alerts, Fault } from "../../state";
import { type Detail, type Entry, stage } from "../../state/alerts/model";
import { client, me } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Dialog } from "../kit/Dialog";
import { Field } from "../kit/Field";
import { Face, Outline } from "../kit/List";
import { toast } from "../kit/Toast";
import { now } from "../say";
import { useGuarded } from "../raise/guarded";
import { useForm } from "../screens/form";
import { asOf, useLoading } from "../screens/load";
import { NeedsLine, offline, useDraft } from "../screens/reading";
import { link } from "../shell/router";
import { TakeFile } from "../screens/TakeFile";
import { capFile } from "../../state/exchange";
import { writtenIn } from "../writing";
import { Answers } from "./Answers";
import { AlertCard } from "./Card";
import { DeliveryTable } from "./Delivery";
import { alerts } from "./here";
import { Life } from "./Life";
import { QuoteInChannel } from "./Quote";

/** An alert, once the part about alerts is here: a page may begin with this screen. */
export function Alert({ id }: { id: string }) {
	const known = alerts.value;
	return known ? <Whole id={id as Entry["id"]} known={known} /> : <Outline rows={4} label={t("act.loading")} />;
}

/** An alert in full: the card, how it was delivered for those who sent it, who answered what, and what happened. */
function Whole({ id, known }: { id: Entry["id"]; known: Alerts }) {
	const detail = known.details.value.get(id);
	const onBoard = known.board.value?.find((one) => one.id === id);
	const [gone, setGone] = useState(false);
	const entry = newest(onBoard, detail) ?? known.past.value?.entries.find((one) => one.id === id);
	const { failed } = useLoading(async () => {
		try {
			await known.loadDetail(id);
		} catch (error) {
			if (!(error instanceof Fault) || error.status !== 404) throw error;
			setGone(true);
		}
	});
	useEffect(() => known.watch(id), []);
	useEffect(() => {
		if (entry) void known.open(entry);
	}, [entry !== undefined]);
	if (!entry) {
		if (gone) return <Face icon="search" text={t("alerts.gone")} act={<Button href={link({ at: "alerts" })}>{t("alerts.to_board")}</Button>} />;
		return failed === undefined ? <Outline rows={4} label={t("act.loading")} /> : <Face icon="offline" alert text={failed} />;
	}
	return <Page entry={entry} detail={detail} />;
}

/** The board hears of what is new before the detail does. */
function newest(onBoard: Entry | undefined, detail: Detail | undefined): Entry | undefined {
	if (!onBoard || !detail) return onBoard ?? detail;
	return { ...(onBoard.updatedAt >= detail.updatedAt ? onBoard : detail), mine: onBoard.mine, ours: onBoard.ours, needsMe: onBoard.needsMe };
}

function Page({ entry, detail }: { entry: Entry; detail: Detail | undefined }) {
	const offline = asOf();
	return (
		<div class="column stack alert-page">
			{offline !== undefined && <p class="soft">{offline}</p>}
			<AlertCard entry={entry} whole />
			{detail?.delivery && <DeliveryTable delivery={detail.delivery} />}
			{detail && detail.organisations.length > 0 && <Answers organisations={detail.organisations} />}
			{detail && <Life detail={detail} />}
			{(client.may("share_alerts") || client.may("read_feeds")) && (
				<TakeFile file={() => capFile(entry.id)} name="panah-alert.xml">
					{t("exchange_with.export")}
				</TakeFile>
			)}
			{detail?.delivery && entry.block.status === "Exercise" && (
				<Button wide icon="figures" href={link({ at: "drill", id: entry.id })}>
					{t("drill.title")}
				</Button>
			)}
			<QuoteInChannel entry={entry} />
			<Change entry={entry} />
		</div>
	);
}

/** Taking it back: those of the sender's organisation, and those who look after the network; of an alert of another hub nobody here. */
function Change({ entry }: { entry: Entry }) {
	const [asking, setAsking] = useState(false);
	const own = entry.organisation !== "" && entry.organisation === me.value?.organisation?.id && client.may("send_alert");
	if (stage(entry, now.value) !== "live" || entry.hub !== undefined || !(own || client.may("manage_alerts"))) return null;
	return (
		<>
			{own && (
				<Button kind="main" wide icon="write" href={link({ at: "alert-update", id: entry.id })}>
					{t("new_alert.update")}
				</Button>
			)}
			<Button kind="danger" wide icon="block" onPress={() => setAsking(true)}>
				{t("alerts.cancel")}
			</Button>
			{asking && <CancelDialog entry={entry} onClose={() => setAsking(false)} />}
		</>
	);
}

function CancelDialog({ entry, onClose }: { entry: Entry; onClose: () => void }) {
	const [reason, setReason] = useDraft(`cancel:${entry.id}`);
	const form = useForm();
	const tongue = writtenIn(reason);
	const guarded = useGuarded(reason.trim(), form.submit, async (confirmed) => {
		await alerts.value?.cancel(entry.id, reason.trim(), tongue, confirmed);
		setReason("");
		toast(t("alerts.cancelled"));
		onClose();
	});
	return (
		<Dialog title={t("alerts.cancel")} close={t("act.close")} onClose={onClose}>
			<form
				class="stack"
				onSubmit={(event) => {
					event.preventDefault();
					void form.submit(guarded.send);
				}}
			>
				<p>{t("alerts.cancel_what")}</p>
				<Field label={t("alerts.cancel_reason")} value={reason} onValue={setReason} lang={tongue} maxLength={500} />
				{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
				<NeedsLine />
				<Button kind="danger" wide submit busy={form.busy} disabled={offline()}>
					{t("alerts.cancel")}
				</Button>
			</form>
			{guarded.question}
		</Dialog>
	);
}
