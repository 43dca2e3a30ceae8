import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { isolate, t } from "../../i18n";
import { alertOf, type Hit, hubNow, nameFits, type Room, type RoomId, type UserId, type Wanted } from "../../state";
import { client, me } from "../client";
import { Avatar } from "../kit/Avatar";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { ChipSelect } from "../kit/ChipSelect";
import { Icon } from "../kit/Icon";
import { Face, Outline, Row } from "../kit/List";
import { personName, roomName, spaceOf } from "../names";
import { dot, language, moment } from "../say";
import { link } from "../shell/router";
import { Search } from "../screens/Search";
import { usePeople } from "../screens/load";
import { Words } from "../timeline/Words";
import { takeCarried } from "./carried";
import { ask, more, outcome, type Outcome, wanted } from "./ask";
import { excerpt } from "./excerpt";
import "./SearchScreen.css";

/** How long one may stop typing before it is looked for: on a slow line each try costs. */
const pause = 500;

const day = 86_400_000;

/** Finds posts by their words, in all channels that one may see; without a line in what this device keeps. */
export default function SearchScreen({ room }: { room: string | undefined }) {
	usePeople();
	const [words] = useState(takeCarried);
	const [typed, setTyped] = useState(words ?? wanted.peek().words);
	const timer = useRef<number>(0);
	// Before it is drawn: whoever sees the field may type.
	useLayoutEffect(() => {
		if (typed === "") document.querySelector<HTMLElement>("[data-pane=thing] [data-search] input")?.focus();
	}, []);
	useEffect(() => {
		const scope = rooms().find((one) => one.id === room)?.id;
		if (words !== undefined || scope !== undefined)
			ask(narrowed(wanted.peek(), { words: typed, ...(scope !== undefined && { room: scope }) }));
		return () => clearTimeout(timer.current);
	}, []);
	const type = (value: string) => {
		setTyped(value);
		clearTimeout(timer.current);
		timer.current = window.setTimeout(() => ask({ ...wanted.peek(), words: value }), value === "" ? 0 : pause);
	};
	const now = (event: SubmitEvent) => {
		event.preventDefault();
		clearTimeout(timer.current);
		ask({ ...wanted.peek(), words: typed });
	};
	return (
		<div class="column stack">
			<form class="stack-tight" onSubmit={now}>
				<Search label={t("search.field")} value={typed} onValue={type} />
				<Narrow />
			</form>
			<Names words={outcome.value?.wanted.words ?? ""} />
			<Answer outcome={outcome.value} />
		</div>
	);
}

const rooms = () => [...client.rooms.value.values()].filter((one) => !one.space);

/** A question with other bounds. What is undefined is no bound. */
function narrowed(
	what: Wanted,
	by: { words?: string; room?: RoomId | undefined; by?: UserId | undefined; since?: number | undefined },
): Wanted {
	const all = { ...what, ...by };
	return {
		words: all.words ?? "",
		...(all.room !== undefined && { room: all.room }),
		...(all.by !== undefined && { by: all.by }),
		...(all.since !== undefined && { since: all.since }),
	};
}

/** Where, by whom and since when. */
function Narrow() {
	const now = wanted.value;
	const [span, setSpan] = useState("");
	const channels = rooms().map((one) => ({ value: one.id as string, label: channelName(one) }));
	const people = (client.people.value ?? []).map((person) => ({
		value: person.id as string,
		label: person.id === me.value?.id ? t("search.by_me") : person.name,
	}));
	const sort = (a: { label: string }, b: { label: string }) => a.label.localeCompare(b.label, language.value);
	const since = (days: string) => {
		setSpan(days);
		ask(narrowed(wanted.peek(), { since: days === "" ? undefined : hubNow() - Number(days) * day }));
	};
	return (
		<fieldset class="chips" aria-label={t("search.narrow")}>
			<ChipSelect
				icon="hash"
				label={t("search.where")}
				value={now.room ?? ""}
				options={[{ value: "", label: t("search.everywhere") }, ...channels.sort(sort)]}
				onValue={(id) => ask(narrowed(wanted.peek(), { room: rooms().find((one) => one.id === id)?.id }))}
			/>
			<ChipSelect
				icon="people"
				label={t("search.by_whom")}
				value={now.by ?? ""}
				options={[{ value: "", label: t("search.by_anyone") }, ...people.sort(sort)]}
				onValue={(id) => ask(narrowed(wanted.peek(), { by: client.people.value?.find((person) => person.id === id)?.id }))}
			/>
			<ChipSelect
				icon="clock"
				label={t("search.when")}
				value={now.since === undefined ? "" : span}
				options={[
					{ value: "", label: t("search.any_time") },
					{ value: "7", label: t("search.week") },
					{ value: "30", label: t("search.month") },
					{ value: "365", label: t("search.year") },
				]}
				onValue={since}
			/>
		</fieldset>
	);
}

