import { t } from "../../i18n";
import { Button } from "../kit/Button";
import { Dialog } from "../kit/Dialog";
import { Correct } from "../screens/Correct";
import { link, type Route } from "./router";
import "./Help.css";

/** What each place is for, in a sentence or two. The others explain themselves. */
const about: Partial<Record<Route["at"], string>> = {
	now: "guide.at_now",
	talk: "guide.at_talk",
	channel: "guide.at_channel",
	people: "guide.at_people",
	organisation: "guide.at_people",
};

/** Help for where one is: what is here, the keys of wide screens, leaving quickly, the guide, and what to do about wrong words. */
export default function Help({ here, onClose }: { here: Route; onClose: () => void }) {
	const what = about[here.at];
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
			{what !== undefined && <p>{t(what)}</p>}
			<h3 class="keys-title">{t("help.keys")}</h3>
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
			<Correct onStart={onClose} />
		</Dialog>
	);
}
