import { useCallback, useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Room } from "../../state";
import { client, me } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Face, Outline } from "../kit/List";
import { laterInside } from "../shell/later";
import { go, link } from "../shell/router";
import { useStrangers } from "../strangers";
import { Ended } from "../timeline/Ended";
import { Composer, type Writing } from "../timeline/Composer";
import { asItIsNow, linesOf, type Post } from "../timeline/lines";
import { Pins } from "../timeline/Pins";
import type { Todo } from "../timeline/PostActs";
import { Timeline } from "../timeline/Timeline";
import { Typing } from "../timeline/Typing";

const PostDetails = laterInside(() => import("../timeline/PostDetails"));
const Passage = laterInside(() => import("../timeline/Passage"));

const PlaceOnTop = laterInside<{ room: Room["id"] }>(() => import("../places/OnTop"), () => null);

/** A channel: its posts, who is writing, and where one writes. */
export function Channel({ id, post }: { id: string; post: string | undefined }) {
	const room = [...client.rooms.value.values()].find((one) => one.id === id);
	if (!room) return <Missing />;
	return <Open key={room.id} room={room} post={post} />;
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

function Open({ room, post }: { room: Room; post: string | undefined }) {
	const [writing, setWriting] = useState<Writing>({});
	const [details, setDetails] = useState<Post>();
	const [far, setFar] = useState<string>();
	const written = useCallback(() => setWriting({}), []);
	const toThread = useCallback((root: string) => go({ at: "channel", room: room.id, details: false, thread: root }), [room.id]);
	useEffect(() => {
		if (client.people.value === undefined) void client.circle.loadPeople().catch(() => undefined);
	}, []);
	useStrangers(room, me.value?.id ?? "");
	const todo = (of: Post) => (what: Todo) => {
		setDetails(undefined);
		if (what === "thread") toThread(of.event ?? "");
		else setWriting(what === "reply" ? { replyTo: of } : { edited: of });
	};
	const shown = useShown(room, details);
	return (
		<>
			{room.places === "request" && <PlaceOnTop room={room.id} />}
			<Timeline
				room={room}
				start={post}
				onReply={useCallback((replyTo: Post) => setWriting({ replyTo }), [])}
				onDetails={setDetails}
				onThread={toThread}
				onFar={setFar}
			/>
			<Pins room={room} />
			<Typing room={room} />
			<Foot room={room} writing={writing} onDone={written} />
			{shown && <PostDetails room={room} post={shown} onClose={() => setDetails(undefined)} onTodo={todo(shown)} />}
			{far !== undefined && <Passage room={room} event={far} onClose={() => setFar(undefined)} />}
		</>
	);
}

/** Where one writes, or why one does not. */
function Foot({ room, writing, onDone }: { room: Room; writing: Writing; onDone: () => void }) {
	if (room.ended) return <Ended end={room.ended} />;
	if (!client.may("send")) return <Banner icon="show">{t("composer.observer")}</Banner>;
	return <Composer room={room} {...writing} onDone={onDone} />;
}

/** The post whose details are open, as it is now. */
export function useShown(room: Room, details: Post | undefined): Post | undefined {
	const outbox = client.outbox.value;
	if (!details) return undefined;
	return asItIsNow(details, linesOf(room, outbox, me.value?.id ?? ""), room);
}
