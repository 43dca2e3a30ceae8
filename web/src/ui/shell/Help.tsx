import { t } from "../../i18n";
import { Button } from "../kit/Button";
import { Dialog } from "../kit/Dialog";
import { Correct } from "../screens/Correct";
import { link } from "./router";
import "./Help.css";

/** The keys of wide screens, and what leaving quickly does and does not do. */
export default function Help({ onClose }: { onClose: () => void }) {
	const keys: [string, string][] = [
		["/", t("help.search")],
		["j  k", t("help.move")],
		["Enter", t("help.open")],
		["Esc", t("help.back")],
		["?", t("help.help")],
		["Shift ×3", t("help.leave")],
	];
	return (
		<Dialog title={t("help.title")} close={t("act.close")} onClose={onClose}>
			<dl class="keys">
				{keys.map(([key, words]) => (
					<div key={key}>
						<dt>
							<kbd>{key}</kbd>
						</dt>
						<dd>{words}</dd>
					</div>
				))}
			</dl>
			<p class="soft">{t("leave.explained")}</p>
			<Button wide icon="help" href={link({ at: "guide" })} onPress={onClose}>
				{t("guide.open")}
			</Button>
			<Correct />
		</Dialog>
	);
}
