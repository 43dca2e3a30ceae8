import { useEffect, useState } from "preact/hooks";
import { catalogOf, t } from "../../i18n";
import { hubNow } from "../../state";
import { noteLimit, type Wish } from "../../state/places/wish";
import { Choices, Field, Select } from "../kit/Field";
import { Toggles } from "../kit/Toggles";
import { ago, direction, now, tongueName, tongues } from "../say";
import type { Tag } from "../../i18n";

interface Props {
	wish: Wish;
	onWish: (to: Partial<Wish>) => void;
}

const hour = 3_600_000;
const hoursBack = [0, 1, 3, 6, 12, 24, 48];

/** Whether the person agreed, when, and by which words; then what no code says. */
export function Consenting({ wish, onWish }: Props) {
	const say = (consent: string) => onWish({ consent: consent === "given" ? "given" : "none", consentAt: hubNow() });
	return (
		<div class="stack">
			<WordsToRead language={wish.consentLanguage} onLanguage={(consentLanguage) => onWish({ consentLanguage })} />
			<Choices
				label={t("find_place.consent")}
				value={wish.consent}
				onValue={say}
				options={[
					{ value: "given", label: t("find_place.agreed") },
					{ value: "none", label: t("find_place.not_asked") },
				]}
			/>
			{wish.consent === "given" && <When at={wish.consentAt} onAt={(consentAt) => onWish({ consentAt })} />}
			<Toggles
				label={t("find_place.call")}
				values={wish.callBack ? ["yes"] : []}
				onValues={(values) => onWish({ callBack: values.length > 0 })}
				options={[{ value: "yes", label: t("find_place.call_back") }]}
			/>
			<Field
				label={t("find_place.note")}
				hint={t("find_place.note_hint")}
				value={wish.note}
				lang={wish.noteLanguage}
				lines={2}
				maxLength={noteLimit}
				onValue={(note) => onWish({ note, confirmed: [] })}
			/>
			{wish.note.trim() !== "" && (
				<Select
					label={t("new_alert.text_language")}
					value={wish.noteLanguage}
					onValue={(noteLanguage) => onWish({ noteLanguage })}
					options={tongues.map((tag) => ({ value: tag, label: tongueName(tag), lang: tag }))}
				/>
			)}
		</div>
	);
}

export function When({ at, onAt }: { at: number; onAt: (at: number) => void }) {
	const back = hoursBack.find((hours) => now.value - at < (hours + 0.5) * hour) ?? 48;
	return (
		<Select
			label={t("find_place.when")}
			value={String(back)}
			onValue={(hours) => onAt(hubNow() - Number(hours) * hour)}
			options={hoursBack.map((hours) => ({ value: String(hours), label: hours === 0 ? t("find_place.just_now") : ago(hubNow() - hours * hour, hubNow()) }))}
		/>
	);
}

/** The words that are read out, in the language of the person beside. */
export function WordsToRead({ language, onLanguage }: { language: string; onLanguage: (tag: string) => void }) {
	const [words, setWords] = useState("");
	useEffect(() => {
		catalogOf(language).then((catalog) => setWords(String(catalog["find_place.consent_words"] ?? "")), () => setWords(t("find_place.consent_words")));
	}, [language]);
	return (
		<section class="stack-tight">
			<Select
				label={t("find_place.read_out")}
				value={language}
				onValue={onLanguage}
				options={tongues.map((tag) => ({ value: tag, label: tongueName(tag), lang: tag }))}
			/>
			<blockquote class="place-note" lang={language} dir={direction(language as Tag)}>
				{words}
			</blockquote>
		</section>
	);
}
