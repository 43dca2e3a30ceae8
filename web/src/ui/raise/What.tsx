import { t } from "../../i18n";
import { type Spec, specOf } from "../../i18n/alert";
import type { Urgency } from "../../state/alerts/model";
import { UrgencyMark } from "../alerts/Marks";
import { Icon } from "../kit/Icon";
import { codeName } from "./say";
import { drill, earnest } from "./codes";

interface Props {
	code: string;
	onCode: (spec: Spec) => void;
	onNext: () => void;
}

/** What has happened: one touch, the most used first; practice stands apart. */
export function What({ code, onCode, onNext }: Props) {
	const practice = specOf(drill);
	const row = (spec: Spec) => (
		<li key={spec.code}>
			<button
				type="button"
				class="row-item"
				data-row=""
				aria-pressed={spec.code === code}
				onClick={() => (spec.code === code ? onNext() : onCode(spec))}
			>
				<span class="words">
					<span class="title">{codeName(spec.code)}</span>
					<span class="detail">
						<UrgencyMark urgency={spec.urgency as Urgency} />
					</span>
				</span>
				<span class="end">
					<Icon name={spec.code === code ? "check" : "next"} />
				</span>
			</button>
		</li>
	);
	return (
		<section class="stack">
			<h2>{t("new_alert.what")}</h2>
			<ul aria-label={t("new_alert.what")}>{earnest.map(row)}</ul>
			{practice && (
				<>
					<h2 class="group-title">{t("new_alert.practice")}</h2>
					<ul aria-label={t("new_alert.practice")}>{row(practice)}</ul>
				</>
			)}
		</section>
	);
}
