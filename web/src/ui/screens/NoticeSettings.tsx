import { useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import {
	allowed,
	askAddress,
	canBeTold,
	confirmAddress,
	forgetAddress,
	type NoticeKind,
	noticeKinds,
	type Preferences,
	setPreferences,
	type Telling,
	telling,
	tryNotices,
	turnOff,
	turnOn,
} from "../../state";
import { me } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Card } from "../kit/Card";
import { Checks, Choices, Field, Select } from "../kit/Field";
import { Outline } from "../kit/List";
import { toast } from "../kit/Toast";
import { clock, trouble } from "../say";
import { useForm } from "./form";
import { useLoading } from "./load";

/** How one is told when the app is closed. */
export default function NoticeSettings() {
	const [told, setTold] = useState<Telling>();
	/** What was chosen last, and what the hub has taken: each wish is the whole of it, so they go one after the other. */
	const chosen = useRef<Preferences>();
	const taken = useRef<Preferences>();
	const turn = useRef(Promise.resolve());
	const look = async () => {
		await turn.current;
		const before = chosen.current;
		const now = await telling();
		if (chosen.current === before) chosen.current = taken.current = undefined;
		setTold({ ...now, preferences: chosen.current ?? now.preferences });
	};
	const loading = useLoading(look);
	if (loading.failed !== undefined && !told) {
		return (
			<div class="column stack">
				<Banner tone="danger">{loading.failed}</Banner>
				<Button icon="refresh" onPress={loading.again}>
					{t("act.try_again")}
				</Button>
			</div>
		);
	}
	if (!told) return <Outline rows={4} label={t("act.loading")} />;
	const change = (wish: Partial<Preferences>) => {
		taken.current ??= told.preferences;
		const wanted = { ...(chosen.current ?? told.preferences), ...wish };
		chosen.current = wanted;
		setTold({ ...told, preferences: wanted });
		turn.current = turn.current.then(() => put(wanted));
		return turn.current;
	};
	const put = async (wanted: Preferences) => {
		try {
			await setPreferences(wanted);
			taken.current = wanted;
		} catch (error) {
			toast(trouble(error), "warning");
			const before = taken.current ?? wanted;
			if (chosen.current !== wanted) return; // what was chosen since has this in it, and is tried yet
			chosen.current = before;
			setTold((now) => now && { ...now, preferences: before });
		}
	};
	return (
		<div class="column stack">
			<Card title={t("notices.device")} icon="device">
				<p>{t("notices.device_what")}</p>
				<Here told={told} onChanged={look} />
			</Card>
			<Card title={t("notices.kinds")} icon="bell">
				<Kinds told={told} change={change} />
			</Card>
			<Card title={t("notices.quiet")} icon="clock">
				<QuietHours preferences={told.preferences} change={change} />
			</Card>
			{told.mails && (
				<Card title={t("notices.mail")} icon="unread">
					<p>{t("notices.mail_what")}</p>
					<Mail told={told} onChanged={look} />
				</Card>
			)}
		</div>
	);
}

interface Part {
	told: Telling;
	onChanged: () => Promise<void>;
}

type Change = (wish: Partial<Preferences>) => Promise<void>;

/** The browser is asked only once something was pressed: a question out of nowhere is answered with no, for good. */
function Here({ told, onChanged }: Part) {
	const form = useForm();
	const [denied, setDenied] = useState(allowed() === "denied");
	if (me.value?.brief) return <Banner icon="info">{t("notices.shared")}</Banner>;
	if (!canBeTold()) return <Banner icon="info">{t("notices.unsupported")}</Banner>;
	const on = async () => {
		const granted = (await Notification.requestPermission()) === "granted";
		setDenied(!granted);
		if (!granted) return;
		await turnOn(told.key);
		await onChanged();
	};
	const off = async () => {
		await turnOff();
		await onChanged();
	};
	const attempt = async () => {
		await tryNotices();
		toast(t("notices.tried"));
	};
	return (
		<>
			{denied && <Banner tone="warn">{t("notices.denied")}</Banner>}
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			{told.here ? (
				<>
					<p>{t("notices.is_on")}</p>
					<Button wide icon="bell" busy={form.busy} onPress={() => void form.submit(attempt)}>
						{t("notices.try")}
					</Button>
					<Button wide icon="muted" busy={form.busy} onPress={() => void form.submit(off)}>
						{t("notices.turn_off")}
					</Button>
				</>
			) : (
				<Button wide kind="main" icon="bell" busy={form.busy} onPress={() => void form.submit(on)}>
					{t("notices.turn_on")}
				</Button>
			)}
		</>
	);
}

