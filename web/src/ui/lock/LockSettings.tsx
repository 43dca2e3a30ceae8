import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import { digitsOf, goodPin, pinFits } from "../../state";
import { client } from "../client";
import { pinChanged } from "./telling";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Card } from "../kit/Card";
import { Choices, Field } from "../kit/Field";
import { Outline } from "../kit/List";
import { toast } from "../kit/Toast";
import { useForm } from "../screens/form";
import { face, faceName, faces, type Face, setFace } from "./face";
import { idle, idleChoices, type Idle, setIdle } from "./idle";

/** What protects whoever holds this device: a PIN, how soon it is asked for, a name that tells nothing, leaving quickly. */
export default function LockSettings() {
	const [pin, setPin] = useState<"none" | "set" | "impossible">();
	const look = async () => {
		const has = await client.own.hasPin();
		setPin(has === undefined ? "impossible" : has ? "set" : "none");
	};
	useEffect(() => void look(), []);
	return (
		<div class="column stack">
			<Card title={t("lock.pin")} icon="lock">
				<p>{t("lock.pin_what")}</p>
				<p class="soft">{t("lock.pin_length")}</p>
				{pin === undefined && <Outline rows={2} label={t("act.loading")} />}
				{pin === "impossible" && <Banner tone="warn">{t("lock.impossible")}</Banner>}
				{(pin === "none" || pin === "set") && <Pin set={pin === "set"} onChanged={look} />}
			</Card>
			{pin === "set" && (
				<Card title={t("lock.idle")} icon="clock">
					<Choices
						label={t("lock.idle_after")}
						value={String(idle.value)}
						onValue={(value) => setIdle(Number(value) as Idle)}
						options={idleChoices.map((minutes) => ({ value: String(minutes), label: t("lock.minutes", { Count: minutes }) }))}
					/>
				</Card>
			)}
			<Card title={t("face.title")} icon="hide">
				<Choices
					label={t("face.which")}
					hint={t("face.hint")}
					value={face.value}
					onValue={(value) => setFace(value as Face)}
					options={faces.map((one) => ({ value: one, label: faceName(one) }))}
				/>
			</Card>
			<Card title={t("leave.button_long")} icon="leave">
				<p>{t("leave.explained")}</p>
			</Card>
		</div>
	);
}

type Wrong = "current" | "pin" | "again" | "second";

/** The form is the same whether or not there is a second PIN: nobody who looks over it can tell. */
function Pin({ set, onChanged }: { set: boolean; onChanged: () => Promise<void> }) {
	const [current, setCurrent] = useState("");
	const [pin, setPin] = useState("");
	const [again, setAgain] = useState("");
	const [second, setSecond] = useState("");
	const form = useForm<Wrong>();
	const check = (wanted: boolean) => ({
		...(wanted && !goodPin(pin) && { pin: t("lock.pin_form") }),
		...(wanted && goodPin(pin) && pin !== again && { again: t("lock.pin_differs") }),
		...(wanted && second !== "" && !goodPin(second) && { second: t("lock.pin_form") }),
		...(wanted && second !== "" && second === pin && { second: t("lock.second_same") }),
		...(set && !goodPin(current) && { current: t("lock.wrong") }),
	});
	const change = async (to: string | undefined) => {
		if (set && !(await pinFits(current))) return toast(t("lock.wrong"), "warning");
		await client.own.setPin(to, to === undefined || second === "" ? undefined : second);
		await pinChanged();
		for (const clear of [setCurrent, setPin, setAgain, setSecond]) clear("");
		toast(to === undefined ? t("lock.pin_removed") : t("lock.pin_saved"));
		await onChanged();
	};
	const field = (label: string, value: string, onValue: (value: string) => void, wrong: string | undefined, hint?: string) => (
		<Field
			label={label}
			value={value}
			onValue={(typed) => onValue(digitsOf(typed))}
			type="password"
			numeric
			dir="ltr"
			maxLength={12}
			wrong={wrong}
			hint={hint}
		/>
	);
	return (
		<form
			class="stack-tight"
			noValidate
			onSubmit={(event) => {
				event.preventDefault();
				void form.submit(
					() => change(pin),
					() => check(true),
				);
			}}
		>
			{set && field(t("lock.current"), current, setCurrent, form.wrong.current)}
			{field(t("lock.new"), pin, setPin, form.wrong.pin, t("lock.pin_form"))}
			{field(t("lock.again"), again, setAgain, form.wrong.again)}
			{!client.alone && field(t("lock.second"), second, setSecond, form.wrong.second, t("lock.second_hint"))}
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button kind="main" wide submit busy={form.busy}>
				{set ? t("lock.change") : t("lock.set")}
			</Button>
			{set && (
				<Button
					kind="danger"
					wide
					busy={form.busy}
					onPress={() =>
						void form.submit(
							() => change(undefined),
							() => check(false),
						)
					}
				>
					{t("lock.remove")}
				</Button>
			)}
		</form>
	);
}
