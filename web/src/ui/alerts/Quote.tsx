import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Room } from "../../state";
import type { Entry } from "../../state/alerts/model";
import { quoteContent } from "../../state/alerts/quote";
import { client } from "../client";
import { Avatar } from "../kit/Avatar";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Dialog } from "../kit/Dialog";
import { Face, Row } from "../kit/List";
import { toast } from "../kit/Toast";
import { fullRoomName } from "../names";
import { language, trouble } from "../say";
import { usePeople } from "../screens/load";
import { Search } from "../screens/Search";
import { go } from "../shell/router";
import { LabelMark } from "./Marks";
import { quotable } from "./quotable";
import { sentenceOf } from "./words";

/** Shows an alert in a channel that people talk in, as far as its label allows. */
export function QuoteInChannel({ entry }: { entry: Entry }) {
	const [open, setOpen] = useState(false);
	if (!client.may("send") || entry.block.tlp === "RED") return null;
	return (
		<>
			<Button wide icon="forward" onPress={() => setOpen(true)}>
				{t("alert_quote.act")}
			</Button>
			{open && <Pick entry={entry} onClose={() => setOpen(false)} />}
		</>
	);
}

function Pick({ entry, onClose }: { entry: Entry; onClose: () => void }) {
	usePeople(); // who is of which organisation decides
	const [wanted, setWanted] = useState("");
	const [failed, setFailed] = useState<string>();
	const fits = quotable(entry.block.tlp, entry.room);
	const found = fits.filter((one) => fullRoomName(one).toLocaleLowerCase().includes(wanted.trim().toLocaleLowerCase()));
	const send = async (to: Room) => {
		try {
			await client.talk.sendContent(to.id, quoteContent(entry, sentenceOf(entry.block), language.peek()));
			toast(t("forward.done", { Name: fullRoomName(to) }));
			onClose();
			go({ at: "channel", room: to.id, details: false });
		} catch (error) {
			setFailed(trouble(error));
		}
	};
	return (
		<Dialog title={t("alert_quote.act")} close={t("act.close")} onClose={onClose}>
			<p class="soft">
				<LabelMark label={entry.block.tlp} /> {t("alert_quote.what")}
			</p>
			{failed !== undefined && <Banner tone="danger">{failed}</Banner>}
			{fits.length > 5 && <Search label={t("talk.search")} value={wanted} onValue={setWanted} />}
			{found.length === 0 ? (
				<Face icon="lock" text={t(fits.length === 0 ? "alert_quote.nowhere" : "talk.nothing_found")} />
			) : (
				<ul aria-label={t("talk.title")}>
					{found.map((one) => (
						<li key={one.id}>
							<Row lead={<Avatar name={fullRoomName(one)} square />} title={<bdi>{fullRoomName(one)}</bdi>} onPress={() => void send(one)} />
						</li>
					))}
				</ul>
			)}
		</Dialog>
	);
}
