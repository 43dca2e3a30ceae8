import { t } from "../../i18n";
import { endDanger } from "../../state/places/danger";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { toast } from "../kit/Toast";
import { useForm } from "../screens/form";

/** Opens the shelters of an organisation again that was in danger: those who look after the network say when it is over. */
export default function Safe({ id }: { id: string }) {
	const form = useForm();
	const open = async () => {
		await endDanger(id);
		toast(t("danger.over_done"));
	};
	return (
		<section class="stack-tight">
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<p class="soft">{t("danger.over_what")}</p>
			<Button wide icon="unlock" busy={form.busy} onPress={() => void form.submit(open)}>
				{t("danger.over")}
			</Button>
		</section>
	);
}
