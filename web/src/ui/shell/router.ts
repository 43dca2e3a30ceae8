import { signal } from "@preact/signals";

/** Where the person is. The address after # says the same, so back, forward and reload work; it never holds a secret. */
export type Route =
	| { at: "now" }
	| { at: "alerts" }
	/** An urgent alert, by its first event. */
	| { at: "alert"; id: string }
	| { at: "alerts-past" }
	| { at: "alerts-map" }
	| { at: "new-alert" }
	/** A new version of an alert. */
	| { at: "alert-update"; id: string }
	| { at: "alerts-waiting" }
	| { at: "translate-alerts" }
	| { at: "alert-figures" }
	| { at: "alert-exchange" }
	| { at: "drill"; id: string }
	/** Who of an organisation is on duty when. */
	| { at: "rota"; organisation: string }
	/** The places of the network in figures, their map, the year, and what became of a shelter's places. */
	| { at: "place-figures" }
	| { at: "place-map" }
	| { at: "place-year" }
	| { at: "place-ledger"; shelter: string }
	| { at: "places" }
	| { at: "find-place" }
	| { at: "places-past" }
	| { at: "place-request"; id: string }
	| { at: "shelter"; id: string }
	| { at: "shelter-edit"; id: string }
	| { at: "shelter-rota"; id: string }
	| { at: "new-shelter" }
	| { at: "journeys" }
	| { at: "places-danger" }
	| { at: "talk" }
	| {
			at: "channel";
			room: string;
			details: boolean /** A thread beside it, by its first post. */;
			thread?: string /** A post to show. */;
			post?: string;
	  }
	| { at: "new-channel"; space?: string }
	| { at: "browse" }
	/** What was written; within one channel, or everywhere. */
	| { at: "search"; room?: string }
	| { at: "people" }
	| { at: "organisation"; id: string }
	| { at: "new-organisation" }
	| { at: "invite-person"; organisation?: string }
	| { at: "invitations" }
	| { at: "person"; id: string }
	| { at: "network" }
	| { at: "homeless" }
	| { at: "reports" }
	| { at: "audit" }
	| { at: "settings" }
	| { at: "about" }
	| { at: "blocked" }
	| { at: "new-passphrase" }
	| { at: "leaving" }
	| { at: "lock" }
	| { at: "sign-in-settings" }
	| { at: "notices" }
	/** Who coordinates which country. */
	| { at: "leads" }
	| { at: "recoveries" }
	| { at: "recover" }
	| { at: "guide" }
	| { at: "corrections" }
	| { at: "outbox" }
	| { at: "sign-in" }
	| { at: "invite" };

type Plain = Exclude<Route["at"], "channel" | "organisation" | "person" | "alert" | "alert-update" | "drill" | "rota" | "place-ledger" | "place-request" | "shelter" | "shelter-edit" | "shelter-rota">;

const plain: Record<string, Plain> = {
	"": "now",
	now: "now",
	alerts: "alerts",
	"alerts/past": "alerts-past",
	"alerts/map": "alerts-map",
	"alerts/new": "new-alert",
	"alerts/waiting": "alerts-waiting",
	"alerts/translate": "translate-alerts",
	"alerts/figures": "alert-figures",
	"alerts/exchange": "alert-exchange",
	"places/figures": "place-figures",
	"places/map": "place-map",
	"places/year": "place-year",
	places: "places",
	"places/find": "find-place",
	"places/past": "places-past",
	"places/new": "new-shelter",
	"places/journeys": "journeys",
	"places/danger": "places-danger",
	talk: "talk",
	"talk/new": "new-channel",
	"talk/open": "browse",
	search: "search",
	people: "people",
	"people/new": "new-organisation",
	"people/invite": "invite-person",
	"people/invitations": "invitations",
	network: "network",
	"network/homeless": "homeless",
	"network/reports": "reports",
	"network/audit": "audit",
	settings: "settings",
	"settings/about": "about",
	"settings/blocked": "blocked",
	"settings/passphrase": "new-passphrase",
	"settings/leaving": "leaving",
	"settings/lock": "lock",
	"settings/sign-in": "sign-in-settings",
	"settings/notices": "notices",
	"people/recover": "recoveries",
	"people/coordinators": "leads",
	recover: "recover",
	guide: "guide",
	corrections: "corrections",
	outbox: "outbox",
	"sign-in": "sign-in",
	invite: "invite",
};

