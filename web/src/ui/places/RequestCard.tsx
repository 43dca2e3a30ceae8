import { t } from "../../i18n";
import type { Entry } from "../../state/places/model";
import { Icon } from "../kit/Icon";
import { ago, dot, now } from "../say";
import { link } from "../shell/router";
import { Acts } from "./Acts";
import { places } from "./here";
import { OtherHub } from "./OtherHub";
import { forWhom, named, standingOf, whereName } from "./words";

/** How urgent: a word and a shape, and colour where it matters. */
export function PlaceUrgency({ urgency }: { urgency: string }) {
	return (
		<span class={`place-urgency ${urgency}`}>
			<Icon name={urgency === "standard" ? "clock" : "alarm"} size={16} />
			{named("urgency", urgency)}
		</span>
	);
}

/** A request in short: for whom, how urgent, how it stands, and what is asked of me. */
export function RequestCard({ entry, acts }: { entry: Entry; acts?: boolean }) {
	const from = entry.wish?.from ?? "";
	return (
		<article class={`card place-card ${entry.state}`}>
			<header>
				<PlaceUrgency urgency={entry.urgency} />
				<span class="soft when">{ago(entry.at, now.value)}</span>
			</header>
			<h2>
				<a href={link({ at: "place-request", id: entry.id })}>{forWhom(entry)}</a>
			</h2>
			<p class="soft">
				<bdi>{entry.shelter}</bdi>
				{from !== "" && `${dot()}${t("place_request.from", { Place: whereName(from) })}`}
			</p>
			{entry.hub && <OtherHub hub={entry.hub} />}
			<p class="standing">{standingOf(entry, now.value)}</p>
			{entry.decide && places.value?.unanswered.value.has(entry.id) && <p class="count-age old">{t("place_request.unanswered")}</p>}
			{acts && (
				<div class="acts">
					<Acts entry={entry} />
				</div>
			)}
		</article>
	);
}
