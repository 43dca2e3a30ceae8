import { t } from "../../i18n";
import type { Notice } from "../../state";
import { answerNotice, cancelRecovery } from "../../state/signin";
import { client, me } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Card } from "../kit/Card";
import { toast } from "../kit/Toast";
import { personName } from "../names";
import { ago, dot, moment, now } from "../say";
import { useForm } from "../screens/form";
import { usePeople } from "../screens/load";
import { go, link } from "../shell/router";
import { placeName } from "./place";
import { useProof } from "./Prove";
import "./signin.css";

/** What the hub tells of sign-ins and recoveries, until it is answered. A device is not asked about itself. */
export default function Notices() {
	usePeople();
	const device = me.value?.device;
	return (
		<>
			{client.notices.value
				.filter((one) => one.kind !== "new_device" || one.about !== device)
				.map((one) => (
					<One key={one.id} notice={one} />
				))}
		</>
	);
}

function One({ notice }: { notice: Notice }) {
	switch (notice.kind) {
		case "new_device":
			return <NewDevice notice={notice} />;
		case "recovery":
			return <Recovered notice={notice} />;
		case "recovery_asked":
			return (
				<Told notice={notice} title={t("notice.asked", { Name: personName(notice.detail["user"] ?? "") })} look>
					{t("notice.asked_what", { By: personName(notice.detail["by"] ?? "") })}
				</Told>
			);
		case "recovered":
			return (
				<Told notice={notice} title={t("notice.recovered", { Name: personName(notice.detail["user"] ?? "") })}>
					{t("notice.recovered_what")}
				</Told>
			);
		case "passkey_cloned":
			return (
				<Told notice={notice} title={t("notice.cloned", { Name: notice.detail["name"] ?? "" })}>
					{t("signin.cloned")}
				</Told>
			);
		case "wrong_codes":
			return <WrongCodes notice={notice} />;
		default:
			return null; // of a newer hub
	}
}

/** The hub takes the notice away on all devices; it comes back with the next delta, so nothing is hidden before. */
function NewDevice({ notice }: { notice: Notice }) {
	const form = useForm();
	const proof = useProof();
	const answer = (mine: boolean) => async () => {
		await proof.ask(() => answerNotice(notice.id, mine));
		if (mine) return;
		toast(t("notice.now_change"), "warning");
		go({ at: "new-passphrase" });
	};
	const place = placeName(notice.detail["country"] ?? "");
	return (
		<Card
			icon="warning"
			title={t("notice.new_device")}
			acts={
				<div class="answers">
					<Button kind="main" icon="check" busy={form.busy} onPress={() => void form.submit(proof.unlessPutAway(answer(true)))}>
						{t("notice.yes")}
					</Button>
					<Button kind="danger" icon="door" busy={form.busy} onPress={() => void form.submit(proof.unlessPutAway(answer(false)))}>
						{t("notice.no")}
					</Button>
				</div>
			}
		>
			<p>
				<bdi>{notice.detail["name"] || t("settings.device_unnamed")}</bdi>
				{place !== undefined && `${dot()}${place}`}{dot()}{ago(notice.at, now.value)}
			</p>
			<p class="soft">{moment(notice.at)}</p>
			<p>{t("notice.was_it_you")}</p>
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			{proof.dialog}
		</Card>
	);
}

/** Somebody knew the passphrase and not the code. Changing the passphrase takes the notice away as well. */
function WrongCodes({ notice }: { notice: Notice }) {
	const form = useForm();
	const place = placeName(notice.detail["country"] ?? "");
	return (
		<Card
			icon="warning"
			title={t("notice.wrong_codes")}
			acts={
				<div class="answers">
					<Button kind="main" icon="key" href={link({ at: "new-passphrase" })}>
						{t("passphrase.title")}
					</Button>
					<Button icon="check" busy={form.busy} onPress={() => void form.submit(() => answerNotice(notice.id, true))}>
						{t("notice.yes")}
					</Button>
				</div>
			}
		>
			<p>
				{place !== undefined && `${place}${dot()}`}
				{ago(notice.at, now.value)}
			</p>
			<p class="soft">{moment(notice.at)}</p>
			<p>{t("notice.wrong_codes_what")}</p>
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
		</Card>
	);
}

function Recovered({ notice }: { notice: Notice }) {
	const form = useForm();
	const stop = async () => {
		await cancelRecovery(notice.about);
		toast(t("notice.stopped"));
	};
	return (
		<Card
			icon="warning"
			title={t("notice.recovery")}
			acts={
				<Button kind="danger" icon="stop" busy={form.busy} onPress={() => void form.submit(stop)}>
					{t("notice.not_me")}
				</Button>
			}
		>
			<p>
				{t("notice.recovery_what", {
					Name: personName(notice.detail["by"] ?? ""),
					Time: moment(Number(notice.detail["opens_at"] ?? notice.at)),
				})}
			</p>
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
		</Card>
	);
}

function Told({ notice, title, look, children }: { notice: Notice; title: string; look?: boolean; children: string }) {
	const form = useForm();
	return (
		<Card
			icon={notice.kind === "passkey_cloned" ? "warning" : "key"}
			title={title}
			acts={
				<>
					{look && (
						<Button kind="main" href={link({ at: "recoveries" })}>
							{t("notice.look")}
						</Button>
					)}
					<Button icon="check" busy={form.busy} onPress={() => void form.submit(() => answerNotice(notice.id, true))}>
						{t("first.understood")}
					</Button>
				</>
			}
		>
			<p>{children}</p>
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
		</Card>
	);
}
