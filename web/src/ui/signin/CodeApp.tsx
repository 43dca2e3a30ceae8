import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { type Factors, removeTotp } from "../../state/signin";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Card } from "../kit/Card";
import { toast } from "../kit/Toast";
import { useForm } from "../screens/form";
import { useProof } from "./Prove";
import { SetUpTotp } from "./SetUp";

interface Props {
	has: Factors;
	onChanged: (codes?: readonly string[]) => void;
}

/** The code app: set up, set up anew, taken off. */
export function CodeApp({ has, onChanged }: Props) {
	const [setting, setSetting] = useState(false);
	const form = useForm();
	const proof = useProof();
	const remove = async () => {
		await proof.ask(removeTotp);
		toast(t("signin.removed"));
		onChanged();
	};
	return (
		<Card title={t("secure.totp")} icon="clock">
			<p>{has.totp ? t("signin.totp_on") : t("secure.totp_what")}</p>
			{setting ? (
				<SetUpTotp
					onDone={(codes) => {
						setSetting(false);
						onChanged(codes);
					}}
				/>
			) : (
				<div class="row">
					<Button icon="clock" onPress={() => setSetting(true)}>
						{has.totp ? t("signin.set_up_anew") : t("signin.set_up")}
					</Button>
					{has.totp && (
						<Button kind="danger" icon="trash" busy={form.busy} onPress={() => void form.submit(proof.unlessPutAway(remove))}>
							{t("signin.remove")}
						</Button>
					)}
				</div>
			)}
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			{proof.dialog}
		</Card>
	);
}
