import { t } from "../../i18n";
import { isPost, type Room } from "../../state";
import { Avatar } from "../kit/Avatar";
import { Row } from "../kit/List";
import { personName, roomName, spaceOf } from "../names";
import { number } from "../say";
import { link } from "../shell/router";

/** A channel in a list: its name, the last words in it, and how many are new. */
export function Unread({ room, current = false, within = false }: { room: Room; current?: boolean; within?: boolean }) {
	const name = roomName(room);
	const space = within ? undefined : spaceOf(room);
	return (
		<Row
			href={link({ at: "channel", room: room.id, details: false })}
			lead={<Avatar name={space && room.general ? roomName(space) : name} square />}
			title={
				<>
					<bdi>{name}</bdi>
					{space && room.general && (
						<>
							{" · "}
							<bdi>{roomName(space)}</bdi>
						</>
					)}
				</>
			}
			detail={lastWords(room)}
			quoted
			current={current}
			strong={room.unread > 0}
			end={
				room.unread > 0 ? (
					<span class="badge">
						<span class="unseen">{t("talk.unread", { Count: room.unread })}</span>
						<span aria-hidden="true">{number(room.unread)}</span>
					</span>
				) : undefined
			}
		/>
	);
}

function lastWords(room: Room) {
	const last = room.timeline.findLast((event) => isPost(event));
	if (!last) return room.topic === undefined ? undefined : <bdi>{room.topic}</bdi>;
	const body = last.content["body"];
	if (last.redacted || typeof body !== "string") return t("timeline.removed");
	return (
		<>
			<bdi class="by">{personName(last.sender, room)}:</bdi>
			<bdi>{body.slice(0, 120)}</bdi>
		</>
	);
}
