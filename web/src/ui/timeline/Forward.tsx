import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { forwardContent, type Room } from "../../state";
import { client } from "../client";
import { Avatar } from "../kit/Avatar";
import { Dialog } from "../kit/Dialog";
import { Face, Row } from "../kit/List";
import { toast } from "../kit/Toast";
import { roomName, spaceOf } from "../names";
import { Search } from "../screens/Search";
import type { Post } from "./lines";

/** Passing a post on into another channel. Only what its own channel allows to leave can be. */
export default function Forward({ room, post, onClose }: { room: Room; post: Post; onClose: () => void }) {
	const [wanted, setWanted] = useState("");
	const others = [...client.rooms.value.values()].filter((one) => !one.space && one.id !== room.id);
	const found = others.filter((one) => nameOf(one).toLocaleLowerCase().includes(wanted.trim().toLocaleLowerCase()));
	const send = (to: Room) => {
		if (post.event === undefined) return;
		const from = { room: room.id, event: post.event, sender: post.sender as Room["timeline"][number]["sender"] };
		void client.talk.sendContent(to.id, forwardContent(post.content, from));
		toast(t("forward.done", { Name: nameOf(to) }));
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
							<Row lead={<Avatar name={nameOf(one)} square />} title={<bdi>{nameOf(one)}</bdi>} onPress={() => send(one)} />
						</li>
					))}
				</ul>
			)}
		</Dialog>
	);
}

/** A first channel is told apart by its space. */
function nameOf(room: Room): string {
	const space = room.general ? spaceOf(room) : undefined;
	return space ? `${roomName(room)} · ${roomName(space)}` : roomName(room);
}
