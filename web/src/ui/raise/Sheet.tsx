import { t } from "../../i18n";
import type { Block } from "../../state/alerts/model";
import { LabelMark, PractiseMark, UrgencyMark } from "../alerts/Marks";
import { headlineOf, sentenceOf } from "../alerts/words";
import { moment } from "../say";

/** An alert that waits or was refused, as its readers would see it. */
export function Sheet({ said }: { said: Block }) {
	return (
		<article class="sheet">
			<header class="row">
				<UrgencyMark urgency={said.urgency} />
				<PractiseMark status={said.status} />
				<LabelMark label={said.tlp} />
			</header>
			<h3>{headlineOf(said)}</h3>
			<p>{sentenceOf(said)}</p>
			{said.text !== "" && (
				<p class="own-words" lang={said.language} dir="auto">
					{said.text}
				</p>
			)}
			<footer class="soft">{t("alerts.until", { Time: moment(said.expires) })}</footer>
		</article>
	);
}
