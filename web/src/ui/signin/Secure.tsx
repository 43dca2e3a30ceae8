import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { factors } from "../../state/signin";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Card } from "../kit/Card";
import { Outline } from "../kit/List";
import { useForm } from "../screens/form";
import { useLoading } from "../screens/load";
import { Codes } from "./Codes";
import { knowsPasskeys } from "./passkey";
import { MakePasskey, SetUpTotp } from "./SetUp";

type Step = { at: "choose" } | { at: "totp" } | { at: "codes"; codes: readonly string[] };

/** Whoever looks after others is led through setting a second key up, before anything else. */
export default function Secure() {
	const [step, setStep] = useState<Step>({ at: "choose" });
	const [passkeys, setPasskeys] = useState<boolean>();
	const { failed, again } = useLoading(async () => setPasskeys((await factors()).passkeysHere && knowsPasskeys()));
	const form = useForm();
	const done = (codes: readonly string[]) => (codes.length > 0 ? setStep({ at: "codes", codes }) : void form.submit(() => client.door.arrived()));
	if (step.at === "codes") {
		return (
			<>
				{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
				<Codes codes={step.codes} onKept={() => void form.submit(() => client.door.arrived())} />
			</>
		);
	}
	return (
		<>
			<h1>{step.at === "totp" ? t("secure.totp") : t("secure.title")}</h1>
			{step.at === "totp" && <SetUpTotp onDone={done} />}
			{step.at === "choose" && (
				<>
					<p>{t("secure.why")}</p>
					{passkeys === undefined && failed === undefined && <Outline rows={2} label={t("act.loading")} />}
					{failed !== undefined && (
						<Banner tone="danger" act={<Button onPress={again}>{t("act.try_again")}</Button>}>
							{failed}
						</Banner>
					)}
					{passkeys && (
						<Card icon="key" title={t("secure.passkey")}>
							<p>{t("secure.passkey_what")}</p>
							<MakePasskey main onDone={done}>
								{t("secure.passkey_make")}
							</MakePasskey>
						</Card>
					)}
					{passkeys !== undefined && (
						<Card icon="clock" title={t("secure.totp")}>
							<p>{t("secure.totp_what")}</p>
							<Button kind={passkeys ? "second" : "main"} wide icon="clock" onPress={() => setStep({ at: "totp" })}>
								{t("secure.totp_use")}
							</Button>
						</Card>
					)}
				</>
			)}
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<div class="row">
				{step.at === "totp" && (
					<Button kind="quiet" icon="back" onPress={() => setStep({ at: "choose" })}>
						{t("act.back")}
					</Button>
				)}
				<Button kind="quiet" icon="door" busy={form.busy} onPress={() => void form.submit(() => client.door.signOut())}>
					{t("settings.sign_out")}
				</Button>
			</div>
		</>
	);
}
