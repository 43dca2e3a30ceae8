import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../../i18n";
import { Fault } from "../../state";
import { type Entry, stage } from "../../state/alerts/model";
import { type AlertQuote, quoteOf } from "../../state/alerts/quote";
import { client } from "../client";
import { Icon } from "../kit/Icon";
import { moment, now } from "../say";
import { link } from "../shell/router";
import { alerts } from "./here";
import { LabelMark, PractiseMark, UrgencyMark } from "./Marks";
import { sentenceOf } from "./words";
import "./Card.css";

/**
 * The alert itself, for those who may open it: they are in its channel. One that is over is on no board any more, and is read by itself, so
 * that no card goes on saying what was taken back.
 */
function useAlert({ alert: id, room }: AlertQuote): { entry: Entry | undefined; member: boolean } {
	const part = alerts.value;
	const member = client.model.value.rooms.has(room);
	const onBoard = part?.board.value?.find((one) => one.id === id);
	const read = part?.board.value !== undefined;
	const connected = client.line.value.state === "connected";
	useEffect(() => {
		if (!member || !read || onBoard) return;
		part?.loadDetail(id).catch((error: unknown) => {
			if (!(error instanceof Fault)) throw error; // it is kept no longer, or there is no line
		});
	}, [member, read, onBoard === undefined, connected]);
	return { entry: onBoard ?? part?.past.value?.entries.find((one) => one.id === id) ?? part?.details.value.get(id), member };
}

/** An alert that somebody shows in a channel: as it stands now for those who may open it, else as it stood then. */
export default function Quoted({ content, plain }: { content: Record<string, unknown>; plain: ComponentChildren }) {
	const quote = quoteOf(content);
	return <>{quote ? <Shown quote={quote} /> : plain}</>;
}

function Shown({ quote }: { quote: AlertQuote }) {
	const { entry, member } = useAlert(quote);
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
			{entry || member ? (
				<a href={link({ at: "alert", id: quote.alert })}>{t("new_alert.see")}</a>
			) : (
				<p class="soft">{over === "live" ? t("alert_quote.then", { Time: moment(block.expires) }) : t("alert_quote.closed")}</p>
			)}
		</section>
	);
}
