import { useId, useState } from "preact/hooks";
import { t } from "../../i18n";
import { type Entry, type Stand, stage } from "../../state/alerts/model";
import { organisationName } from "../client";
import { Icon } from "../kit/Icon";
import { TimeAgo } from "../kit/TimeAgo";
import { ago, language, moment, now, tongueName } from "../say";
import { link } from "../shell/router";
import { personName } from "../names";
import { Acts } from "./Acts";
import { alerts } from "./here";
import { LabelMark, PractiseMark, UrgencyMark } from "./Marks";
import { areaName, noticeName, sentenceOf, standCount } from "./words";
import "./Card.css";

interface Props {
	entry: Entry;
	/** On its own page the card is no link, and says all of the free text. */
	whole?: boolean;
	current?: boolean;
}

/** An alert: how urgent, what it says, what is asked of me, and who acts. The same on the board, on the first screen and on its own page. */
export function AlertCard({ entry, whole = false, current = false }: Props) {
	const id = useId();
	const { block } = entry;
	const over = stage(entry, now.value);
	const classes = ["alert-card", block.urgency.toLowerCase(), over !== "live" && "over", current && "current"].filter(Boolean).join(" ");
	const said = sentenceOf(block);
	return (
		<article class={classes} aria-labelledby={id}>
			<header>
				<UrgencyMark urgency={block.urgency} />
				<PractiseMark status={block.status} />
				<LabelMark label={block.tlp} />
				<TimeAgo at={entry.sentAt} ago={ago(entry.sentAt, now.value)} moment={moment(entry.sentAt)} />
			</header>
			<Over state={over} />
			<h2 id={id} class="sentence">
				{whole ? (
					said
				) : (
					<a href={link({ at: "alert", id: entry.id })} data-row="" aria-current={current ? "page" : undefined}>
						{said}
					</a>
				)}
			</h2>
			<FreeText entry={entry} whole={whole} />
			<Wanted entry={entry} />
			<Facts entry={entry} />
			<Acts entry={entry} />
		</article>
	);
}

function Over({ state }: { state: Entry["state"] }) {
	if (state === "live") return null;
	return (
		<p class="over-line">
			<Icon name={state === "cancelled" ? "block" : "clock"} size={18} />
			{t(state === "cancelled" ? "alerts.cancelled" : "alerts.expired")}
		</p>
	);
}

/** What is asked of me, and by when. */
function Wanted({ entry }: { entry: Entry }) {
	if (!entry.needsMe || stage(entry, now.value) !== "live") return null;
	const { deadline } = entry;
	const late = deadline !== undefined && deadline < now.value;
	return (
		<p class={late ? "wanted late" : "wanted"}>
			<Icon name={late ? "warning" : "clock"} size={18} />
			<span>
				<Why entry={entry} />
				{deadline === undefined ? t("alerts.please_answer") : t(late ? "alerts.late" : "alerts.answer_by", { Time: ago(deadline, now.value) })}
			</span>
		</p>
	);
}

/** Why I am asked by name: being on duty, being next, or for an organisation that is silent. */
function Why({ entry }: { entry: Entry }) {
	const told = alerts.value?.notices.value.filter(({ alert }) => alert === entry.id) ?? [];
	if (told.length === 0) return entry.asked ? <>{t("alerts.asked")} </> : null;
	return told.map(({ id, kind, about }) => {
		const silent = organisationName(about);
		return (
			<span key={id} class="why">
				{noticeName(kind)} {silent !== undefined && <bdi>{silent}</bdi>}
			</span>
		);
	});
}

/** Where, who says so, until when, and how those stand who were asked. */
function Facts({ entry }: { entry: Entry }) {
	const { block } = entry;
	const organisation = organisationName(entry.organisation);
	return (
		<div class="facts">
			<p>
				<Icon name="map" size={18} />
				<span>{block.areas.map((code) => <bdi key={code}>{areaName(code)}</bdi>)}</span>
			</p>
			<p>
				<Icon name="building" size={18} />
				<bdi>{organisation ?? personName(entry.sender)}</bdi>
			</p>
			{entry.hub !== undefined && (
				<p class="from-hub">
					<Icon name="people" size={18} />
					<span>{t("abroad.hub", { Name: entry.hub })}</span>
				</p>
			)}
			{entry.state === "live" && (
				<p>
					<Icon name="clock" size={18} />
					<span>{t("alerts.until", { Time: moment(block.expires) })}</span>
				</p>
			)}
			<Stands stands={entry.stands} />
		</div>
	);
}

const order: readonly Stand[] = ["can_act", "done", "cannot", "seen", "silent"];

function Stands({ stands }: Pick<Entry, "stands">) {
	const some = order.filter((stand) => (stands[stand] ?? 0) > 0);
	if (some.length === 0) return null;
	return (
		<p>
			<Icon name="people" size={18} />
			<span class="stands">
				{some.map((stand) => (
					<span key={stand} class={`stand ${stand}`}>
						{standCount(stand, stands[stand] ?? 0)}
					</span>
				))}
			</span>
		</p>
	);
}

/** The free text: what was made of it in the reader's language first, with one tap to the original. */
function FreeText({ entry, whole }: { entry: Entry; whole: boolean }) {
	const [original, setOriginal] = useState(false);
	const { block, translation } = entry;
	if (block.text === "") return null;
	const shown = translation && !original ? translation : { text: block.text, language: block.language };
	return (
		<div class={whole ? "free-text" : "free-text short"}>
			<p dir="auto" lang={shown.language} class="words">
				{shown.text}
			</p>
			{translation ? (
				<p class="soft">
					{original ? tongueName(block.language) : t("alerts.translated", { Language: tongueName(block.language), Name: personName(translation.sender) })}{" "}
					<button type="button" class="turn" onClick={() => setOriginal(!original)}>
						{t(original ? "alerts.to_translation" : "alerts.to_original")}
					</button>
					{translation.outdated && !original && <span class="outdated">{t("alerts.outdated")}</span>}
				</p>
			) : (
				block.language !== language.value && (
					<p class="soft">
						<bdi lang={block.language}>{tongueName(block.language)}</bdi>
					</p>
				)
			)}
		</div>
	);
}
