import * as account from "../state/account";
import { inTurn } from "../state/kin";
import { Outbox, type Outgoing } from "../state/outbox";
import { perform } from "../state/perform";
import { keepSubscription } from "../state/push";
import { Vault } from "../state/vault";
import { Fault } from "../wire/fault";
import { bePatientFor } from "../wire/http";
import { overHttp } from "../wire/line";
import { meter } from "../wire/meter";
import { choose, type Files } from "./choose";
import { decide, decodeNote, type Note } from "./notice";
import { sendable, sendInOrder } from "./send";

declare const self: ServiceWorkerGlobalScope;
/** What the build has made: put in by it. */
declare const BUILD: { readonly version: string; readonly files: Files };

/** Background Sync (WICG), which the library of types does not have. */
interface SyncEvent extends ExtendableEvent {
	readonly tag: string;
	readonly lastChance: boolean;
}

const prefix = "panah-";
const cacheName = prefix + BUILD.version;
const { first, all, languages } = BUILD.files;

/**
 * Opens the app without a line, and sends what waits when there is one. It holds the program, and the program alone: answers of the hub
 * and files of people are neither looked at nor kept.
 */
self.addEventListener("install", (event) => {
	event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll(first)));
});

/** The version before stays beside this one, for pages of it that are still open; older ones go. */
self.addEventListener("activate", (event) => {
	event.waitUntil(Promise.all([removeOld(), self.clients.claim()]));
});

async function removeOld(): Promise<void> {
	const before = (await caches.keys()).filter((name) => name.startsWith(prefix) && name !== cacheName);
	await Promise.all(before.slice(0, -1).map((name) => caches.delete(name)));
}

self.addEventListener("fetch", (event) => {
	const { request } = event;
	const url = new URL(request.url);
	if (request.method !== "GET" || url.origin !== self.location.origin) return;
	const name = choose(url.pathname, request.mode === "navigate");
	if (name === undefined) return;
	event.respondWith(program(name, request));
});

/** A part of the program: from here, else from the hub, and kept if its name says that it never changes. */
async function program(name: string, request: Request): Promise<Response> {
	const own = await caches.open(cacheName);
	const kept = (await own.match(name)) ?? (await caches.match(name));
	if (kept) return kept;
	const answer = await fetch(request);
	if (answer.ok && name.startsWith("/assets/")) await own.put(name, answer.clone());
	return answer;
}

self.addEventListener("message", (event) => {
	const told = event.data as { kind?: string; language?: string; all?: boolean };
	if (told.kind === "take over") event.waitUntil(self.skipWaiting());
	if (told.kind === "rest") event.waitUntil(takeRest(told.language ?? "", told.all === true));
});

/** The other screens, and the words of the person's own language; one after the other, so that the line stays free for them. */
async function takeRest(language: string, everything: boolean): Promise<void> {
	const cache = await caches.open(cacheName);
	const own = languages[language] ?? [];
	const foreign = new Set(Object.entries(languages).flatMap(([tag, files]) => (tag === language ? [] : files)));
	for (const name of everything ? all : own) {
		if (foreign.has(name) || (await cache.match(name))) continue;
		await cache.add(name);
	}
}

/** Bytes over the line that no page has been told of. */
let untold = 0;
meter((bytes) => {
	untold += bytes;
	void tellUsed();
});

/** The line is the person's, whoever fetches over it: one of the pages adds it to what was used. */
async function tellUsed(): Promise<void> {
	const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
	const page = pages.find(({ url }) => new URL(url).pathname === "/");
	if (!page || untold === 0) return;
	page.postMessage({ kind: "used", bytes: untold });
	untold = 0;
}

/**
 * While the worker sends, a room's turn is its own. On a connection that died without a word it would keep a page waiting that has a line
 * again; a post of 64 KB takes half as long at 50 kbit/s.
 */
bePatientFor(20_000);

