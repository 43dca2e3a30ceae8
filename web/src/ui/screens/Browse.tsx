import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { PublicChannel } from "../../state";
import { client } from "../client";
import { Avatar } from "../kit/Avatar";
import { Button } from "../kit/Button";
import { List, Row } from "../kit/List";
import { toast } from "../kit/Toast";
import { roomName, spaceOf } from "../names";
import { dot, trouble } from "../say";
import { go, link } from "../shell/router";
import { asOf } from "./load";
import { Again } from "./PickPeople";

/** Open channels of the spaces one is in, to look for and to join. */
export default function Browse() {
	const [channels, setChannels] = useState<readonly PublicChannel[]>();
	const [failed, setFailed] = useState<string>();
	const [tries, setTries] = useState(0);
	useEffect(() => {
		setFailed(undefined);
		openChannels().then(setChannels, (error: unknown) => setFailed(trouble(error)));
	}, [tries, client.loaded.value]);
	return (
		<div class="column">
			<List
				label={t("browse.title")}
				items={channels}
				loading={t("act.loading")}
				asOf={asOf()}
				empty={{
					text: t("browse.empty"),
					icon: "compass",
					act: client.may("create_channel") && (
						<Button kind="main" href={link({ at: "new-channel" })}>
							{t("talk.new")}
						</Button>
					),
				}}
				failed={failed === undefined ? undefined : { text: failed, act: <Again onPress={() => setTries(tries + 1)} /> }}
				render={(channel) => (
					<li key={channel.id}>
						<OpenChannel channel={channel} />
					</li>
				)}
			/>
		</div>
	);
}

/** What the spaces that one is in hold, each channel once, the fullest first. A space that cannot be read leaves the others. */
async function openChannels(): Promise<PublicChannel[]> {
	const spaces = [...client.rooms.peek().values()].filter((room) => room.space);
	const answers = await Promise.allSettled(spaces.map((space) => client.channels.channelsIn(space.id)));
	const good = answers.filter((answer) => answer.status === "fulfilled");
	const [bad] = answers.filter((answer) => answer.status === "rejected");
	if (good.length === 0 && bad) throw bad.reason;
	const found = new Map(good.flatMap(({ value }) => value.map((channel) => [channel.id, channel] as const)));
	return [...found.values()].sort((a, b) => b.members - a.members);
}

function OpenChannel({ channel }: { channel: PublicChannel }) {
	const [busy, setBusy] = useState(false);
	const mine = client.rooms.value.get(channel.id);
	const space = spaceOf(mine ?? channel);
	const name = mine ? roomName(mine) : channel.name || t("channel.unnamed");
	const join = async () => {
		setBusy(true);
		try {
			if ((await client.channels.join(channel.id)) === "waiting") return toast(t("outbox.later"), "clock");
			go({ at: "channel", room: channel.id, details: false });
		} catch (error) {
			toast(trouble(error), "warning");
		} finally {
			setBusy(false);
		}
	};
	return (
		<Row
			lead={<Avatar name={name} square />}
			title={<bdi>{name}</bdi>}
			detail={
				<>
					{space && (
						<>
							<bdi>{roomName(space)}</bdi>
							{dot()}
						</>
					)}
					{t("channel.members", { Count: channel.members })}
					{channel.topic !== "" && (
						<>
							{dot()}
							<bdi>{channel.topic}</bdi>
						</>
					)}
				</>
			}
			end={
				mine ? (
					<Button kind="quiet" href={link({ at: "channel", room: channel.id, details: false })}>
						{t("browse.open")}
					</Button>
				) : (
					<Button busy={busy} label={t("browse.join_name", { Name: name })} onPress={() => void join()}>
						{t("browse.join")}
					</Button>
				)
			}
		/>
	);
}