function Kinds({ told, change }: { told: Telling; change: Change }) {
	const { push, mail, open } = told.preferences;
	const options = noticeKinds.map((kind) => ({ value: kind, label: t(`notices.${kind}`) }));
	return (
		<>
			<Checks
				label={t("notices.kinds_device")}
				values={push}
				options={options}
				onValues={(values) => void change({ push: values as NoticeKind[] })}
			/>
			{told.address !== "" && (
				<Checks
					label={t("notices.kinds_mail")}
					values={mail}
					options={options}
					onValues={(values) => void change({ mail: values as NoticeKind[] })}
				/>
			)}
			<Choices
				label={t("notices.shows")}
				hint={t("notices.shows_hint")}
				value={open ? "more" : "discreet"}
				onValue={(value) => void change({ open: value === "more" })}
				options={[
					{ value: "discreet", label: t("notices.discreet") },
					{ value: "more", label: t("notices.more") },
				]}
			/>
		</>
	);
}

/** Times that can be picked: every half hour of a day. */
const times = Array.from({ length: 48 }, (_, n) => `${String(Math.floor(n / 2)).padStart(2, "0")}:${n % 2 === 0 ? "00" : "30"}`);

const timeName = (time: string): string => clock(new Date(`2026-01-01T${time}:00`).getTime());

const here = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

function QuietHours({ preferences: { quiet }, change }: { preferences: Preferences; change: Change }) {
	const set = (part: { from?: string; until?: string }) => {
		const next = { from: quiet?.from ?? "22:00", until: quiet?.until ?? "06:30", ...part, zone: here() };
		if (next.from === next.until) return toast(t("error.quiet_hours"), "warning");
		void change({ quiet: next });
	};
	const offered = (chosen: string) => [...new Set([...times, chosen])].sort().map((time) => ({ value: time, label: timeName(time) }));
	return (
		<>
			<Choices
				label={t("notices.quiet")}
				hint={t("notices.quiet_hint")}
				value={quiet ? "daily" : "never"}
				onValue={(value) => (value === "daily" ? set({}) : void change({ quiet: null }))}
				options={[
					{ value: "never", label: t("notices.quiet_never") },
					{ value: "daily", label: t("notices.quiet_daily") },
				]}
			/>
			{quiet && (
				<>
					<Select label={t("notices.from")} value={quiet.from} options={offered(quiet.from)} onValue={(from) => set({ from })} />
					<Select label={t("notices.until")} value={quiet.until} options={offered(quiet.until)} onValue={(until) => set({ until })} />
					<p class="soft">{t("notices.zone")}</p>
				</>
			)}
		</>
	);
}

/** An address counts only once the code that was sent there has come back. */
function Mail({ told, onChanged }: Part) {
	const [address, setAddress] = useState("");
	const [code, setCode] = useState("");
	const form = useForm<"address" | "code">({
		"error.mail_address": "address",
		"error.mail_code": "code",
		"error.mail_code_over": "code",
	});
	const act = (done: () => Promise<void>, field?: "address" | "code", value = "x") =>
		void form.submit(
			async () => {
				await done();
				setCode("");
				await onChanged();
			},
			() => (field && value.trim() === "" ? { [field]: t("notices.missing") } : {}),
		);
	return (
		<div class="stack-tight">
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			{told.address !== "" && <p>{t("notices.address_is", { Address: told.address })}</p>}
			{told.pending !== "" && (
				<>
					<p>{t("notices.code_sent", { Address: told.pending })}</p>
					<Field label={t("notices.code")} value={code} onValue={setCode} dir="ltr" numeric autocomplete="one-time-code" wrong={form.wrong.code} />
					<Button kind="main" wide icon="check" busy={form.busy} onPress={() => act(() => confirmAddress(code), "code", code)}>
						{t("totp.act")}
					</Button>
				</>
			)}
			<Field
				label={t("notices.address")}
				value={address}
				onValue={setAddress}
				type="email"
				dir="ltr"
				autocomplete="email"
				wrong={form.wrong.address}
			/>
			<Button wide icon="send" busy={form.busy} onPress={() => act(() => askAddress(address.trim()), "address", address)}>
				{t("notices.address_send")}
			</Button>
			{told.address !== "" && (
				<Button wide kind="danger" icon="trash" busy={form.busy} onPress={() => act(forgetAddress)}>
					{t("notices.address_remove")}
				</Button>
			)}
		</div>
	);
}
