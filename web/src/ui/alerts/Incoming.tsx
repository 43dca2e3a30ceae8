import { t } from "../../i18n";
import { Button } from "../kit/Button";
import { number } from "../say";
import { link, route } from "../shell/router";
import { alerts } from "./here";
import { PractiseMark, UrgencyMark } from "./Marks";
import { headlineOf } from "./words";
import "./Card.css";

/** What came in just now, above every screen until it is opened or put away. The newest is shown, and how many more there are. */
export function Incoming() {
	const all = alerts.value?.incoming.value ?? [];
	const newest = all.at(-1);
	const here = route.value;
	if (!newest || (here.at === "alert" && here.id === newest.id)) return null;
	const { block } = newest;
	return (
		<section class={`incoming ${block.urgency.toLowerCase()}`} role="alert" aria-label={t("alerts.new")}>
			<div class="said">
				<UrgencyMark urgency={block.urgency} />
				<PractiseMark status={block.status} />
				<p>{headlineOf(block)}</p>
				{all.length > 1 && <span class="soft">{t("alerts.more_new", { Number: number(all.length - 1) })}</span>}
			</div>
			<div class="alert-acts">
				<Button kind="main" href={link({ at: "alert", id: newest.id })}>
					{t("alerts.open")}
				</Button>
				<Button onPress={() => alerts.value?.seen(newest.id)}>{t("alerts.later")}</Button>
			</div>
		</section>
	);
}
