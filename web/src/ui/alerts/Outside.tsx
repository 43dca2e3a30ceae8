import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { match, t } from "../../i18n";
import { type OutsideAlert, outsideOf } from "../../state/exchange";
import { ChipSelect } from "../kit/ChipSelect";
import { Icon } from "../kit/Icon";
import { dot, language, moment, now } from "../say";
import { PractiseMark, UrgencyMark } from "./Marks";
import "./Card.css";

/** An alert of a program that is no hub, within a post: in its sender's own words, which nobody here has checked. */
export default function Outside({ content, plain }: { content: Record<string, unknown>; plain: ComponentChildren }) {
	const alert = outsideOf(content);
	return <>{alert ? <Shown alert={alert} /> : plain}</>;
}

/** In the reader's language where it has that, else in the first that it has. */
const first = ({ words }: OutsideAlert): number => Math.max(0, words.findIndex((one) => match([one.language]) === language.peek()));

function Shown({ alert }: { alert: OutsideAlert }) {
	const [chosen, setChosen] = useState(() => first(alert));
	const words = alert.words[chosen] ?? alert.words[0];
	if (!words) return null;
	const past = words.expires !== 0 && words.expires <= now.value;
	const over = alert.cancelled ? "alerts.cancelled" : past ? "alerts.expired" : undefined;
	return (
		<section class={`quoted-alert ${words.urgency.toLowerCase()} ${over ? "over" : ""}`} aria-label={t("alert_outside.name")}>
			<header>
				<UrgencyMark urgency={words.urgency} />
				<PractiseMark status={alert.status} />
				{alert.words.length > 1 && (
					<ChipSelect
						icon="language"
						label={t("new_alert.look_in")}
						value={String(chosen)}
						onValue={(to) => setChosen(Number(to))}
						options={alert.words.map((one, n) => ({ value: String(n), label: one.language, lang: one.language }))}
					/>
				)}
			</header>
			{over && (
				<p class="over-line">
					<Icon name={alert.cancelled ? "block" : "clock"} size={18} />
					{t(over)}
				</p>
			)}
			<div lang={words.language} class="outside-words">
				<h3 dir="auto">{words.title}</h3>
				{[words.description, words.instruction].filter(Boolean).map((one) => (
					<p key={one} dir="auto">
						{one}
					</p>
				))}
				{words.areas.length > 0 && <p dir="auto">{words.areas.join(dot())}</p>}
			</div>
			{words.expires !== 0 && !over && <p class="soft">{t("alerts.until", { Time: moment(words.expires) })}</p>}
			<p class="soft">
				<bdi dir="ltr">{alert.sender}</bdi>
			</p>
			<p class="soft">{t("alert_outside.unchecked")}</p>
		</section>
	);
}
