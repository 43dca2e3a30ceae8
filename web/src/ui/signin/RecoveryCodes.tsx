import { t } from "../../i18n";
import { newRecoveryCodes } from "../../state/signin";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Card } from "../kit/Card";
import { useForm } from "../screens/form";
import { useProof } from "./Prove";

/** How many recovery codes are left, and new ones in their place. */
export function RecoveryCodes({ left, onMade }: { left: number; onMade: (codes: readonly string[]) => void }) {
	const form = useForm();
	const proof = useProof();
	const make = async () => onMade(await proof.ask(newRecoveryCodes));
	return (
		<Card title={t("codes.title")} icon="lock">
			<p>{t("codes.left", { Count: left })}</p>
			<p class="soft">{t("codes.new_what")}</p>
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button icon="refresh" busy={form.busy} onPress={() => void form.submit(proof.unlessPutAway(make))}>
				{t("codes.new")}
			</Button>
			{proof.dialog}
		</Card>
	);
}
