import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { forwardContent, type Room } from "../../state";
import { quoteOf } from "../../state/alerts/quote";
import { quotable } from "../alerts/quotable";
import { client } from "../client";
import { Avatar } from "../kit/Avatar";
import { Dialog } from "../kit/Dialog";
import { Face, Row } from "../kit/List";
import { toast } from "../kit/Toast";
import { fullRoomName } from "../names";
import { Search } from "../screens/Search";
import type { Post } from "./lines";

/** Passing a post on into another channel. Only what its own channel allows to leave can be. */
export default function Forward({ room, post, onClose }: { room: Room; post: Post; onClose: () => void }) {
	const [wanted, setWanted] = useState("");
	const shown = quoteOf(post.content); // an alert that a post shows goes no further by it than by itself
	const all = shown ? quotable(shown.block.tlp, shown.room) : [...client.rooms.value.values()];
	const others = all.filter((one) => !one.space && one.id !== room.id && one.ended === undefined);
	const found = others.filter((one) => fullRoomName(one).toLocaleLowerCase().includes(wanted.trim().toLocaleLowerCase()));
	const send = (to: Room) => {
		if (post.event === undefined) return;
		const from = { room: room.id, event: post.event, sender: post.sender as Room["timeline"][number]["sender"] };
		void client.talk.sendContent(to.id, forwardContent(post.content, from));
		toast(t("forward.done", { Name: fullRoomName(to) }));
		onClose();
	};
	return (
		<Dialog title={t("post.forward")} close={t("act.close")} onClose={onClose}>
			<p class="soft">{t("forward.hint")}</p>
			<Search label={t("talk.search")} value={wanted} onValue={setWanted} />
			{found.length === 0 ? (
				<Face icon="search" text={t("talk.nothing_found")} />
			) : (
				<ul aria-label={t("talk.title")}>
					{found.map((one) => (
						<li key={one.id}>
							<Row lead={<Avatar name={fullRoomName(one)} square />} title={<bdi>{fullRoomName(one)}</bdi>} onPress={() => send(one)} />
						</li>
					))}
				</ul>
			)}
		</Dialog>
	);
}
