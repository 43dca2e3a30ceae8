import { t } from "../../i18n";
import type { Detail, Moment, Turn, Version } from "../../state/alerts/model";
import { organisationName } from "../client";
import { TimeAgo } from "../kit/TimeAgo";
import { personName } from "../names";
import { ago, moment, now, tongueName } from "../say";
import { sentenceOf, standName } from "./words";

/** What happened to an alert, the newest first: versions as they read then, answers, and how far the question went. */
export function Life({ detail }: { detail: Detail }) {
	const versions = new Map(detail.versions.map((version) => [version.at, version]));
	const turns = detail.timeline.length > 0 ? detail.timeline : detail.versions.map(turnOf);
	return (
		<section class="card">
			<h3>{t("alerts.life")}</h3>
			<ol class="life">
				{turns.toReversed().map((one, i) => (
					<li key={`${one.at} ${one.kind} ${i}`} class={one.kind}>
						<p>
							{turnName(one)}{" "}
							<span class="soft">
								<TimeAgo at={one.at} ago={ago(one.at, now.value)} moment={moment(one.at)} />
							</span>
						</p>
						<Before version={versions.get(one.at)} last={detail.versions.at(-1)} kind={one.kind} />
					</li>
				))}
			</ol>
		</section>
	);
}

const turnOf = ({ at, sender, block }: Version): Moment => ({
	at,
	user: sender,
	kind: block.kind === "Alert" ? "sent" : block.kind === "Update" ? "update" : "cancel",
});

/** How a version read that another one has replaced, and why it was taken back. */
function Before({ version, last, kind }: { version: Version | undefined; last: Version | undefined; kind: Turn }) {
	if (!version || (kind !== "sent" && kind !== "update" && kind !== "cancel")) return null;
	const { block } = version;
	return (
		<>
			{version !== last && kind !== "cancel" && <p class="soft">{sentenceOf(block)}</p>}
			{block.text !== "" && (version !== last || kind === "cancel") && (
				<p class="soft" dir="auto" lang={block.language}>
					{block.text}
				</p>
			)}
		</>
	);
}

/** Who did what, in the reader's words. */
function turnName({ kind, user, organisation, answer, step, language }: Moment): string {
	const name = user === undefined ? (organisationName(organisation ?? "") ?? "") : personName(user);
	switch (kind) {
		case "sent":
			return t("alerts.turn_sent", { Name: name });
		case "update":
			return t("alerts.turn_update", { Name: name });
		case "cancel":
			return t("alerts.turn_cancel", { Name: name });
		case "expired":
			return t("alerts.expired");
		case "answer":
			return t("alerts.turn_answer", { Name: name, Answer: standName(answer ?? "seen") });
		case "translation":
			return t("alerts.turn_translation", { Name: name, Language: tongueOf(language) });
		default:
			return t(stepKeys[step ?? ""] ?? "alerts.step_other", { Name: name });
	}
}

const stepKeys: Record<string, string> = {
	duty: "alerts.step_duty",
	next: "alerts.step_next",
	admin: "alerts.step_admin",
	coordinator: "alerts.step_coordinator",
	steward: "alerts.step_steward",
};

const tongueOf = (tag: string | undefined): string => (tag === undefined ? "" : tongueName(tag));
