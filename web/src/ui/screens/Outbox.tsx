import { t } from "../../i18n";
import { type Outgoing, own } from "../../state";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Icon, type IconName } from "../kit/Icon";
import { List, Row } from "../kit/List";
import { TimeAgo } from "../kit/TimeAgo";
import { shareSent } from "../media/waiting";
import { roomName } from "../names";
import { ago, dot, moment, now, number } from "../say";
import { shown, troubled } from "../shell/OutboxLine";
import { places } from "../places/here";
import { raise } from "../raise/here";
import { go, link } from "../shell/router";
import { asOf } from "./load";

/** All that was written or changed here and is not at the hub yet, with what can be done about it. */
export default function OutboxScreen() {
	return (
		<div class="column stack">
			<p class="soft">{t("outbox.what")}</p>
			<List
				label={t("outbox.title")}
				items={shown(client.outbox.value)}
				loading={t("act.loading")}
				asOf={asOf()}
				empty={{ text: t("outbox.empty"), icon: "check" }}
				render={(item) => (
					<li key={item.txn}>
						<One item={item} />
					</li>
				)}
			/>
		</div>
	);
}

const icons: Partial<Record<Outgoing["act"]["kind"], IconName>> = {
	settings: "settings",
	name: "people",
	mute: "muted",
	invite: "invite",
	leave: "door",
	alert: "alarm",
	translation: "language",
	place: "place",
};

function One({ item }: { item: Outgoing }) {
	const room = client.rooms.value.get(item.room);
	const words = wordsOf(item);
	return (
		<>
			<Row
				{...(item.room !== own && item.act.kind !== "alert" && item.act.kind !== "translation" && item.act.kind !== "place" && { href: link({ at: "channel", room: item.room, details: false }) })}
				lead={<Icon name={icons[item.act.kind] ?? "talk"} />}
				title={t(`outbox.${item.act.kind}`)}
				detail={
					<>
						{room && <bdi>{roomName(room)}</bdi>}
						{words !== undefined && (
							<>
								{room && dot()}
								<span dir="auto">{words}</span>
							</>
						)}
					</>
				}
				end={<TimeAgo at={item.at} ago={ago(item.at, now.value)} moment={moment(item.at)} />}
			/>
			{item.state === "failed" && <Banner tone="danger">{t(item.error?.key ?? "error.internal", item.error?.args)}</Banner>}
			{item.state === "conflict" && <Banner tone="warn">{t("outbox.is_conflict")}</Banner>}
			<div class="row outbox-acts">
				{!troubled(item) && <span class="soft">{standingOf(item)}</span>}
				{troubled(item) && (
					<Button icon="refresh" onPress={() => client.talk.retry(item.txn)}>
						{t("act.try_again")}
					</Button>
				)}
				{item.act.kind === "alert" && item.state !== "sending" && (
					<Button icon="write" onPress={() => reopen(item.txn)}>
						{t("outbox.open_alert")}
					</Button>
				)}
				{item.act.kind === "place" && item.act.draft !== "" && item.state !== "sending" && (
					<Button icon="write" onPress={() => reopenWish(item.txn)}>
						{t("outbox.open_alert")}
					</Button>
				)}
				{item.act.kind === "translation" && item.state !== "sending" && (
					<Button icon="write" onPress={() => reopenTranslation(item.txn)}>
						{t("outbox.open_alert")}
					</Button>
				)}
				{item.state !== "sending" && (
					<Button kind="quiet" icon="erase" onPress={() => client.talk.discard(item.txn)}>
						{t("post.discard")}
					</Button>
				)}
			</div>
		</>
	);
}

/** Back to the form that an alert was written in. */
function reopen(txn: string): void {
	const update = raise.reopen(txn);
	go(update === undefined ? { at: "new-alert" } : { at: "alert-update", id: update });
}

/** Back to what was asked of shelters. */
function reopenWish(txn: string): void {
	if (places.peek()?.reopen(txn)) go({ at: "find-place" });
}

/** Back to the words, among those that want translating. */
function reopenTranslation(txn: string): void {
	raise.reopenTranslation(txn);
	go({ at: "translate-alerts" });
}

/** Where it stands: of a file also how much of it has gone. */
function standingOf({ txn, state, file, fleeting }: Outgoing): string {
	if (state === "sending" && client.line.value.state === "connected") return t("outbox.is_sending");
	if (fleeting) return t("media.keep_open");
	if (file?.paused) return t("media.paused");
	const share = file && shareSent(txn, file);
	return share === undefined ? t("outbox.is_waiting") : t("media.share_sent", { Share: number(share) });
}

/** The first words of a post, or the name that somebody gave themselves. */
function wordsOf({ act }: Outgoing): string | undefined {
	if (act.kind === "name") return act.name;
	if (act.kind === "translation") return act.text.slice(0, 80);
	const body = act.kind === "send" ? act.content["body"] : undefined;
	return typeof body === "string" ? body.slice(0, 80) : undefined;
}
