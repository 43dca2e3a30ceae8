import { t } from "../../i18n";
import type { Alerts } from "../../state";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { List, Outline } from "../kit/List";
import { useForm } from "../screens/form";
import { asOf, useLoading } from "../screens/load";
import { AlertCard } from "./Card";
import { alerts } from "./here";

/** The alerts that are over, the newest first, until the network keeps them no longer. */
export default function Past() {
	const part = alerts.value;
	return part ? <Pages part={part} /> : <Outline rows={4} label={t("act.loading")} />;
}

function Pages({ part }: { part: Alerts }) {
	const { failed, again: reload } = useLoading(() => part.loadPast("newest"));
	const form = useForm();
	const known = part.past.value;
	return (
		<div class="column stack">
			<List
				label={t("alerts.past")}
				items={known?.entries}
				loading={t("act.loading")}
				asOf={asOf()}
				empty={{ text: t("alerts.past_empty"), icon: "history" }}
				failed={
					failed === undefined
						? undefined
						: {
								text: failed,
								act: (
									<Button icon="refresh" onPress={reload}>
										{t("act.try_again")}
									</Button>
								),
							}
				}
				render={(entry) => (
					<li key={entry.id} class="past-alert">
						<AlertCard entry={entry} />
					</li>
				)}
			/>
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			{known !== undefined && known.next !== "" && (
				<Button wide busy={form.busy} onPress={() => void form.submit(() => part.loadPast("on"))}>
					{t("alerts.older")}
				</Button>
			)}
		</div>
	);
}
