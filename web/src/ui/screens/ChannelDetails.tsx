import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import { type Event, type Member, maySet, type Outgoing, type Room, type ThreadSum, threads, type UserId } from "../../state";
import { client, me, peopleById } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Dialog } from "../kit/Dialog";
import { Choices, Field } from "../kit/Field";
import { Icon } from "../kit/Icon";
import { Face, List, Row } from "../kit/List";
import { toast } from "../kit/Toast";
import { Portrait } from "../media/Portrait";
import { personName, pictureOf, roomName, spaceOf, standsFor } from "../names";
import { dot, moment } from "../say";
import { go, link } from "../shell/router";
import { useForm } from "./form";
import { Keeping } from "./Keeping";
import { asOf, useLoading, usePeople } from "./load";
import { Again, PickPeople } from "./PickPeople";

/** What a channel is for, who is in it, and the ways in and out. */
export default function ChannelDetails({ id }: { id: string }) {
	const room = [...client.rooms.value.values()].find((one) => one.id === id);
	usePeople();
	if (!room) return <Face icon="door" text={t("channel.missing")} />;
	const space = spaceOf(room);
	return (
		<div class="column stack">
			<section class="stack-tight">
				<h2>
					<bdi>{roomName(room)}</bdi>
				</h2>
				{space && (
					<p class="soft">
						<bdi>{roomName(space)}</bdi>
					</p>
				)}
				<Topic room={room} />
			</section>
			<Button wide icon="search" href={link({ at: "search", room: room.id })}>
				{t("search.in_channel")}
			</Button>
			<Quiet room={room} />
			<Threads room={room} />
			<Sharing room={room} />
			<Keeping room={room} />
			<Members room={room} />
			<Leave room={room} />
		</div>
	);
}

function Topic({ room }: { room: Room }) {
	const [editing, setEditing] = useState(false);
	const [topic, setTopic] = useState(room.topic ?? "");
	const form = useForm();
	const mine = changesOf(room, "m.room.topic");
	const conflict = mine.find((item) => item.state === "conflict");
	const waiting = mine
		.filter((item) => item.state === "waiting" || item.state === "sending")
		.map(topicOf)
		.at(-1);
	if (!editing) {
		return (
			<>
				<p dir="auto">{waiting ?? room.topic ?? t("channel.no_topic")}</p>
				{waiting !== undefined && (
					<p class="soft">
						<Icon name="clock" size={16} /> {t("timeline.waiting")}
					</p>
				)}
				{conflict && <TopicConflict room={room} item={conflict} />}
				{me.value && maySet(room, me.value.id, "m.room.topic") && client.may("send") && (
					<div class="row">
						<Button kind="quiet" icon="write" onPress={() => setEditing(true)}>
							{room.topic === undefined ? t("channel.set_topic") : t("channel.change_topic")}
						</Button>
					</div>
				)}
			</>
		);
	}
	const save = async () => {
		await client.channels.setTopic(room.id, topic.trim());
		setEditing(false);
	};
	return (
		<form
			class="stack-tight"
			onSubmit={(event) => {
				event.preventDefault();
				void form.submit(save);
			}}
		>
			<Field label={t("new_channel.purpose")} value={topic} onValue={setTopic} maxLength={500} lines={3} />
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<div class="row">
				<Button kind="main" submit busy={form.busy}>
					{t("act.save")}
				</Button>
				<Button onPress={() => setEditing(false)}>{t("act.cancel")}</Button>
			</div>
		</form>
	);
}

/** What I changed of a channel and the hub does not know yet. */
function changesOf(room: Room, type: string): Outgoing[] {
	return client.outbox.value.filter((item) => item.room === room.id && item.act.kind === "state" && item.act.type === type);
}

function topicOf({ act }: Outgoing): string {
	const topic = act.kind === "state" ? act.content["topic"] : undefined;
	return typeof topic === "string" ? topic : "";
}

/** Somebody else wrote it meanwhile: one of the two stands. */
function TopicConflict({ room, item }: { room: Room; item: Outgoing }) {
	return (
		<Banner
			tone="warn"
			act={
				<div class="row">
					<Button onPress={() => client.talk.retry(item.txn)}>{t("conflict.mine")}</Button>
					<Button onPress={() => client.talk.discard(item.txn)}>{t("conflict.theirs")}</Button>
				</div>
			}
		>
			<p>{t("conflict.topic", { Mine: topicOf(item), Theirs: room.topic ?? "" })}</p>
		</Banner>
	);
}

/** Making the channel silent, and putting it back among what is new. */
function Quiet({ room }: { room: Room }) {
	const form = useForm();
	const [wish, setWish] = useState<boolean>();
	const now = client.muted.value.has(room.id);
	const muted = wish ?? now;
	useEffect(() => setWish(undefined), [now]);
	const choose = async (mute: boolean) => {
		setWish(mute);
		await client.talk.mute(room.id, mute).catch((error: unknown) => {
			setWish(undefined);
			throw error;
		});
	};
	const back = async () => {
		await client.talk.markUnread(room.id);
		go({ at: "talk" });
	};
	return (
		<section class="stack-tight">
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Choices
				label={t("channel.noise")}
				hint={muted ? t("channel.muted_hint") : undefined}
				value={muted ? "muted" : "loud"}
				onValue={(value) => void form.submit(() => choose(value === "muted"))}
				options={[
					{ value: "loud", label: t("channel.loud") },
					{ value: "muted", label: t("channel.muted") },
				]}
			/>
			<div class="row">
				<Button kind="quiet" icon="unread" onPress={() => void form.submit(back)}>
					{t("channel.mark_unread")}
				</Button>
			</div>
		</section>
	);
}

