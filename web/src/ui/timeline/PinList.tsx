import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { type Event, Fault, oneEvent, presentContent, relatedTo, relationsOf, type Room } from "../../state";
import { client } from "../client";
import { List, Row } from "../kit/List";
import { gist } from "../media/words";
import { personName } from "../names";
import { dot, moment } from "../say";
import { asOf, useLoading } from "../screens/load";
import { Again } from "../screens/PickPeople";

/** The posts that a channel keeps in view, the newest pin first. A press goes to the post. */
export function PinList({ room, onOpen }: { room: Room; onOpen: (event: string) => void }) {
	const [found, setFound] = useState<readonly Event[]>();
	const { failed, again } = useLoading(async () => setFound(await pinnedOf(room)));
	const relations = relationsOf(room.id, room.timeline, [], client.model.value.me);
	return (
		<List
			label={t("channel.pins")}
			items={found}
			rows={2}
			loading={t("act.loading")}
			asOf={asOf()}
			empty={{ text: t("channel.no_pins"), icon: "pin" }}
			failed={failed === undefined ? undefined : { text: failed, act: <Again onPress={again} /> }}
			render={(event) => {
				const content = presentContent(event, relatedTo(relations, event.id));
				const body = content["body"];
				return (
					<li key={event.id}>
						<Row
							title={<bdi>{typeof body === "string" && !event.redacted ? gist(content, body).slice(0, 200) : t("timeline.removed")}</bdi>}
							detail={
								<>
									<bdi>{personName(event.sender, room)}</bdi>{dot()}{moment(event.at)}
								</>
							}
							onPress={() => onOpen(event.id)}
						/>
					</li>
				);
			}}
		/>
	);
}

/** From the timeline where it has them, else from the hub. One that is gone or may not be seen is left out. */
async function pinnedOf(room: Room): Promise<Event[]> {
	const all = await Promise.all(
		room.pinned.toReversed().map((id) => room.timeline.find((event) => event.id === id) ?? oneEvent(room.id, id).catch(absent)),
	);
	return all.filter((event) => event !== undefined);
}

function absent(error: unknown): undefined {
	if (error instanceof Fault && error.status === 404) return undefined;
	throw error;
}