/** Its name, and that of its space where every space has one of the name. */
const namesOf = (room: Room): string[] => {
	const space = room.general ? spaceOf(room) : undefined;
	return [roomName(room), ...(space ? [roomName(space)] : [])];
};

/** In plain text each name is isolated, so that two of different scripts stay in their order. */
const channelName = (room: Room): string => {
	const names = namesOf(room);
	return names.length === 1 ? roomName(room) : names.map(isolate).join(dot());
};

function ChannelName({ room }: { room: Room }) {
	const [name, space] = namesOf(room);
	return (
		<>
			<bdi>{name}</bdi>
			{space !== undefined && (
				<>
					{dot()}
					<bdi>{space}</bdi>
				</>
			)}
		</>
	);
}

/** How many channels or people of a name are shown above the posts. */
const namesMost = 3;

/** Channels and people whose names begin so. */
function Names({ words }: { words: string }) {
	const channels = rooms().filter((room) => nameFits(namesOf(room).join(" "), words));
	const people = (client.people.value ?? []).filter((person) => nameFits(person.name, words));
	if (channels.length + people.length === 0) return null;
	return (
		<section aria-label={t("search.names")}>
			<ul>
				{channels.slice(0, namesMost).map((room) => (
					<li key={room.id}>
						<Row
							href={link({ at: "channel", room: room.id, details: false })}
							lead={<Icon name="hash" />}
							title={<ChannelName room={room} />}
						/>
					</li>
				))}
				{people.slice(0, namesMost).map((person) => (
					<li key={person.id}>
						<Row
							{...(person.organisation !== undefined && { href: link({ at: "organisation", id: person.organisation }) })}
							lead={<Avatar name={person.name} />}
							title={<bdi>{person.name}</bdi>}
						/>
					</li>
				))}
			</ul>
		</section>
	);
}

function Answer({ outcome }: { outcome: Outcome | undefined }) {
	if (!outcome) return <Face icon="search" text={t("search.hint")} />;
	const { found, failed, busy } = outcome;
	if (failed !== undefined && !found) {
		return (
			<Face
				icon="warning"
				alert
				text={failed}
				act={
					<Button icon="refresh" onPress={() => ask(outcome.wanted)}>
						{t("act.try_again")}
					</Button>
				}
			/>
		);
	}
	if (!found) return <Outline rows={5} label={t("act.loading")} />;
	return (
		<>
			{outcome.here && <Banner icon="offline">{t("search.here")}</Banner>}
			{found.partial && <Banner>{t("search.partial")}</Banner>}
			{found.hits.length > 0 && (
				<p class="soft" role="status">
					{found.next === undefined ? t("search.found", { Count: found.hits.length }) : t("search.first", { Number: found.hits.length })}
				</p>
			)}
			{found.hits.length === 0 && !busy ? <Face icon="search" text={t("search.nothing")} /> : <Hits hits={found.hits} />}
			{failed !== undefined && <Banner tone="danger">{failed}</Banner>}
			{found.next !== undefined && (
				<Button wide busy={busy === true} onPress={more}>
					{t("search.more")}
				</Button>
			)}
		</>
	);
}

/** What was found, by channel; the channel with the newest first. */
function Hits({ hits }: { hits: readonly Hit[] }) {
	const groups = new Map<RoomId, Hit[]>();
	for (const hit of hits) groups.set(hit.room, [...(groups.get(hit.room) ?? []), hit]);
	return (
		<section class="stack" aria-label={t("search.results")}>
			{[...groups].map(([id, found]) => {
				const room = client.rooms.value.get(id);
				return (
					<section key={id} class="found-group">
						<h2>
							<Icon name="hash" size={18} />
							<Heading room={room} found={found} />
						</h2>
						<ul>
							{found.map((hit) => (
								<li key={hit.event.id}>
									<Found hit={hit} room={room} />
								</li>
							))}
						</ul>
					</section>
				);
			})}
		</section>
	);
}

/** What is found in a channel of alerts are alerts. */
function Heading({ room, found }: { room: Room | undefined; found: readonly Hit[] }) {
	if (found.some((hit) => alertOf(hit.event))) return t("alerts.title");
	return room ? <ChannelName room={room} /> : t("channel.unnamed");
}

function Found({ hit, room }: { hit: Hit; room: Room | undefined }) {
	const alert = alertOf(hit.event);
	const place = alert === undefined ? ({ at: "channel", room: hit.room, details: false, post: hit.event.id } as const) : ({ at: "alert", id: alert } as const);
	return (
		<a class="found" data-row="" href={link(place)}>
			<span class="by">
				<bdi class="who">{personName(hit.event.sender, room)}</bdi>
				<time class="soft" dateTime={new Date(hit.event.at).toISOString()}>
					{moment(hit.event.at)}
				</time>
			</span>
			<span class="text" dir="auto" lang={hit.language}>
				{excerpt(hit.text, hit.marks).map((piece, i) =>
					piece.found ? <mark key={i}>{piece.text}</mark> : <Words key={i} text={piece.text} linkless />,
				)}
			</span>
		</a>
	);
}