self.addEventListener("sync", (event) => {
	const { tag } = event as SyncEvent;
	if (tag === "send") (event as SyncEvent).waitUntil(settle());
});

/** Does what the device owes the hub. It throws while that is not done, so that the browser tries again. */
async function settle(): Promise<void> {
	if ((await Vault.errand()) === "end") return endSession();
	if ((await Vault.standing()) === "open") await sendOutbox();
	// Behind a PIN the outbox cannot be read, and waits for the person.
}

async function endSession(): Promise<void> {
	try {
		await account.signOut();
	} catch (error) {
		if (!(error instanceof Fault) || error.status !== 401) throw error;
	}
	await Vault.errandDone();
}

async function sendOutbox(): Promise<void> {
	const vault = await Vault.open();
	const me = await vault?.me();
	if (!vault || !me || me.alone) return vault?.close();
	const left = await sendInOrder(sendable(await vault.outbox()), (item) => inTurn(`send ${item.room}`, () => sendOne(vault, me.id, item)));
	vault.close();
	new BroadcastChannel("panah").postMessage("outbox");
	if (left > 0) throw new Error("the hub was not reached");
}

async function sendOne(vault: Vault, me: account.Me["id"], { txn }: Outgoing): Promise<boolean> {
	const item = await vault.waiting(txn);
	if (item?.state !== "waiting") return true; // a page was quicker
	const after = await Outbox.once(item, (one) => perform(one, me, overHttp));
	if (after === "later") return false;
	await (after === "done" ? vault.drop(txn) : vault.keep(after));
	return true;
}

/** Push API 9.3, which the library of types does not have. */
interface ChangeEvent extends ExtendableEvent {
	readonly oldSubscription?: PushSubscription | null;
	readonly newSubscription?: PushSubscription | null;
}

self.addEventListener("push", (event) => {
	const note = decodeNote(said(event.data));
	if (note) event.waitUntil(tell(note));
});

function said(data: PushMessageData | null): unknown {
	try {
		return data?.json();
	} catch {
		return undefined;
	}
}

/** Says that there is something, with what the hub has worded: no catalog has to be here. */
async function tell(note: Note): Promise<void> {
	const [told, errand, standing, pages, before] = await Promise.all([
		Vault.told(),
		Vault.errand(),
		Vault.standing(),
		self.clients.matchAll({ type: "window", includeUncontrolled: true }),
		self.registration.getNotifications({ tag: note.topic }),
	]);
	const watched = pages.some((page) => page.visibilityState === "visible" && new URL(page.url).pathname === "/");
	const already = before.some((one) => one.data !== note.id);
	const deed = decide(note, { told, owing: errand !== undefined, locked: standing === "locked", watched, already });
	if (deed === "end") await (await self.registration.pushManager.getSubscription())?.unsubscribe();
	else if (deed !== "leave") await self.registration.showNotification(deed.title, deed.options as NotificationOptions);
}

/** Opens the app where it stands, or anew. The address names nothing: whoever is there finds what is new on the first screen. */
self.addEventListener("notificationclick", (event) => {
	event.notification.close();
	event.waitUntil(open());
});

async function open(): Promise<void> {
	const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
	const page = pages.find(({ url }) => new URL(url).pathname === "/");
	await (page ? page.focus() : self.clients.openWindow("/"));
}

/** A push service may change the address under which it takes messages. A device that was emptied meanwhile gives none. */
self.addEventListener("pushsubscriptionchange", (event) => {
	const { oldSubscription, newSubscription } = event as ChangeEvent;
	(event as ChangeEvent).waitUntil(renew(oldSubscription ?? undefined, newSubscription ?? undefined));
});

async function renew(before: PushSubscription | undefined, after: PushSubscription | undefined): Promise<void> {
	const key = before?.options.applicationServerKey;
	if ((await Vault.told()) === undefined || (await Vault.errand())) return;
	if (after) return keepSubscription(after);
	if (key) await keepSubscription(await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key }));
}
