import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { sendCorrection } from "../../state";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Dialog } from "../kit/Dialog";
import { Field } from "../kit/Field";
import { toast } from "../kit/Toast";
import { language, tongueName } from "../say";
import { picking } from "../shell/picking";
import { route } from "../shell/router";
import { useForm } from "./form";

/** Telling the stewards that something reads wrong in one's language, from any screen: by pointing at it. */
export function Correct({ onStart }: { onStart?: () => void }) {
	const start = () => {
		picking.value = true;
		onStart?.();
	};
	return (
		<Button wide icon="write" onPress={start}>
			{t("correct.open")}
		</Button>
	);
}

/** Characters of the words, and of what is better: as many as the hub takes. */
export const longest = 500;

/** The words as they read, how they should, and where they stand; nothing typed is lost when there is no line. */
export function CorrectDialog({ words: chosen, onClose }: { words: string; onClose: () => void }) {
	const [words, setWords] = useState(chosen);
	const [better, setBetter] = useState("");
	const form = useForm<"words" | "better">();
	const send = async () => {
		await sendCorrection({ language: language.value, words: words.trim(), better: better.trim(), place: route.value.at });
		toast(t("correct.sent"));
		onClose();
	};
	const check = () => ({
		...(words.trim() === "" && { words: t("correct.words_missing") }),
		...(better.trim() === "" && { better: t("correct.better_missing") }),
	});
	return (
		<Dialog title={t("correct.open")} close={t("act.close")} onClose={onClose}>
			<form
				class="stack-tight"
				noValidate
				onSubmit={(event) => {
					event.preventDefault();
					void form.submit(send, check);
				}}
			>
				<p class="soft">{t("correct.what", { Name: tongueName(language.value) })}</p>
				<Field label={t("correct.words")} value={words} onValue={setWords} lines={2} maxLength={longest} wrong={form.wrong.words} />
				<Field label={t("correct.better")} value={better} onValue={setBetter} lines={2} maxLength={longest} wrong={form.wrong.better} />
				{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
				<Button kind="main" wide submit busy={form.busy}>
					{t("correct.send")}
				</Button>
			</form>
		</Dialog>
	);
}
