import { type RoomId, roomId, userId } from "../wire/ids";
import type { Token } from "../wire/ids";
import type * as account from "./account";
import { emptyModel, type Model } from "./model";
import { settingsType } from "./settings";

/**
 * The account that opens where a person had to open something: it has nothing, knows nobody, and speaks to nobody. It is kept like any
 * other, sealed and under its PIN, so that nothing on the device tells it apart from an account that is merely new.
 */
export function nobody(): account.Me {
	const number = 1_000 + (crypto.getRandomValues(new Uint16Array(1))[0] ?? 0);
	return {
		id: userId(`@user${number}:${location.hostname}`),
		device: "1",
		name: `user${number}`,
		role: "observer",
		may: [],
		language: "",
		speaks: [],
		askAbout: "",
		networkSpace: roomId("" as RoomId),
		alone: true,
		retention: Number.POSITIVE_INFINITY,
	};
}

/** All that it has: nothing, and no cards for newcomers, who would be told what this app is for. */
export function blankModel(me: account.Me, settings: Model["accountData"]): Model {
	const chosen = settings.get(settingsType) ?? {};
	return {
		...emptyModel(me.id),
		next: "s1" as Token,
		accountData: new Map([[settingsType, { ...chosen, seen: "where leave write" }]]),
	};
}

const blanks: readonly (readonly [method: string, path: RegExp, answer: (name: string) => unknown])[] = [
	["GET", /\/organisations$/, () => ({ organisations: [] })],
	["GET", /\/hubs$/, () => ({ hubs: [] })],
	["GET", /\/countries\/leads$/, () => ({ leads: [] })],
	["GET", /\/people$/, () => ({ people: [] })],
	["GET", /\/alerts$/, () => ({ alerts: [], next: "" })],
	["GET", /\/invitations$/, () => ({ invitations: [] })],
	["GET", /\/corrections$/, () => ({ corrections: [] })],
	["GET", /\/hierarchy/, () => ({ rooms: [] })],
	[
		"GET",
		/\/_panah\/v1\/devices$/,
		(name) => ({ devices: [{ id: "1", name, created_at: Date.now(), seen_at: Date.now(), country: "", this: true }] }),
	],
	["GET", /\/_panah\/v1\/push$/, () => told],
	["PUT", /\/push\/preferences$/, () => ({})],
	["GET", /\/second-factor$/, () => ({ passkeys: [], totp: false, recovery_codes: 0, needed: false, required: false, passkeys_here: passkeysHere() })],
	["GET", /\/recoveries$/, () => ({ recoveries: [] })],
	["POST", /\/devices\/end-others$/, () => ({})],
	["PUT", /\/devices\/[^/]+$/, () => ({})],
	["GET", /\/devices$/, (name) => ({ devices: [{ device_id: "1", display_name: name, last_seen_ts: Date.now() }] })],
	["PUT", /\/me\/about$/, () => ({})],
	["POST", /\/v3\/search$/, () => ({ search_categories: { room_events: { count: 0, highlights: [], results: [] } } })],
	["POST", /\/media\/v3\/upload$/, () => ({ content_uri: `mxc://${location.hostname}/own` })],
	["GET", /\/media\/config$/, () => ({})],
	["PUT", /\/(account_data|profile|pushrules)\//, () => ({})],
	["POST", /\/corrections$/, () => ({})],
];

/** How a new account is told outside the app, by a hub that sends no mail. */
const told = {
	key: "",
	subscription: "",
	devices: 0,
	preferences: { push: ["alert", "direct", "mention"], mail: ["alert"], open: false, quiet: null },
	mails: false,
	address: "",
	pending: "",
};

/** Passkeys belong to a name; the hub offers them wherever it is called by one, and so it is believed here. */
const passkeysHere = (): boolean => isSecureContext && !/^[\d.]+$|:/.test(location.hostname);

/** What it is told in the hub's place; undefined where only a line that is down is believable. */
export function blankAnswer(method: string, path: string, deviceName: string): unknown {
	return blanks.find(([of, pattern]) => of === method && pattern.test(path))?.[2](deviceName);
}
