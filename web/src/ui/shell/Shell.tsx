import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { speakInside, t } from "../../i18n";
import type { Room } from "../../state";
import { alerts, fetchAlerts } from "../alerts/here";
import { client } from "../client";
import { LeaveButton, useLeaving } from "./LeaveButton";
import { Button } from "../kit/Button";
import { Icon, type IconName } from "../kit/Icon";
import { LineState } from "../kit/LineState";
import { roomName } from "../names";
import { fetchPlaces, places } from "../places/here";
import { clock, dot, number } from "../say";
import { shownPane } from "./focus";
import { useKeys } from "./keys";
import { face, shownName } from "../lock/face";
import { OutboxLine } from "./OutboxLine";
import { laterInside } from "./later";
import { type Panes, panesOf } from "./panes";
import { picking } from "./picking";
import { above, go, link, type Route, route } from "./router";
import { NewVersion } from "./NewVersion";
import "./Shell.css";

const Incoming = laterInside(
	async () => ({ default: (await import("../alerts/begin")).Incoming }),
	() => null,
);
const Help = laterInside(() => import("./Help"));
const PickWords = laterInside(() => import("../screens/PickWords"));

/** What stands around every screen after sign-in: where one is, the state of the line, leaving quickly, and the tabs. */
export default function Shell() {
	const [help, setHelp] = useState(false);
	const here = route.value;
	useLeaving();
	useWaiting();
	useAlerts();
	useKeys({ help: () => setHelp(true) });
	useEffect(() => {
		if (here.at === "sign-in" || here.at === "invite" || here.at === "recover") go({ at: "now" }, "replace");
	}, [here]);
	const panes = panesOf(here);
	const title = titleOf(here);
	const name = shownName.value;
	useEffect(() => {
		document.title = here.at === "channel" || face.value !== "panah" ? name : `${title}${dot()}${name}`;
	}, [title, name, here]);
	return (
		<div class={here.at === "channel" ? "shell immersed" : "shell"}>
			<button type="button" class="skip" onClick={skip}>
				{t("app.skip")}
			</button>
			<Top title={title} here={here} onHelp={() => setHelp(true)} />
			<Tabs here={here} />
			<div class="notices">
				{alerts.value && alerts.value.incoming.value.length > 0 && <Incoming />}
				<OutboxLine />
				<NewVersion />
			</div>
			<PanesView panes={panes} here={here} title={title} />
			{help && <Help here={here} onClose={() => setHelp(false)} />}
			{picking.value && <PickWords />}
		</div>
	);
}

/** What waits for those who look after the network is asked for on coming back, and when the line does. */
function useWaiting(): void {
	const connected = client.line.value.state === "connected";
	useEffect(() => {
		const look = () => document.visibilityState === "visible" && void client.circle.loadWaiting().catch(() => undefined);
		if (connected) look();
		document.addEventListener("visibilitychange", look);
		return () => document.removeEventListener("visibilitychange", look);
	}, [connected]);
}

/** The part about urgent alerts comes as soon as the first screen stands, which it would keep waiting on a slow line; where there was no line for it, with the line. */
function useAlerts(): void {
	const stands = client.loaded.value;
	const connected = client.line.value.state === "connected";
	useEffect(() => {
		if (!stands) return;
		void speakInside(true).catch(() => undefined); // with the next line, where there is none
		void fetchAlerts();
		if (client.may("see_places")) void fetchPlaces();
	}, [stands, connected]);
}

function skip(): void {
	shownPane()?.focus();
}

