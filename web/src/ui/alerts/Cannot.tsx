import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Reply } from "../../state";
import { whys } from "../../state/alerts/model";
import { client } from "../client";
import { Button } from "../kit/Button";
import { Dialog } from "../kit/Dialog";
import { Choices, Field } from "../kit/Field";
import { whyName } from "./words";

const noteLongest = 500;

/** Asks why somebody cannot act: what the sender needs to know to ask somewhere else. */
export function Cannot({ onClose, onSay }: { onClose: () => void; onSay: (reply: Reply) => void }) {
	const [why, setWhy] = useState("");
	const [whole, setWhole] = useState(false);
	const [note, setNote] = useState("");
	const say = () => onSay({ answer: "cannot", why, ...(whole && { whole }), ...(note.trim() !== "" && { note: note.trim() }) });
	return (
		<Dialog title={t("alerts.why_title")} close={t("act.close")} onClose={onClose}>
			<form
				class="stack"
				onSubmit={(event) => {
					event.preventDefault();
					if (why !== "") say();
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
				<Button kind="main" wide submit disabled={why === ""}>
					{t("alerts.say_cannot")}
				</Button>
			</form>
		</Dialog>
	);
}