/** Reads an address's fragment. Whatever it does not know leads to the first screen. */
export function parse(hash: string): Route {
	const path = hash.replace(/^#?\/?/, "").replace(/\/$/, "");
	const known = plain[path];
	if (known) return { at: known } as Route; // more kinds than the compiler compares one by one
	const [first = "", second = "", third, fourth = ""] = path.split("/").map(decoded);
	if (first === "places" && second === "ledger" && third) return { at: "place-ledger", shelter: third };
	if (first === "alerts" && third === "update") return { at: "alert-update", id: second };
	if (first === "alerts" && third === "drill") return { at: "drill", id: second };
	if (first === "people" && third === "rota") return { at: "rota", organisation: second };
	if (first === "alerts") return { at: "alert", id: second };
	if (first === "places" && second === "request") return { at: "place-request", id: third ?? "" };
	if (first === "places" && second === "shelter") return { at: ofShelter[fourth] ?? "shelter", id: third ?? "" };
	if (first === "talk" && third === "new") return { at: "new-channel", space: second };
	if (first === "talk" && third === "thread") return { at: "channel", room: second, details: false, thread: fourth };
	if (first === "talk" && third === "post") return { at: "channel", room: second, details: false, post: fourth };
	if (first === "talk") return { at: "channel", room: second, details: third === "details" };
	if (first === "search") return { at: "search", room: second };
	if (first === "people" && third === "invite") return { at: "invite-person", organisation: second };
	if (first === "person") return { at: "person", id: second };
	if (first === "people") return { at: "organisation", id: second };
	return { at: "now" };
}

/** The screens behind a shelter's own. */
const ofShelter: Record<string, "shelter-edit" | "shelter-rota"> = { edit: "shelter-edit", rota: "shelter-rota" };

function decoded(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}

/** Writes the address of a place: the opposite of parse. */
export function link(route: Route): string {
	const of = (id: string, rest = "") => encodeURIComponent(id) + rest;
	switch (route.at) {
		case "channel":
			return `#/talk/${of(route.room, inChannel(route))}`;
		case "alert":
			return `#/alerts/${of(route.id)}`;
		case "alert-update":
			return `#/alerts/${of(route.id, "/update")}`;
		case "drill":
			return `#/alerts/${of(route.id, "/drill")}`;
		case "place-ledger":
			return `#/places/ledger/${of(route.shelter)}`;
		case "rota":
			return `#/people/${of(route.organisation, "/rota")}`;
		case "place-request":
			return `#/places/request/${of(route.id)}`;
		case "shelter":
			return `#/places/shelter/${of(route.id)}`;
		case "shelter-edit":
			return `#/places/shelter/${of(route.id, "/edit")}`;
		case "shelter-rota":
			return `#/places/shelter/${of(route.id, "/rota")}`;
		case "organisation":
			return `#/people/${of(route.id)}`;
		case "search":
			return route.room === undefined ? "#/search" : `#/search/${of(route.room)}`;
		case "person":
			return `#/person/${of(route.id)}`;
		case "new-channel":
			return route.space === undefined ? "#/talk/new" : `#/talk/${of(route.space, "/new")}`;
		case "invite-person":
			return route.organisation === undefined ? "#/people/invite" : `#/people/${of(route.organisation, "/invite")}`;
		default:
			return `#/${Object.keys(plain).findLast((path) => plain[path] === route.at) ?? ""}`;
	}
}

function inChannel({ details, thread, post }: Extract<Route, { at: "channel" }>): string {
	if (thread !== undefined) return `/thread/${encodeURIComponent(thread)}`;
	if (post !== undefined) return `/post/${encodeURIComponent(post)}`;
	return details ? "/details" : "";
}

/** The place that Esc and the back button of a screen lead to, one step up; nothing is above the tabs. */
export function above(route: Route): Route | undefined {
	switch (route.at) {
		case "channel":
			return route.details || route.thread !== undefined ? { at: "channel", room: route.room, details: false } : { at: "talk" };
		case "search":
			return route.room === undefined ? { at: "talk" } : { at: "channel", room: route.room, details: false };
		case "alert":
		case "alerts-past":
		case "alerts-map":
			return { at: "alerts" };
		case "new-alert":
		case "alerts-waiting":
		case "translate-alerts":
		case "alert-figures":
		case "alert-exchange":
			return { at: "alerts" };
		case "find-place":
		case "places-past":
		case "place-request":
		case "shelter":
		case "new-shelter":
		case "journeys":
		case "places-danger":
			return { at: "places" };
		case "shelter-edit":
		case "shelter-rota":
			return { at: "shelter", id: route.id };
		case "alert-update":
		case "drill":
			return { at: "alert", id: route.id };
		case "place-figures":
			return { at: "places" };
		case "place-map":
		case "place-year":
		case "place-ledger":
			return { at: "place-figures" };
		case "rota":
			return { at: "organisation", id: route.organisation };
		case "new-channel":
		case "browse":
			return { at: "talk" };
		case "organisation":
		case "person":
		case "new-organisation":
		case "invitations":
		case "network":
		case "recoveries":
		case "leads":
			return { at: "people" };
		case "homeless":
		case "reports":
		case "audit":
			return { at: "network" };
		case "invite-person":
			return route.organisation === undefined ? { at: "people" } : { at: "organisation", id: route.organisation };
		case "lock":
		case "about":
		case "blocked":
		case "new-passphrase":
		case "leaving":
		case "sign-in-settings":
		case "notices":
			return { at: "settings" };
		case "settings":
		case "guide":
		case "corrections":
		case "outbox":
			return { at: "now" };
		default:
			return undefined;
	}
}

export const route = signal<Route>({ at: "now" });

/**
 * What the browser's history may tell. `open`: every place has its address. `quiet`: no address names a channel, a person or an
 * organisation; the place is kept beside the address, where back, forward and reload find it. `empty`: there is nothing to go to, and
 * what an account before this one left in the history leads to the tab above it.
 */
export type Telling = "open" | "quiet" | "empty";

let telling: Telling = "open";

/** Says what the history may tell from now on; the address that stands there now is brought in line. */
export function tell(what: Telling): void {
	if (telling === what) return;
	telling = what;
	read();
}

/** The place whose address stands in the history for one that may not be named there. */
export function unnamed(of: Route): Route {
	switch (of.at) {
		case "channel":
			return { at: "talk" };
		case "alert":
			return { at: "alerts" };
		case "new-channel":
		case "search":
			return { at: of.at };
		case "alert-update":
		case "drill":
			return { at: "alerts" };
		case "place-ledger":
			return { at: "place-figures" };
		case "place-request":
		case "shelter":
		case "shelter-edit":
		case "shelter-rota":
			return { at: "places" };
		case "person":
		case "organisation":
		case "rota":
			return { at: "people" };
		case "invite-person":
			return { at: "invite-person" };
		default:
			return of;
	}
}

const forStaff = new Set<Route["at"]>([
	"new-organisation", "invite-person", "invitations", "network", "homeless", "reports", "audit", "recoveries", "leads",
	"place-figures", "place-map", "place-year", "place-ledger",
]);

const forThoseWhoAct = new Set<Route["at"]>(["new-alert", "alert-update", "alerts-waiting", "translate-alerts", "alert-figures", "alert-exchange", "drill"]);

const forThoseWhoSeePlaces = new Set<Route["at"]>([
	"places", "find-place", "places-past", "place-request", "shelter", "shelter-edit", "new-shelter", "journeys", "places-danger",
]);

/** Where a place leads in an account that has nothing and may do nothing. */
export function emptied(of: Route): Route {
	if (forStaff.has(of.at)) return { at: "people" };
	if (forThoseWhoAct.has(of.at)) return { at: "alerts" };
	if (forThoseWhoSeePlaces.has(of.at)) return { at: "now" };
	return of.at === "new-channel" || of.at === "browse" ? { at: "talk" } : unnamed(of);
}

/** Follows the address bar from now on. */
export function followAddress(): void {
	addEventListener("hashchange", read);
	addEventListener("popstate", read);
	addEventListener("click", followQuietly);
	read();
}

function read(): void {
	takeToken();
	const kept = (history.state as { place?: unknown } | null)?.place;
	const named = parse(typeof kept === "string" ? kept : location.hash);
	const place = telling === "empty" ? emptied(named) : named;
	if (telling !== "open" && (kept !== undefined || link(unnamed(place)) !== location.hash)) enter(place, "replace");
	if (link(place) !== link(route.peek())) route.value = place;
}

/** The browser writes the address of a link into its history before anybody is asked, so where it may not, links are followed here. */
function followQuietly(event: MouseEvent): void {
	if (telling === "open" || event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
	const to = (event.target as Element | null)?.closest?.('a[href^="#/"]')?.getAttribute("href");
	if (to === null || to === undefined) return;
	event.preventDefault();
	if (to !== link(route.peek())) go(parse(to));
}

export function go(to: Route, how: "push" | "replace" = "push"): void {
	const place = telling === "empty" ? emptied(to) : to;
	enter(place, how);
	route.value = place;
}

function enter(place: Route, how: "push" | "replace"): void {
	const address = link(telling === "open" ? place : unnamed(place));
	const state = address === link(place) ? null : { place: link(place) };
	if (how === "replace") history.replaceState(state, "", address);
	else history.pushState(state, "", address);
}

const kept = "panah.invitation";
const keptRecovery = "panah.recovery";

/**
 * The token of an invitation or a recovery leaves the address as soon as it was read, so that it stays neither in the history nor on the
 * screen. It waits in this tab alone, so that a reload in the middle of signing up loses nothing.
 */
export function takeToken(): void {
	const found = /^#\/(invite|recover)\/([^/?]+)/.exec(location.hash);
	if (!found?.[2]) return;
	sessionStorage.setItem(found[1] === "invite" ? kept : keptRecovery, decoded(found[2]));
	history.replaceState(null, "", `#/${found[1]}`);
}

export function recoveryToken(): string | null {
	return sessionStorage.getItem(keptRecovery);
}

export function forgetRecovery(): void {
	sessionStorage.removeItem(keptRecovery);
}

export function invitationToken(): string | null {
	return sessionStorage.getItem(kept);
}

export function forgetInvitation(): void {
	sessionStorage.removeItem(kept);
}
