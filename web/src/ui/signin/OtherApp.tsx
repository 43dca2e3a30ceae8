import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { type AppToken, appToken } from "../../state/signin";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Card } from "../kit/Card";
import { moment } from "../say";
import { useForm } from "../screens/form";
import { useProof } from "./Prove";
import "../screens/InvitePerson.css";
import "./signin.css";

/** Another Matrix app gets a one-time code, never the passphrase. */
export function OtherApp() {
	const [made, setMade] = useState<AppToken>();
	const form = useForm();
	const proof = useProof();
	const make = async () => setMade(await proof.ask(appToken));
	return (
		<Card title={t("signin.app")} icon="link">
			<p>{t("signin.app_what")}</p>
			{made && <Shown token={made} />}
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button icon="show" busy={form.busy} onPress={() => void form.submit(proof.unlessPutAway(make))}>
				{t("signin.app_show")}
			</Button>
			{proof.dialog}
		</Card>
	);
}

function Shown({ token }: { token: AppToken }) {
	return (
		<>
			<Banner icon="lock">
				<p>{t("signin.app_shown", { Time: moment(token.expiresAt) })}</p>
				<p>
					<bdi dir="ltr">{token.server}</bdi>
				</p>
			</Banner>
			{/* The hub's own picture of the code; nothing of it was written by people. */}
			<div class="qr" role="img" aria-label={t("signin.app_qr")} dangerouslySetInnerHTML={{ __html: token.qr }} />
			<p class="secret" dir="ltr">
				<bdi>
					<code>{token.token}</code>
				</bdi>
			</p>
		</>
	);
}
