import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { type Event, relatedEvents, type Room } from "../../state";
import { Dialog } from "../kit/Dialog";
import { List } from "../kit/List";
import { personName } from "../names";
import { moment } from "../say";
import { asOf, useLoading } from "../screens/load";
import { Again } from "../screens/PickPeople";
import type { Post } from "./lines";
import { Words } from "./Words";

interface Wording {
	readonly at: number;
	readonly body: string;
	readonly language: string | undefined;
}

/** How a post read before: all its wordings, the first one first, each with its moment. */
export default function Wordings({ room, post, onClose }: { room: Room; post: Post; onClose: () => void }) {
	const [all, setAll] = useState<readonly Wording[]>();
	const original = room.timeline.find((event) => event.id === post.event);
	const { failed, again } = useLoading(async () => {
		const edits = post.event === undefined ? [] : await relatedEvents(room.id, post.event, "m.replace");
		const own = edits.filter((edit) => edit.sender === post.sender);
		setAll([...(original ? [wordingOf(original.at, original.content)] : []), ...own.map(({ at, content }) => wordingOf(at, content["m.new_content"]))]);
	});
	return (
		<Dialog title={t("post.wordings")} close={t("act.close")} onClose={onClose}>
			<p class="soft">
				<bdi>{personName(post.sender, room)}</bdi>
			</p>
			<List
				label={t("post.wordings")}
				items={all}
				rows={2}
				loading={t("act.loading")}
				asOf={asOf()}
				empty={{ text: t("post.no_wordings"), icon: "history" }}
				failed={failed === undefined ? undefined : { text: failed, act: <Again onPress={again} /> }}
				render={({ at, body, language }) => (
					<li key={at} class="stack-tight">
						<time class="soft" dateTime={new Date(at).toISOString()}>
							{moment(at)}
						</time>
						<p dir="auto" lang={language} class="post-words">
							<Words text={body} />
						</p>
					</li>
				)}
			/>
		</Dialog>
	);
}

function wordingOf(at: number, said: unknown): Wording {
	const content = typeof said === "object" && said !== null ? (said as Event["content"]) : {};
	const language = content["network.panah.language"];
	return { at, body: typeof content["body"] === "string" ? content["body"] : "", language: typeof language === "string" ? language : undefined };
}