function titleOf(here: Route): string {
	switch (here.at) {
		case "channel": {
			const room = [...client.rooms.value.values()].find((one) => one.id === here.room);
			return room ? roomName(room) : t("talk.title");
		}
		case "alerts":
		case "alert":
			return t("alerts.title");
		case "alerts-past":
			return t("alerts.past");
		case "alerts-map":
			return t("alerts.map");
		case "new-alert":
			return t("new_alert.title");
		case "alert-update":
			return t("new_alert.update");
		case "alerts-waiting":
			return t("waiting_alert.title");
		case "translate-alerts":
			return t("translate.title");
		case "alert-figures":
			return t("figures.title");
		case "place-figures":
			return t("place_figures.title");
		case "place-map":
			return t("alerts.map");
		case "place-year":
			return t("year.title");
		case "place-ledger":
			return t("ledger.title");
		case "alert-exchange":
			return t("exchange_with.title");
		case "drill":
			return t("drill.title");
		case "rota":
		case "shelter-rota":
			return t("rota.title");
		case "places":
		case "place-request":
			return t("places.title");
		case "find-place":
			return t("find_place.title");
		case "places-past":
			return t("places.past");
		case "shelter":
		case "shelter-edit":
			return t("shelter.title");
		case "new-shelter":
			return t("shelter.new");
		case "journeys":
			return t("journey.title");
		case "places-danger":
			return t("danger.title");
		case "new-channel":
			return t("new_channel.title");
		case "browse":
			return t("browse.title");
		case "search":
			return t("search.title");
		case "talk":
			return t("talk.title");
		case "people":
		case "organisation":
		case "person":
			return t("people.title");
		case "network":
			return t("overview.title");
		case "homeless":
			return t("overview.homeless");
		case "reports":
			return t("reports.title");
		case "audit":
			return t("audit.title");
		case "about":
			return t("about.title");
		case "blocked":
			return t("blocked.title");
		case "new-passphrase":
			return t("passphrase.title");
		case "leaving":
			return t("leaving.title");
		case "new-organisation":
			return t("new_organisation.title");
		case "invite-person":
			return t("invite_person.title");
		case "invitations":
			return t("invitations.title");
		case "settings":
			return t("settings.title");
		case "notices":
			return t("notices.title");
		case "sign-in-settings":
			return t("signin.title");
		case "leads":
			return t("leads.title");
		case "recoveries":
			return t("recoveries.title");
		case "lock":
			return t("lock.settings");
		case "guide":
			return t("guide.title");
		case "outbox":
			return t("outbox.title");
		case "corrections":
			return t("corrections.title");
		default:
			return t("now.title");
	}
}

/** Letters of a title that stand beside the buttons of a phone in one line of the common size. */
const longTitle = 12;
/** Letters of one that two smaller lines hold. */
const longerTitle = 32;

function lengthOf(title: string): "long" | "long longer" | undefined {
	if (title.length <= longTitle) return undefined;
	return title.length <= longerTitle ? "long" : "long longer";
}

function Top({ title, here, onHelp }: { title: string; here: Route; onHelp: () => void }) {
	const up = above(here);
	const details = here.at === "channel" ? { at: here.at, room: here.room, details: !here.details } : undefined;
	return (
		<header class="top">
			<span class="brand" aria-hidden="true">
				{shownName.value}
			</span>
			{up && (
				<Button
					href={link(up)}
					kind="quiet"
					icon="back"
					iconOnly
					class={here.at === "channel" && !here.details && here.thread === undefined ? "back within-list" : "back"}
				>
					{t("act.back")}
				</Button>
			)}
			<div class="where">
				<h1 class={lengthOf(title)} tabIndex={-1}>
					<bdi>{title}</bdi>
				</h1>
				<Line />
			</div>
			{details && (
				<Button href={link(details)} kind="quiet" icon="info" iconOnly>
					{t("channel.details")}
				</Button>
			)}
			{here.at !== "channel" && here.at !== "settings" && (
				<Button href={link({ at: "settings" })} kind="quiet" icon="settings" iconOnly>
					{t("settings.title")}
				</Button>
			)}
			<Button kind="quiet" icon="help" iconOnly class="to-help" onPress={onHelp}>
				{t("help.title")}
			</Button>
			<LeaveButton />
		</header>
	);
}

function Line() {
	const { state, since } = client.line.value;
	if (state === "connected") return <LineState line={state} words={t("line.connected")} />;
	if (state === "catching") return <LineState line={state} words={t("line.catching")} />;
	return <LineState line={state} words={t("line.offline_since", { Time: clock(since) })} />;
}

type Tab = "now" | "alerts" | "places" | "talk" | "people";

const tabOf: Record<Route["at"], Tab | undefined> = {
	now: "now",
	alerts: "alerts",
	alert: "alerts",
	"alerts-past": "alerts",
	"alerts-map": "alerts",
	"new-alert": "alerts",
	"alert-update": "alerts",
	"alerts-waiting": "alerts",
	"translate-alerts": "alerts",
	"alert-figures": "alerts",
	"alert-exchange": "alerts",
	drill: "alerts",
	rota: "people",
	"place-figures": "places",
	"place-map": "places",
	"place-year": "places",
	"place-ledger": "places",
	places: "places",
	"find-place": "places",
	"places-past": "places",
	"place-request": "places",
	shelter: "places",
	"shelter-edit": "places",
	"shelter-rota": "places",
	"new-shelter": "places",
	journeys: "places",
	"places-danger": "places",
	talk: "talk",
	channel: "talk",
	"new-channel": "talk",
	search: "talk",
	browse: "talk",
	people: "people",
	organisation: "people",
	"new-organisation": "people",
	"invite-person": "people",
	invitations: "people",
	person: "people",
	network: "people",
	homeless: "people",
	reports: "people",
	audit: "people",
	about: undefined,
	blocked: undefined,
	"new-passphrase": undefined,
	leaving: undefined,
	settings: undefined,
	lock: undefined,
	"sign-in-settings": undefined,
	notices: undefined,
	recoveries: "people",
	leads: "people",
	recover: undefined,
	guide: undefined,
	corrections: undefined,
	outbox: undefined,
	"sign-in": undefined,
	invite: undefined,
};

