import { t } from "../../i18n";
import { describes, type Spec } from "../../i18n/alert";
import type { AlertDraft, SlotValue } from "../../state/alertDraft";
import { labels, severities, urgencies, type Urgency } from "../../state/alerts/model";
import { urgencyName } from "../alerts/words";
import { Banner } from "../kit/Banner";
import { Choices, Field, Select } from "../kit/Field";
import { Toggles } from "../kit/Toggles";
import { dot, tongueName, tongues } from "../say";
import { Areas } from "./Areas";
import { gradesOf, slotsOf } from "./codes";
import { certainties, certaintyName, hoursName, labelHint, lasting, severityName, untilName } from "./grades";
import { SlotPicker } from "./Pickers";
import { codeName } from "./say";

interface Props {
	draft: AlertDraft;
	spec: Spec;
	update: boolean;
	onDraft: (to: Partial<AlertDraft>) => void;
}

/** Characters of free text. */
const longest = 2000;

/** What there is to say: the code's slots without a keyboard, then free text, then how urgent it is and how far it may go. */
export function Details({ draft, spec, update, onDraft }: Props) {
	const fill = (name: string, value: SlotValue | undefined) => {
		const { [name]: _before, ...rest } = draft.slots;
		onDraft({ slots: value === undefined ? rest : { ...rest, [name]: value } });
	};
	const person = describes(spec, slotsOf(draft.slots)) || draft.describes;
	return (
		<div class="stack">
			<h2>{codeName(spec.code)}</h2>
			{spec.slots.map((slot) => (
				<SlotPicker key={`${spec.code}.${slot.name}`} slot={slot} value={draft.slots[slot.name]} onValue={(value) => fill(slot.name, value)} />
			))}
			<Words draft={draft} onDraft={onDraft} />
			{person && <Banner icon="shield">{t("new_alert.second")}</Banner>}
			<Areas draft={draft} spec={spec} onDraft={onDraft} />
			<More draft={draft} spec={spec} update={update} onDraft={onDraft} />
		</div>
	);
}

/** Free text and its language; a change asks anew about what was found in it. */
function Words({ draft, onDraft }: Pick<Props, "draft" | "onDraft">) {
	return (
		<section class="stack">
			<Field
				label={t("new_alert.text")}
				hint={t("new_alert.text_hint")}
				value={draft.text}
				lang={draft.language}
				lines={3}
				maxLength={longest}
				onValue={(text) => onDraft({ text, confirmed: [] })}
			/>
			{draft.text.trim() !== "" && (
				<>
					<Select
						label={t("new_alert.text_language")}
						value={draft.language}
						onValue={(language) => onDraft({ language })}
						options={tongues.map((tag) => ({ value: tag, label: tongueName(tag), lang: tag }))}
					/>
					<Toggles
						label={t("new_alert.known")}
						values={draft.describes ? ["yes"] : []}
						onValues={(values) => onDraft({ describes: values.length > 0 })}
						options={[{ value: "yes", label: t("new_alert.known_yes") }]}
					/>
				</>
			)}
		</section>
	);
}

/** What the code has proposed, and its sender may change. */
function More({ draft, spec, update, onDraft }: Props) {
	const grades = gradesOf(draft, spec);
	const named = (values: readonly string[], name: (value: string) => string) => values.map((value) => ({ value, label: name(value) }));
	const practice = draft.code === "drill";
	const asItIs = draft.expires === undefined ? [] : [{ value: "", label: untilName(draft.expires) }];
	return (
		<details class="more grades">
			<summary>
				{t("new_alert.grades")}
				<span class="soft">
					{urgencyName(grades.urgency as Urgency)}{dot()}<bdi lang="en">TLP:{grades.tlp}</bdi>{dot()}{grades.until === undefined ? hoursName(grades.hours) : untilName(grades.until)}
				</span>
			</summary>
			<div class="stack">
				<Select label={t("alerts.urgency")} value={grades.urgency} onValue={(urgency) => onDraft({ urgency })} options={urgencies.map((value) => ({ value, label: urgencyName(value) }))} />
				<Select label={t("severity.title")} value={grades.severity} onValue={(severity) => onDraft({ severity })} options={named(severities, severityName)} />
				<Select
					label={t("certainty.title")}
					value={grades.certainty}
					onValue={(certainty) => onDraft({ certainty })}
					options={named(certainties, certaintyName)}
				/>
				<Select
					label={t("new_alert.lasts")}
					value={grades.until === undefined ? String(grades.hours) : ""}
					onValue={(hours) => onDraft({ hours: hours === "" ? undefined : Number(hours) })}
					options={[...asItIs, ...lasting(spec.hours, grades.hours).map((hours) => ({ value: String(hours), label: hoursName(hours) }))]}
				/>
				<Select
					label={t("tlp.title")}
					hint={labelHint(grades.tlp)}
					value={grades.tlp}
					onValue={(tlp) => onDraft({ tlp, audience: {} })}
					options={labels.map((label) => ({ value: label, label: `TLP:${label}`, lang: "en" }))}
				/>
				{!update && (
					<Choices
						label={t("status.title")}
						hint={t("status.hint")}
						value={draft.status}
						onValue={(status) => onDraft({ status: status as AlertDraft["status"] })}
						options={[
							...(practice ? [] : [{ value: "Actual", label: t("status.actual") }]),
							{ value: "Exercise", label: t("alerts.exercise") },
							{ value: "Test", label: t("alerts.test") },
						]}
					/>
				)}
			</div>
		</details>
	);
}
