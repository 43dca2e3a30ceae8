import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Invitation, Room } from "../../state";
import { alerts } from "../alerts/here";
import { client, me } from "../client";
import { Avatar } from "../kit/Avatar";
import { Button } from "../kit/Button";
import { Card } from "../kit/Card";
import type { IconName } from "../kit/Icon";
import { Face, Outline, Row } from "../kit/List";
import { toast } from "../kit/Toast";
import { invitationName, spaceOf } from "../names";
import { places } from "../places/here";
import { trouble } from "../say";
import { laterInside } from "../shell/later";
import { go, link } from "../shell/router";
import { asOf } from "./load";
import { Unread } from "./Unread";

const NowAlerts = laterInside(
	async () => ({ default: (await import("../alerts/begin")).NowAlerts }),
	() => null,
);
const NowPlaces = laterInside(
	async () => ({ default: (await import("../places/begin")).NowPlaces }),
	() => null,
);
const Notices = laterInside(() => import("../signin/Notices"));

/** What needs me: channels I am asked into, what is new, and, in the first days, three things to know. */
export function Now() {
	const invitations = client.invitations.value;
	const fresh = [...client.rooms.value.values()].filter((room) => !room.space && isNew(room));
	const cards = unseenCards();
	if (!client.loaded.value) {
		return (
			<div class="column">
				<Outline rows={4} label={t("act.loading")} />
			</div>
		);
	}
	const offline = asOf();
	const needing = alertsNeeding();
	return (
		<div class="column stack">
			{offline !== undefined && <p class="soft">{offline}</p>}
			<NowAlerts />
			{client.notices.value.length > 0 && <Notices />}
			{client.may("see_places") && <NowPlaces />}
			{invitations.map((one) => (
				<InvitationCard key={one.id} invitation={one} />
			))}
			{fresh.length > 0 && <News rooms={fresh} />}
			{cards.map((card) => (
				<FirstCard key={card.id} {...card} />
			))}
			{invitations.length + fresh.length + cards.length + client.notices.value.length + needing + placesNeeding() === 0 && (
				<Face
					icon="check"
					text={t("now.empty")}
					act={
						<Button kind="main" href={link({ at: "talk" })}>
							{t("now.to_talk")}
						</Button>
					}
				/>
			)}
		</div>
	);
}

/** How much of alerts stands on this screen. */
function alertsNeeding(): number {
	const known = alerts.value;
	if (!known) return 0;
	return (known.board.value ?? []).filter((one) => one.needsMe).length + known.drafts.value + known.notices.value.length;
}

function placesNeeding(): number {
	return places.value?.needing.value ?? 0;
}

/** A muted channel needs nobody, unless somebody calls its reader there. */
function isNew(room: Room): boolean {
	return client.muted.value.has(room.id) ? room.highlights > 0 : room.unread > 0 || room.marked;
}

function News({ rooms }: { rooms: Room[] }) {
	const sorted = rooms.toSorted((a, b) => b.highlights - a.highlights || b.unread - a.unread);
	const total = rooms.reduce((sum, room) => sum + room.unread, 0);
	return (
		<Card icon="talk" title={t("now.unread", { Count: total })}>
			<ul>
				{sorted.map((room) => (
					<li key={room.id}>
						<Unread room={room} />
					</li>
				))}
			</ul>
		</Card>
	);
}

function InvitationCard({ invitation }: { invitation: Invitation }) {
	const [busy, setBusy] = useState<"join" | "leave">();
	const waits = client.outbox.value.some(({ room, act }) => room === invitation.id && (act.kind === "join" || act.kind === "leave"));
	const answer = async (how: "join" | "leave") => {
		setBusy(how);
		try {
			const done = await client.channels[how](invitation.id);
			if (done === "waiting") toast(t("outbox.later"), "clock");
			else if (how === "join") go(invitation.space ? { at: "talk" } : { at: "channel", room: invitation.id, details: false });
		} catch (error) {
			toast(trouble(error), "warning");
		} finally {
			setBusy(undefined);
		}
	};
	return (
		<Card
			icon="invite"
			title={t("now.invitation", { Name: invitationName(invitation) })}
			acts={
				<>
					<Button kind="main" busy={busy === "join"} disabled={busy !== undefined || waits} onPress={() => void answer("join")}>
						{t("now.accept")}
					</Button>
					<Button busy={busy === "leave"} disabled={busy !== undefined || waits} onPress={() => void answer("leave")}>
						{t("now.decline")}
					</Button>
				</>
			}
		>
			{waits && <p class="soft">{t("outbox.later")}</p>}
			{invitation.byName !== undefined && (
				<Row lead={<Avatar name={invitation.byName} />} title={t("now.invited_by", { Name: invitation.byName })} />
			)}
		</Card>
	);
}

/** Straight to where a newcomer is expected: the first channel of their own organisation, else of the whole network. */
function ToHello() {
	const mine = me.value?.organisation?.id;
	const generals = [...client.rooms.value.values()].filter((room) => room.general);
	const home = generals.find((room) => mine !== undefined && spaceOf(room)?.about?.organisation === mine);
	const room = home ?? generals.find((one) => spaceOf(one)?.about?.kind === "network");
	if (!room || !client.may("send")) return null;
	return (
		<Button kind="main" icon="talk" href={link({ at: "channel", room: room.id, details: false })}>
			{t("first.to_talk")}
		</Button>
	);
}

interface First {
	id: string;
	icon: IconName;
	title: string;
	text: string;
}

/** The three things to know in the first minutes, until each was put away. */
function unseenCards(): First[] {
	const seen = client.settings.value.seen?.split(" ") ?? [];
	const all: First[] = [
		{ id: "where", icon: "compass", title: t("first.where_title"), text: t("first.where") },
		{ id: "leave", icon: "leave", title: t("first.leave_title"), text: t("first.leave") },
		{ id: "write", icon: "shield", title: t("first.write_title"), text: t("first.write") },
	];
	return all.filter((card) => !seen.includes(card.id));
}

function FirstCard({ id, icon, title, text }: First) {
	const putAway = () => {
		const seen = client.settings.peek().seen?.split(" ") ?? [];
		client.own.set({ seen: [...seen, id].join(" ").trim() }).catch((error: unknown) => toast(trouble(error), "warning"));
	};
	return (
		<Card
			icon={icon}
			title={title}
			acts={
				<>
					{id === "where" && <ToHello />}
					<Button kind="second" icon="check" onPress={putAway}>
						{t("first.understood")}
					</Button>
				</>
			}
		>
			<p>{text}</p>
		</Card>
	);
}
