import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { codes } from "../../state/places/model";
import { Button } from "../kit/Button";
import { Dialog } from "../kit/Dialog";
import { Choices } from "../kit/Field";
import { optionsOf } from "./words";

interface Props {
	list: "decline" | "withdraw" | "exit";
	title: string;
	/** What the button says. */
	act: string;
	/** What is said before. */
	before?: string;
	onReason: (reason: string) => void;
	onClose: () => void;
}

/** Asks why, by one touch, before something that cannot be taken back. */
export function Reason({ list, title, act, before, onReason, onClose }: Props) {
	const all = codes[list].filter((one) => one !== "no_answer"); // that one is the hub's own
	const [reason, setReason] = useState("");
	return (
		<Dialog title={title} close={t("act.close")} onClose={onClose}>
			<div class="stack">
				{before !== undefined && <p>{before}</p>}
				<Choices label={t("place_request.why")} value={reason} onValue={setReason} options={optionsOf(list, all)} />
				<Button kind="main" wide disabled={reason === ""} onPress={() => onReason(reason)}>
					{act}
				</Button>
			</div>
		</Dialog>
	);
}
