import { t } from "../../i18n";
import { organisationName } from "../client";
import { Button } from "../kit/Button";
import { personName } from "../names";
import { number } from "../say";
import { link, route } from "../shell/router";
import { alerts } from "./here";
import { PractiseMark, UrgencyMark } from "./Marks";
import { headlineOf } from "./words";
import "./Card.css";

/**
 * What came in just now, above every screen until it is opened or put away: how urgent, from whom, what it is about, in a few lines, so that
 * the screen below stays in use. The newest is shown, and how many more there are.
 */
export function Incoming() {
	const all = alerts.value?.incoming.value ?? [];
	const newest = all.at(-1);
	const here = route.value;
	if (!newest || (here.at === "alert" && here.id === newest.id)) return null;
	const { block } = newest;
	return (
		<section class={`incoming ${block.urgency.toLowerCase()}`} role="alert" aria-label={t("alerts.new")}>
			<div class="said">
				<p class="head">
					<UrgencyMark urgency={block.urgency} />
					<PractiseMark status={block.status} />
					<bdi class="from">{organisationName(newest.organisation) ?? personName(newest.sender)}</bdi>
					{all.length > 1 && <span class="more">{t("alerts.more_new", { Number: number(all.length - 1) })}</span>}
				</p>
				<p class="about">{headlineOf(block)}</p>
			</div>
			<Button kind="main" href={link({ at: "alert", id: newest.id })}>
				{t("alerts.open")}
			</Button>
			<Button kind="quiet" icon="close" iconOnly onPress={() => alerts.value?.seen(newest.id)}>
				{t("alerts.later")}
			</Button>
		</section>
	);
}
