import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { goOffDuty, goOnDuty, hubNow, type UserId } from "../../state";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Dialog } from "../kit/Dialog";
import { Choices, Field, Select } from "../kit/Field";
import { Icon } from "../kit/Icon";
import { clock, moment, now } from "../say";
import { useForm } from "./form";

/** Whether somebody is on duty. The hub says when it ends; without a line, this device's clock has to do. */
export function onDuty(user: string): boolean {
	const duty = client.duty.value.get(user);
	return duty !== undefined && (client.line.value.state === "connected" || duty.until > now.value);
}

/** Says, small, until when somebody is on duty. */
export function DutyChip({ user }: { user: string }) {
	const duty = client.duty.value.get(user);
	if (!duty || !onDuty(user)) return null;
	return (
		<span class="chip good">
			<Icon name="clock" size={16} />
			{t("duty.until", { Time: clock(duty.until) })}
		</span>
	);
}

const hour = 3_600_000;
const own = "own";
const noteLongest = 160;

/** Going on duty and off it: one's own, or that of somebody whom one looks after. */
export function DutyActs({ user, mine }: { user: UserId; mine: boolean }) {
	const [asking, setAsking] = useState(false);
	const form = useForm();
	const duty = client.duty.value.get(user);
	const on = onDuty(user);
	return (
		<section class="stack-tight">
			{on && duty && (
				<Banner icon="clock">
					{t(mine ? "duty.you_until" : "duty.on_until", { Time: moment(duty.until) })}
					{duty.note !== "" && (
						<p dir="auto">
							<bdi>{duty.note}</bdi>
						</p>
					)}
				</Banner>
			)}
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<div class="stack-tight">
				<Button wide icon="clock" onPress={() => setAsking(true)}>
					{on ? t("duty.change") : t(mine ? "duty.begin" : "duty.begin_other")}
				</Button>
				{on && (
					<Button wide icon="check" busy={form.busy} onPress={() => void form.submit(() => goOffDuty(user))}>
						{t("duty.end")}
					</Button>
				)}
			</div>
			{asking && <Ask user={user} onClose={() => setAsking(false)} />}
		</section>
	);
}

function Ask({ user, onClose }: { user: UserId; onClose: () => void }) {
	const [length, setLength] = useState("8");
	const hours = fullHours();
	const [until, setUntil] = useState(String(hours[0] ?? 0));
	const [note, setNote] = useState(client.duty.value.get(user)?.note ?? "");
	const form = useForm();
	const begin = async () => {
		await goOnDuty(user, length === own ? Number(until) : hubNow() + Number(length) * hour, note.trim());
		onClose();
	};
	return (
		<Dialog title={t("duty.title")} close={t("act.close")} onClose={onClose}>
			<form
				class="stack"
				onSubmit={(event) => {
					event.preventDefault();
					void form.submit(begin);
				}}
			>
				<Choices
					label={t("duty.how_long")}
					value={length}
					onValue={setLength}
					options={[...["4", "8", "12"].map((value) => ({ value, label: t("duty.hours", { Count: Number(value) }) })), { value: own, label: t("duty.own") }]}
				/>
				{length === own && (
					<Select label={t("duty.end_at")} value={until} onValue={setUntil} options={hours.map((at) => ({ value: String(at), label: moment(at) }))} />
				)}
				<Field label={t("duty.note")} hint={t("duty.note_hint")} value={note} onValue={setNote} maxLength={noteLongest} />
				{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
				<Button kind="main" wide submit busy={form.busy}>
					{t("duty.confirm")}
				</Button>
			</form>
		</Dialog>
	);
}

/** The full hours of the coming two days. */
function fullHours(): number[] {
	const next = Math.ceil((hubNow() + hour / 2) / hour) * hour;
	return Array.from({ length: 46 }, (_, n) => next + n * hour);
}
