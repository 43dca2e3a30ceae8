import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Reply } from "../../state";
import { whys } from "../../state/alerts/model";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Dialog } from "../kit/Dialog";
import { Choices, Field } from "../kit/Field";
import { useGuarded } from "../raise/guarded";
import { useForm } from "../screens/form";
import { useDraft } from "../screens/reading";
import { whyName } from "./words";

const noteLongest = 500;

interface Props {
	alert: string;
	onClose: () => void;
	/** Throws where the hub refuses it: what was filled in stays then. */
	onSay: (reply: Reply) => Promise<void>;
}

/** Asks why somebody cannot act: what the sender needs to know to ask somewhere else. */
export function Cannot({ alert, onClose, onSay }: Props) {
	const [why, setWhy] = useState("");
	const [whole, setWhole] = useState(false);
	const [note, setNote] = useDraft(`cannot:${alert}`);
	const form = useForm();
	const words = note.trim();
	const guarded = useGuarded(words, form.submit, async (confirmed) => {
		await onSay({ answer: "cannot", why, ...(whole && { whole }), ...(words !== "" && { note: words, confirmed }) });
		setNote("");
		onClose();
	});
	return (
		<Dialog title={t("alerts.why_title")} close={t("act.close")} onClose={onClose}>
			<form
				class="stack"
				onSubmit={(event) => {
					event.preventDefault();
					if (why !== "") void form.submit(guarded.send);
				}}
			>
				<Choices label={t("alerts.why")} value={why} onValue={setWhy} options={whys.map((value) => ({ value, label: whyName(value) }))} />
				{client.may("approve_alert") && (
					<label class="tick">
						<input type="checkbox" checked={whole} onChange={(event) => setWhole(event.currentTarget.checked)} />
						<span>{t("alerts.whole")}</span>
					</label>
				)}
				<Field label={t("alerts.note")} hint={t("alerts.note_hint")} value={note} onValue={setNote} maxLength={noteLongest} />
				{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
				<Button kind="main" wide submit busy={form.busy} disabled={why === ""}>
					{t("alerts.say_cannot")}
				</Button>
			</form>
			{guarded.question}
		</Dialog>
	);
}
