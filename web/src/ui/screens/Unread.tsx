import { t } from "../../i18n";
import { lastPost, presentContent, relatedTo, relationsOf, type Room } from "../../state";
import { client } from "../client";
import { Avatar } from "../kit/Avatar";
import { Icon } from "../kit/Icon";
import { Row } from "../kit/List";
import { gist } from "../media/words";
import { personName, roomName, spaceOf } from "../names";
import { dot, number } from "../say";
import { link } from "../shell/router";

/** A channel in a list: its name, the last words in it, and how many are new. */
export function Unread({ room, current = false, within = false }: { room: Room; current?: boolean; within?: boolean }) {
	const name = roomName(room);
	const space = within ? undefined : spaceOf(room);
	const muted = client.muted.value.has(room.id);
	const fresh = room.unread > 0 || room.marked;
	return (
		<Row
			href={link({ at: "channel", room: room.id, details: false })}
			lead={<Avatar name={space && room.general ? roomName(space) : name} square />}
			title={
				<>
					<bdi>{name}</bdi>
					{space && room.general && (
						<>
							{dot()}
							<bdi>{roomName(space)}</bdi>
						</>
					)}
				</>
			}
			detail={lastWords(room)}
			quoted
			current={current}
			strong={fresh && !muted}
			end={
				<>
					{muted && (
						<span class="quiet-sign">
							<Icon name="muted" size={18} />
							<span class="unseen">{t("channel.is_muted")}</span>
						</span>
					)}
					{room.highlights > 0 && (
						<span class="badge called-badge">
							<span class="unseen">{t("talk.called", { Count: room.highlights })}</span>
							<span aria-hidden="true">@</span>
						</span>
					)}
					{fresh && (
						<span class={muted ? "badge still" : "badge"}>
							<span class="unseen">{room.unread > 0 ? t("talk.unread", { Count: room.unread }) : t("talk.marked")}</span>
							<span aria-hidden="true">{room.unread > 0 ? number(room.unread) : "•"}</span>
						</span>
					)}
				</>
			}
		/>
	);
}

function lastWords(room: Room) {
	if (room.ended?.to !== undefined) return t("room.replaced");
	const last = lastPost(room);
	if (!last) return room.topic === undefined ? undefined : <bdi>{room.topic}</bdi>;
	const related = relatedTo(relationsOf(room.id, room.timeline.slice(-60), [], client.model.value.me), last.id);
	const content = presentContent(last, related);
	const body = content["body"];
	if (last.redacted || typeof body !== "string") return t("timeline.removed");
	return (
		<>
			<span class="by">
				<bdi>{personName(last.sender, room)}</bdi>:
			</span>
			<bdi>{gist(content, body).slice(0, 120)}</bdi>
		</>
	);
}