/** The channel's threads, the one that was answered last first. */
function Threads({ room }: { room: Room }) {
	const [found, setFound] = useState<readonly ThreadSum[]>();
	const { failed, again } = useLoading(async () => setFound(await threads(room.id)));
	return (
		<section class="stack-tight">
			<h2 class="group-title">{t("thread.list")}</h2>
			<List
				label={t("thread.list")}
				items={found}
				rows={2}
				loading={t("act.loading")}
				asOf={asOf()}
				empty={{ text: t("thread.none"), icon: "thread" }}
				failed={failed === undefined ? undefined : { text: failed, act: <Again onPress={again} /> }}
				render={({ root, count, latest }) => (
					<li key={root.id}>
						<Row
							href={link({ at: "channel", room: room.id, details: false, thread: root.id })}
							lead={<Icon name="thread" />}
							title={<bdi>{root.redacted ? t("timeline.removed") : bodyOf(root)}</bdi>}
							detail={`${t("timeline.answers", { Count: count })}${dot()}${moment(latest.at)}`}
						/>
					</li>
				)}
			/>
		</section>
	);
}

function bodyOf({ content }: Event): string {
	const body = content["body"];
	return typeof body === "string" ? body.replaceAll("\n", " ").slice(0, 120) : "";
}

/** Whether what is written here may be passed on. Everybody reads it; moderators change it. */
function Sharing({ room }: { room: Room }) {
	if (!me.value || !maySet(room, me.value.id, "network.panah.sharing")) {
		return (
			<section class="stack-tight">
				<h2 class="group-title">{t("channel.sharing")}</h2>
				<p class="soft">{room.forwards ? t("channel.sharing_on") : t("channel.sharing_off")}</p>
			</section>
		);
	}
	const wish = changesOf(room, "network.panah.sharing").at(-1)?.act;
	const forwards = wish?.kind === "state" ? wish.content["forward"] === true : room.forwards;
	return (
		<Choices
			label={t("channel.sharing")}
			hint={forwards ? t("channel.sharing_on") : t("channel.sharing_off")}
			value={forwards ? "on" : "off"}
			onValue={(value) => void client.talk.setState(room.id, "network.panah.sharing", { forward: value === "on" })}
			options={[
				{ value: "off", label: t("channel.sharing_stays") },
				{ value: "on", label: t("channel.sharing_leaves") },
			]}
		/>
	);
}

function Members({ room }: { room: Room }) {
	const [inviting, setInviting] = useState(false);
	const all = [...room.members.values()];
	const inside = all.filter((member) => member.membership === "join").sort(byName);
	const asked = all.filter((member) => member.membership === "invite").sort(byName);
	return (
		<section class="stack-tight">
			<h2 class="group-title">{t("channel.members", { Count: inside.length })}</h2>
			{client.may("invite_to_channel") && (
				<Button wide icon="invite" onPress={() => setInviting(true)}>
					{t("channel.invite")}
				</Button>
			)}
			<ul>
				{inside.map((member) => (
					<MemberRow key={member.id} room={room} member={member} />
				))}
				{asked.map((member) => (
					<MemberRow key={member.id} room={room} member={member} asked />
				))}
			</ul>
			{inviting && <Invite room={room} onClose={() => setInviting(false)} />}
		</section>
	);
}

const byName = (a: Member, b: Member) => personName(a.id).localeCompare(personName(b.id));

function MemberRow({ room, member, asked = false }: { room: Room; member: Member; asked?: boolean }) {
	const known = peopleById.value.get(member.id);
	const name = known?.name ?? member.name;
	return (
		<li>
			<Row
				{...(known && { href: link({ at: "person", id: member.id }) })}
				lead={<Portrait name={name} picture={pictureOf(member.id, room)} />}
				title={<bdi>{name}</bdi>}
				detail={<bdi>{standsFor(member.id) ?? ""}</bdi>}
				end={asked ? <span class="chip">{t("channel.asked")}</span> : undefined}
			/>
		</li>
	);
}

function Invite({ room, onClose }: { room: Room; onClose: () => void }) {
	const [picked, setPicked] = useState<readonly UserId[]>([]);
	const form = useForm();
	const inside = new Set<string>([...room.members.values()].filter((m) => ["join", "invite"].includes(m.membership)).map((m) => m.id));
	const invite = async () => {
		let waits = false;
		for (const user of picked) waits = (await client.channels.invite(room.id, user)) === "waiting" || waits;
		if (waits) toast(t("outbox.later"), "clock");
		else toast(t("channel.invited", { Count: picked.length }));
		onClose();
	};
	return (
		<Dialog title={t("channel.invite")} close={t("act.close")} onClose={onClose}>
			<PickPeople label={t("channel.invite_whom")} picked={picked} onPicked={setPicked} without={inside} />
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button kind="main" wide icon="invite" busy={form.busy} disabled={picked.length === 0} onPress={() => void form.submit(invite)}>
				{t("channel.invite_act")}
			</Button>
		</Dialog>
	);
}

function Leave({ room }: { room: Room }) {
	const [asked, setAsked] = useState(false);
	const form = useForm();
	const leave = async () => {
		if ((await client.channels.leave(room.id)) === "waiting") toast(t("outbox.later"), "clock");
		go({ at: "talk" }, "replace");
	};
	return (
		<section class="stack-tight">
			{asked && <p>{t("channel.leave_sure")}</p>}
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button kind="danger" wide icon="door" busy={form.busy} onPress={() => (asked ? void form.submit(leave) : setAsked(true))}>
				{asked ? t("channel.leave_act") : t("channel.leave")}
			</Button>
			{asked && (
				<Button wide onPress={() => setAsked(false)}>
					{t("act.cancel")}
				</Button>
			)}
		</section>
	);
}
