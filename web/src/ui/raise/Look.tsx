import { useEffect, useState } from "preact/hooks";
import { direction, t, type Tag } from "../../i18n";
import { describes, headline, type Reader, sentence, type Spec } from "../../i18n/alert";
import type { AlertDraft } from "../../state/alertDraft";
import type { Label, Urgency } from "../../state/alerts/model";
import { LabelMark, PractiseMark, UrgencyMark } from "../alerts/Marks";
import { Banner } from "../kit/Banner";
import { ChipSelect } from "../kit/ChipSelect";
import { language, tongueName, tongues } from "../say";
import { gradesOf, slotsOf } from "./codes";
import { hoursName, labelHint, untilName } from "./grades";
import { readerHere, readerOf } from "./say";

interface Props {
	draft: AlertDraft;
	spec: Spec;
	update: boolean;
}

/** The alert as its readers will see it, in each of their languages, before it is sent. */
export function Look({ draft, spec, update }: Props) {
	const [tag, setTag] = useState<Tag>(language.value);
	const to = useReaderOf(tag);
	const grades = gradesOf(draft, spec);
	const said = { code: draft.code, slots: slotsOf(draft.slots), status: draft.status, ...(update && { kind: "Update" }) };
	const second = describes(spec, said.slots) || draft.describes || draft.confirmed.length > 0;
	return (
		<section class="stack">
			<div class="row">
				<h2 class="grow">{t("new_alert.look")}</h2>
				<ChipSelect
					icon="language"
					label={t("new_alert.look_in")}
					value={tag}
					onValue={(to) => setTag(to as Tag)}
					options={tongues.map((value) => ({ value, label: tongueName(value), lang: value }))}
				/>
			</div>
			<article class="sheet">
				<header class="row">
					<UrgencyMark urgency={grades.urgency as Urgency} />
					<PractiseMark status={draft.status} />
					<LabelMark label={grades.tlp as Label} />
				</header>
				{to && (
					<div lang={tag} dir={direction(tag)} class="stack-tight">
						<h3>{headline(said, to)}</h3>
						<p>{sentence(said, to)}</p>
					</div>
				)}
				{draft.text.trim() !== "" && (
					<p class="own-words" lang={draft.language} dir="auto">
						{draft.text.trim()}
					</p>
				)}
				<footer class="soft">{grades.until === undefined ? t("new_alert.stands", { Span: hoursName(grades.hours) }) : untilName(grades.until)}</footer>
			</article>
			<p class="soft">{labelHint(grades.tlp)}</p>
			{draft.status !== "Actual" && <Banner tone="warn">{t(draft.status === "Exercise" ? "status.exercise_what" : "status.test_what")}</Banner>}
			{second && <Banner icon="shield">{t("new_alert.second")}</Banner>}
		</section>
	);
}

/** Whoever is at the screen reads at once; other languages come when they are asked for. */
function useReaderOf(tag: Tag): Reader | undefined {
	const [other, setOther] = useState<Reader>();
	useEffect(() => {
		if (tag !== language.value) void readerOf(tag).then(setOther);
	}, [tag]);
	if (tag === language.value) return readerHere();
	return other?.tag === tag ? other : undefined;
}
