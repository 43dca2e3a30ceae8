import { useCallback, useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Room } from "../../state";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Face, Outline } from "../kit/List";
import { later } from "../shell/later";
import { link } from "../shell/router";
import { Composer } from "../timeline/Composer";
import type { Post } from "../timeline/lines";
import { Timeline } from "../timeline/Timeline";
import { Typing } from "../timeline/Typing";

const PostDetails = later(() => import("../timeline/PostDetails"));

/** A channel: its posts, who is writing, and where one writes. */
export function Channel({ id }: { id: string }) {
	const room = [...client.rooms.value.values()].find((one) => one.id === id);
	if (!room) return <Missing />;
	return <Open key={room.id} room={room} />;
}

function Missing() {
	if (!client.loaded.value) return <Outline rows={6} label={t("act.loading")} />;
	return (
		<Face
			icon="door"
			text={t("channel.missing")}
			act={
				<Button href={link({ at: "talk" })} kind="main">
					{t("channel.to_talk")}
				</Button>
			}
		/>
	);
}

function Open({ room }: { room: Room }) {
	const [reply, setReply] = useState<Post>();
	const [details, setDetails] = useState<Post>();
	const replied = useCallback(() => setReply(undefined), []);
	useEffect(() => {
		if (client.people.value === undefined) void client.loadPeople().catch(() => undefined);
	}, []);
	return (
		<>
			<Timeline room={room} onReply={setReply} onDetails={setDetails} />
			<Typing room={room} />
			{client.may("send") ? (
				<Composer room={room} replyTo={reply} onReplied={replied} />
			) : (
				<Banner icon="show">{t("composer.observer")}</Banner>
			)}
			{details && (
				<PostDetails
					room={room}
					post={details}
					onClose={() => setDetails(undefined)}
					onReply={() => {
						setReply(details);
						setDetails(undefined);
					}}
				/>
			)}
		</>
	);
}
