import type { ComponentChildren } from "preact";
import { t } from "../../i18n";
import { type Entry, stage } from "../../state/alerts/model";
import { type AlertQuote, quoteOf } from "../../state/alerts/quote";
import { Icon } from "../kit/Icon";
import { moment, now } from "../say";
import { link } from "../shell/router";
import { alerts } from "./here";
import { LabelMark, PractiseMark, UrgencyMark } from "./Marks";
import { sentenceOf } from "./words";
import "./Card.css";

/** The alert itself, for those who may open it. */
function known(id: Entry["id"]): Entry | undefined {
	const part = alerts.value;
	return part?.board.value?.find((one) => one.id === id) ?? part?.past.value?.entries.find((one) => one.id === id) ?? part?.details.value.get(id);
}

/** An alert that somebody shows in a channel: as it stands now for those who may open it, else as it stood then. */
export default function Quoted({ content, plain }: { content: Record<string, unknown>; plain: ComponentChildren }) {
	const quote = quoteOf(content);
	return <>{quote ? <Shown quote={quote} /> : plain}</>;
}

function Shown({ quote }: { quote: AlertQuote }) {
	const entry = known(quote.alert);
	const block = entry?.block ?? quote.block;
	const over = stage(entry ?? { state: quote.block.kind === "Cancel" ? "cancelled" : "live", block }, now.value);
	return (
		<section class={`quoted-alert ${block.urgency.toLowerCase()} ${over === "live" ? "" : "over"}`} aria-label={t("alert_quote.name")}>
			<header>
				<UrgencyMark urgency={block.urgency} />
				<PractiseMark status={block.status} />
				<LabelMark label={block.tlp} />
			</header>
			{over !== "live" && (
				<p class="over-line">
					<Icon name={over === "cancelled" ? "block" : "clock"} size={18} />
					{t(over === "cancelled" ? "alerts.cancelled" : "alerts.expired")}
				</p>
			)}
			<p>{sentenceOf(block)}</p>
			{entry ? (
				<a href={link({ at: "alert", id: entry.id })}>{t("new_alert.see")}</a>
			) : (
				<p class="soft">{over === "live" ? t("alert_quote.then", { Time: moment(block.expires) }) : t("alert_quote.closed")}</p>
			)}
		</section>
	);
}
