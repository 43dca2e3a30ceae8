import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Member, Room, UserId } from "../../state";
import { client, organisationOf, peopleById } from "../client";
import { Avatar } from "../kit/Avatar";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Dialog } from "../kit/Dialog";
import { Field } from "../kit/Field";
import { Face, Row } from "../kit/List";
import { toast } from "../kit/Toast";
import { personName, roomName, spaceOf } from "../names";
import { go } from "../shell/router";
import { useForm } from "./form";
import { usePeople } from "./load";
import { PickPeople } from "./PickPeople";

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
			<Members room={room} />
			<Leave room={room} />
		</div>
	);
}

function Topic({ room }: { room: Room }) {
	const [editing, setEditing] = useState(false);
	const [topic, setTopic] = useState(room.topic ?? "");
	const form = useForm();
	if (!editing) {
		return (
			<>
				<p dir="auto">{room.topic ?? t("channel.no_topic")}</p>
				{client.may("create_channel") && (
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
		await client.setTopic(room.id, topic.trim());
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
					<MemberRow key={member.id} member={member} />
				))}
				{asked.map((member) => (
					<MemberRow key={member.id} member={member} asked />
				))}
			</ul>
			{inviting && <Invite room={room} onClose={() => setInviting(false)} />}
		</section>
	);
}

const byName = (a: Member, b: Member) => personName(a.id).localeCompare(personName(b.id));

function MemberRow({ member, asked = false }: { member: Member; asked?: boolean }) {
	const known = peopleById.value.get(member.id);
	const name = known?.name ?? member.name;
	return (
		<li>
			<Row
				lead={<Avatar name={name} />}
				title={<bdi>{name}</bdi>}
				detail={<bdi>{organisationOf(member.id)?.name ?? ""}</bdi>}
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
		for (const user of picked) await client.invite(room.id, user);
		toast(t("channel.invited", { Count: picked.length }));
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
		await client.leave(room.id);
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
