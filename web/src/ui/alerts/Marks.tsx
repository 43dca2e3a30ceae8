import type { JSX } from "preact";
import { t } from "../../i18n";
import type { Block, Label, Urgency } from "../../state/alerts/model";
import { labelClass, urgencyName } from "./words";

/** How urgent: a word and a shape, so that no colour has to be seen. */
export function UrgencyMark({ urgency }: { urgency: Urgency }) {
	return (
		<span class={`urgency ${urgency.toLowerCase()}`}>
			<svg viewBox="0 0 16 16" aria-hidden="true">
				{shapes[urgency]}
			</svg>
			{urgencyName(urgency)}
		</span>
	);
}

const shapes: Record<Urgency, JSX.Element> = {
	Immediate: <path d="M8 1 15.5 14.5H.5Z" />,
	Expected: <path d="M8 .5 15.5 8 8 15.5.5 8Z" />,
	Future: <circle cx="8" cy="8" r="7" />,
	Past: <rect x="1.5" y="1.5" width="13" height="13" />,
	Unknown: <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="2.5" />,
};

/** The label of the Traffic Light Protocol, in its own letters and colours. */
export function LabelMark({ label }: { label: Label }) {
	return (
		<bdi class={labelClass(label)} lang="en" dir="ltr">
			TLP:{label}
		</bdi>
	);
}

/** Says that nobody is in danger. It cannot be overlooked. */
export function PractiseMark({ status }: Pick<Block, "status">) {
	if (status === "Actual") return null;
	return <strong class="practise">{t(status === "Exercise" ? "alerts.exercise" : "alerts.test")}</strong>;
}