function Tabs({ here }: { here: Route }) {
	const unread = [...client.rooms.value.values()].reduce((sum, room) => sum + (room.space ? 0 : unreadOf(room)), 0);
	const needing = alerts.value?.board.value?.filter((one) => one.needsMe) ?? [];
	const told = places.value?.notices.value.length ?? 0;
	const waiting = (client.waiting.value?.organisations ?? 0) + (client.waiting.value?.reports ?? 0);
	const tabs: { tab: Tab; icon: IconName; name: string; count: number; words?: string }[] = [
		{ tab: "now", icon: "now", name: t("now.title"), count: client.invitations.value.length },
		{ tab: "alerts", icon: "alerts", name: t("alerts.title"), count: needing.length, words: t("alerts.waiting", { Count: needing.length }) },
		...(client.may("see_places") ? [{ tab: "places" as const, icon: "place" as const, name: t("places.title"), count: told, words: t("places.told", { Count: told }) }] : []),
		{ tab: "talk", icon: "talk", name: t("talk.title"), count: unread },
		{ tab: "people", icon: "people", name: t("people.title"), count: waiting, words: waiting > 0 ? t("overview.waiting", { Count: waiting }) : "" },
	];
	return (
		<nav class="tabs" aria-label={t("app.tabs")}>
			{tabs.map(({ tab, icon, name, count, words }) => (
				<a key={tab} href={link({ at: tab })} aria-current={tabOf[here.at] === tab ? "page" : undefined}>
					<Icon name={icon} />
					<span>{name}</span>
					{count > 0 && (
						<span class="badge">
							<span class="unseen">{words ?? t("talk.unread", { Count: count })}</span>
							<span aria-hidden="true">{count > 99 ? `${number(99)}+` : number(count)}</span>
						</span>
					)}
				</a>
			))}
		</nav>
	);
}

/** What is new in a channel. A muted one is silent unless somebody calls its reader. */
function unreadOf(room: Room): number {
	return client.muted.value.has(room.id) ? room.highlights : room.unread || (room.marked ? 1 : 0);
}

function PanesView({ panes, here, title }: { panes: Panes; here: Route; title: string }) {
	useFollowingFocus(here);
	const classes = ["panes", panes.list && "with-list", panes.side && "with-side"].filter(Boolean).join(" ");
	return (
		<main id="main" class={classes} data-show={panes.show} tabIndex={-1}>
			{panes.list && (
				<Pane kind="list" label={t("app.list")}>
					{panes.list}
				</Pane>
			)}
			<Pane kind="thing" label={title} talk={here.at === "channel"}>
				{panes.thing}
			</Pane>
			{panes.side && (
				<Pane kind="side" label={t("app.side")}>
					{panes.side}
				</Pane>
			)}
		</main>
	);
}

/**
 * Whoever goes somewhere with the keyboard or listens arrives there: at the line that leads back to where they were, else at
 * the heading, which says where they are. What a screen has given the focus to by itself keeps it.
 */
function useFollowingFocus(here: Route): void {
	const before = useRef(here);
	useEffect(() => {
		if (before.current === here) return;
		const from = link(before.current);
		before.current = here;
		const pane = shownPane();
		if (!pane || (pane !== document.activeElement && pane.contains(document.activeElement))) return;
		const line = pane.querySelector<HTMLElement>(`[data-row][href="${CSS.escape(from)}"]`);
		(line ?? document.querySelector<HTMLElement>(".top h1") ?? pane).focus({ preventScroll: line === null });
	}, [here]);
}

function Pane({ kind, label, talk, children }: { kind: Panes["show"]; label: string; talk?: boolean; children: ComponentChildren }) {
	return (
		<section class={`pane ${kind}-pane${talk ? " talk" : ""}`} data-pane={kind} aria-label={label} tabIndex={-1}>
			{children}
		</section>
	);
}
