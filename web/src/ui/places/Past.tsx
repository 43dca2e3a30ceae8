import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Entry } from "../../state/places/model";
import { List } from "../kit/List";
import { useLoading } from "../screens/load";
import { Again } from "../screens/PickPeople";
import { asOf } from "../screens/load";
import "./places.css";
import { RequestCard } from "./RequestCard";
import { WithPlaces } from "./WithPlaces";
import type { Places } from "../../state/places/places";

/** Requests that are over, until they are forgotten. */
export default function Past() {
	return <WithPlaces>{(known) => <Inside known={known} />}</WithPlaces>;
}

function Inside({ known }: { known: Places }) {
	const [over, setOver] = useState<readonly Entry[]>();
	const { failed, again } = useLoading(async () => setOver(await known.over()));
	return (
		<div class="column stack">
			<p class="soft">{t("places.past_hint")}</p>
			<List
				label={t("places.past")}
				items={over}
				loading={t("act.loading")}
				asOf={asOf()}
				empty={{ text: t("places.no_past"), icon: "history" }}
				failed={failed === undefined ? undefined : { text: failed, act: <Again onPress={again} /> }}
				render={(entry) => (
					<li key={entry.id}>
						<RequestCard entry={entry} />
					</li>
				)}
			/>
		</div>
	);
}
