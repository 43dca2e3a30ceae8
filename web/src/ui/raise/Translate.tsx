import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { claimTranslation, releaseTranslation, type ToTranslate, toTranslate } from "../../state/alertSend";
import { translationPlace } from "../../state/client/raising";
import type { Urgency } from "../../state/alerts/model";
import { UrgencyMark } from "../alerts/Marks";
import { client, me } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Card } from "../kit/Card";
import { ChipSelect } from "../kit/ChipSelect";
import { Field } from "../kit/Field";
import { Icon } from "../kit/Icon";
import { List } from "../kit/List";
import { TimeAgo } from "../kit/TimeAgo";
import { toast } from "../kit/Toast";
import { personName, spokenName } from "../names";
import { ago, clock, moment, now, number } from "../say";
import { useForm } from "../screens/form";
import { usePeople } from "../screens/load";
import { NeedsLine, offline, useReading } from "../screens/reading";
import { link } from "../shell/router";
import { useGuarded } from "./guarded";
import { raise } from "./here";
import "./raise.css";

/** Words of alerts that want translating, the most urgent first: one takes them, writes, and they hang on the alert. */
export default function Translate() {
	usePeople();
	const reading = useReading("translate", toTranslate);
	const { value, again } = reading;
	const items = value?.filter((one) => !waits(one));
	const waiting = (value ?? []).length - (items ?? []).length;
	const [pair, setPair] = useState("");
	const pairs = [...new Set(items?.map(pairOf))];
	const shown = items?.filter((one) => pair === "" || pairOf(one) === pair);
	return (
		<div class="column stack">
			<p class="soft">{t("translate.what")}</p>
			{waiting > 0 && (
				<Banner icon="clock" act={<Button href="#/outbox">{t("outbox.title")}</Button>}>
					{t("outbox.waiting", { Number: number(waiting) })}
				</Banner>
			)}
			{pairs.length > 1 && (
				<ChipSelect
					icon="language"
					label={t("translate.pair")}
					value={pair}
					onValue={setPair}
					options={[{ value: "", label: t("translate.all") }, ...pairs.map((value) => ({ value, label: pairName(value, items) }))]}
				/>
			)}
			<List
				label={t("translate.title")}
				items={shown}
				rows={3}
				loading={t("act.loading")}
				asOf={reading.asOf}
				empty={{ text: t("translate.empty"), icon: "check" }}
				failed={reading.failed}
				render={(one) => (
					<li key={`${one.event} ${one.to}`}>
						<One item={one} onDone={again} />
					</li>
				)}
			/>
		</div>
	);
}

/** Whether what was made of it waits for a line. */
const waits = ({ event, to }: ToTranslate): boolean =>
	client.outbox.value.some(({ act, state }) => act.kind === "translation" && act.event === event && act.language === to && state !== "failed");

const pairOf = ({ from, to }: ToTranslate) => `${from} ${to}`;

function pairName(pair: string, items: readonly ToTranslate[] | undefined): string {
	const [from = "", to = ""] = pair.split(" ");
	const count = items?.filter((one) => pairOf(one) === pair).length ?? 0;
	return `${spokenName(from)} – ${spokenName(to)} (${number(count)})`;
}

/** Where what somebody writes is kept until it is sent. */
const placeOf = ({ event, to }: ToTranslate) => translationPlace(event, to);

function One({ item, onDone }: { item: ToTranslate; onDone: () => void }) {
	const form = useForm();
	const others = item.claimedBy !== "" && item.claimedBy !== me.value?.id && item.claimedUntil > now.value;
	const begun = (client.drafts.value.get(placeOf(item)) ?? "") !== ""; // what I began is not taken away by the clock while there is no line
	const mine = item.claimedBy === me.value?.id && (item.claimedUntil > now.value || (begun && offline()));
	const take = async () => {
		await claimTranslation(item.event, item.to);
		onDone();
	};
	return (
		<Card
			title={
				<>
					<bdi>{spokenName(item.from)}</bdi> <Icon name="next" size={18} /> <bdi>{spokenName(item.to)}</bdi>
				</>
			}
			aside={<TimeAgo at={item.at} ago={ago(item.at, now.value)} moment={moment(item.at)} />}
			acts={
				!mine &&
				!others && (
					<Button kind="main" icon="write" busy={form.busy} disabled={offline()} onPress={() => void form.submit(take)}>
						{t("translate.take")}
					</Button>
				)
			}
		>
			<p class="row">
				<UrgencyMark urgency={item.urgency as Urgency} />
				{item.outdated && <span class="chip warn">{t("translate.outdated")}</span>}
				<a class="to-alert" href={link({ at: "alert", id: item.alert })}>{t("new_alert.see")}</a>
			</p>
			<p class="own-words" lang={item.from} dir="auto">
				{item.text}
			</p>
			{others && (
				<Banner icon="clock">{t("translate.taken", { Name: personName(item.claimedBy), Time: clock(item.claimedUntil) })}</Banner>
			)}
			{!mine && !others && <NeedsLine />}
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			{mine && <Writing item={item} onDone={onDone} />}
		</Card>
	);
}

const longest = 4000;

/** What is written is kept like any draft; giving it back keeps it too, for the next time. */
function Writing({ item, onDone }: { item: ToTranslate; onDone: () => void }) {
	const place = placeOf(item);
	const text = client.drafts.value.get(place) ?? "";
	const form = useForm<"text">();
	const send = async (confirmed: readonly string[]) => {
		const done = await raise.translate(item.event, item.to, text.trim(), confirmed);
		client.talk.saveDraft(place, "");
		toast(t(done === "waiting" ? "outbox.later" : "translate.sent"), done === "waiting" ? "clock" : undefined);
		if (done === "done") onDone();
	};
	const guarded = useGuarded(text.trim(), form.submit, send, item.text);
	const giveBack = async () => {
		await releaseTranslation(item.event, item.to);
		onDone();
	};
	return (
		<form
			class="stack-tight"
			noValidate
			onSubmit={(event) => {
				event.preventDefault();
				void form.submit(guarded.send, () => (text.trim() === "" ? { text: t("translate.missing") } : {}));
			}}
		>
			<Field
				label={t("translate.words", { Language: spokenName(item.to) })}
				hint={t("translate.until", { Time: clock(item.claimedUntil) })}
				value={text}
				lang={item.to}
				lines={4}
				maxLength={longest}
				wrong={form.wrong.text}
				onValue={(to) => {
					form.changed("text");
					client.talk.saveDraft(place, to);
				}}
			/>
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button kind="main" wide icon="send" submit busy={form.busy}>
				{t("translate.send")}
			</Button>
			<Button wide busy={form.busy} disabled={offline()} onPress={() => void form.submit(giveBack)}>
				{t("translate.give_back")}
			</Button>
			{guarded.question}
		</form>
	);
}
