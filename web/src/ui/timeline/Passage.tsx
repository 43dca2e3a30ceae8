import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { type EventId, Fault, type Passage as Read, passage, type Room } from "../../state";
import { me } from "../client";
import { Dialog } from "../kit/Dialog";
import { Face, Outline } from "../kit/List";
import { personName, pictureOf } from "../names";
import { dayHeading, language, now } from "../say";
import { useLoading } from "../screens/load";
import { Again } from "../screens/PickPeople";
import { passageLines } from "./lines";
import { Post, type PostActs } from "./Post";
import { quotedBy } from "./Timeline";

/** A post that is too far back to scroll to, with what was said around it. */
export default function Passage({ room, event, onClose }: { room: Room; event: string; onClose: () => void }) {
	const [read, setRead] = useState<Read | "unknown" | "gone">();
	const { failed, again } = useLoading(async () => {
		try {
			setRead(await passage(room.id, event as EventId));
		} catch (error) {
			if (!(error instanceof Fault) || error.status !== 404) throw error;
			setRead(error.key === "error.no_longer_kept" ? "gone" : "unknown");
		}
	});
	return (
		<Dialog title={t("passage.title")} close={t("act.close")} onClose={onClose}>
			{read === undefined && failed === undefined && <Outline rows={4} label={t("act.loading")} />}
			{failed !== undefined && <Face icon="warning" alert text={failed} act={<Again onPress={again} />} />}
			{read === "unknown" && <Face icon="search" text={t("timeline.not_found")} />}
			{read === "gone" && <Face icon="clock" text={t("error.no_longer_kept")} />}
			{typeof read === "object" && <Lines room={room} read={read} />}
		</Dialog>
	);
}

const nothing: PostActs = { reply: ignore, retry: ignore, details: ignore, jump: ignore, thread: ignore, react: ignore };
function ignore(): void {}

function Lines({ room, read }: { room: Room; read: Read }) {
	const list = useRef<HTMLOListElement>(null);
	const lines = passageLines(room, read.events, me.value?.id ?? "");
	useEffect(() => list.current?.querySelector(".shown")?.scrollIntoView({ block: "center" }), []);
	const first = lines[0];
	return (
		<>
			{first && <p class="soft">{dayHeading(first.at, now.value)}</p>}
			<ol ref={list} class="passage" aria-label={t("passage.title")}>
				{lines.map((line) => (
					<Post
						key={line.key}
						post={line}
						name={personName(line.sender, room)}
						picture={pictureOf(line.sender, room)}
						nameOf={(user) => personName(user, room)}
						organisation={undefined}
						first
						last
						quoted={quotedBy(line, lines, room)}
						seenBy={0}
						shown={line.event === read.event}
						tongue={language.value}
						acts={nothing}
						still
					/>
				))}
			</ol>
		</>
	);
}
