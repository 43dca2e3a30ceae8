import { t } from "../../i18n";
import type { Asked, Said } from "../../state/alerts/model";
import { organisationName } from "../client";
import { TimeAgo } from "../kit/TimeAgo";
import { personName } from "../names";
import { ago, dot, moment, now } from "../say";
import { standName, whyName } from "./words";

/** Who of those who were asked answered what, by organisation. */
export function Answers({ organisations }: { organisations: readonly Asked[] }) {
	return (
		<section class="card">
			<h3>{t("alerts.answers")}</h3>
			<ul class="answers-by">
				{organisations.map(({ organisation, stand, answers }) => (
					<li key={organisation}>
						<p class="of">
							<bdi>{organisationName(organisation) ?? organisation}</bdi>
							<span class={`stand ${stand}`}>{standName(stand)}</span>
						</p>
						{answers.map((one) => (
							<One key={one.event} said={one} />
						))}
					</li>
				))}
			</ul>
		</section>
	);
}

function One({ said }: { said: Said }) {
	return (
		<div class="one-answer">
			<p class="soft">
				<bdi>{personName(said.user)}</bdi>{dot()}{standName(said.answer)}
				{said.why !== "" && `${dot()}${whyName(said.why)}`}
				{said.whole && `${dot()}${t("alerts.whole")}`}{dot()}<TimeAgo at={said.at} ago={ago(said.at, now.value)} moment={moment(said.at)} />
			</p>
			{said.note !== "" && (
				<p dir="auto" lang="">
					{said.note}
				</p>
			)}
		</div>
	);
}
