import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { type Branch, type Room, tree } from "../../state";
import { client } from "../client";
import { Button } from "../kit/Button";
import { Icon, type IconName } from "../kit/Icon";
import { Face, Outline } from "../kit/List";
import { roomName } from "../names";
import { carry } from "../search/carried";
import { link } from "../shell/router";
import { Search } from "./Search";
import { asOf } from "./load";
import { Unread } from "./Unread";

/** The channels one is in, by space: the network, its countries, the organisations. What has something new comes first. */
export function TalkList({ current }: { current?: string }) {
	const [wanted, setWanted] = useState("");
	const offline = asOf();
	return (
		<>
			<div class="pane-head">
				<Search label={t("talk.search")} value={wanted} onValue={setWanted} />
				<div class="row">
					<Button href={link({ at: "search" })} kind="quiet" icon="search" onPress={() => carry(wanted)}>
						{t("search.open")}
					</Button>
					{client.may("create_channel") && (
						<Button href={link({ at: "new-channel" })} kind="quiet" icon="plus">
							{t("talk.new")}
						</Button>
					)}
					<Button href={link({ at: "browse" })} kind="quiet" icon="compass">
						{t("talk.browse")}
					</Button>
				</div>
				{offline !== undefined && <p class="soft">{offline}</p>}
			</div>
			<Channels wanted={wanted} current={current} />
		</>
	);
}

function Channels({ wanted, current }: { wanted: string; current: string | undefined }) {
	const rooms = client.rooms.value;
	if (!client.loaded.value) return <Outline rows={7} label={t("act.loading")} />;
	const groups = groupsOf(tree(rooms), (room) => matches(room, wanted));
	if (groups.length === 0) {
		return wanted === "" ? (
			<Face
				icon="talk"
				text={t("talk.empty")}
				act={
					<Button kind="main" href={link({ at: "browse" })}>
						{t("talk.browse")}
					</Button>
				}
			/>
		) : (
			<Face icon="search" text={t("talk.nothing_found")} />
		);
	}
	return (
		<>
			{groups.map(({ space, channels }) => (
				<section key={space?.id ?? ""} class="group">
					<h2>
						<Icon name={iconOf(space)} size={18} />
						<bdi>{space ? roomName(space) : t("talk.other")}</bdi>
					</h2>
					<ul>
						{channels.map((room) => (
							<li key={room.id}>
								<Unread room={room} current={room.id === current} within />
							</li>
						))}
					</ul>
				</section>
			))}
		</>
	);
}

function iconOf(space: Room | undefined): IconName {
	if (space?.about?.kind === "network") return "globe";
	if (space?.about?.kind === "country") return "country";
	return space ? "building" : "hash";
}

interface Group {
	space: Room | undefined;
	channels: readonly Room[];
}

/** The branches of the tree one below the other; those without a channel to show are left out. */
function groupsOf(branch: Branch, shown: (room: Room) => boolean): Group[] {
	const channels = branch.channels.filter(shown);
	const own = channels.length > 0 ? [{ space: branch.space, channels }] : [];
	const below = branch.branches.toSorted((a, b) => Number(b.unread > 0) - Number(a.unread > 0)).flatMap((one) => groupsOf(one, shown));
	return branch.space === undefined ? [...below, ...own] : [...own, ...below];
}

function matches(room: Room, wanted: string): boolean {
	const needle = wanted.trim().toLocaleLowerCase();
	return needle === "" || roomName(room).toLocaleLowerCase().includes(needle) || (room.topic ?? "").toLocaleLowerCase().includes(needle);
}
