import { effect, signal } from "@preact/signals";
import { client } from "../client";

/** What the page may tell its worker. */
export type ToWorker =
	/** Take the words of this language in, and all other screens where the line has nothing else to do. */
	| { readonly kind: "rest"; readonly language: string; readonly all: boolean }
	/** Take over from the version before. */
	| { readonly kind: "take over" };

/** Background Sync, which not all browsers have (WICG). */
interface Syncing {
	readonly sync?: { register(tag: string): Promise<void> };
}

interface Connection {
	readonly saveData?: boolean;
	readonly effectiveType?: string;
	readonly type?: string;
}

/** What the worker tells a page: it has used the line. */
interface FromWorker {
	readonly kind: "used";
	readonly bytes: number;
}

export const sendTag = "send";

/** Whether a newer version of the program is here and waits. */
export const versionReady = signal(false);

/** How long the page rests before the rest of the program is fetched, milliseconds. */
const restAfter = 8_000;

/**
 * Has a worker open the app without a line, once somebody is signed in who wants to keep things here: at the door, and on a device that
 * others use too, nothing is installed. It waits until there is something to see, since it would share a slow line with that.
 */
export function followWorker(): () => void {
	if (!("serviceWorker" in navigator)) return () => undefined;
	client.wantWorker = () => void askForSync();
	const hear = ({ data }: MessageEvent<FromWorker>) => {
		if (data.kind === "used") client.countUse(data.bytes);
	};
	navigator.serviceWorker.addEventListener("message", hear);
	navigator.serviceWorker.startMessages();
	const end = effect(() => {
		const session = client.session.value;
		if (session.kind === "in" && !session.me.brief && client.loaded.value) void install();
	});
	return () => {
		navigator.serviceWorker.removeEventListener("message", hear);
		end();
	};
}

let installed: Promise<ServiceWorkerRegistration | undefined> | undefined;

function install(): Promise<ServiceWorkerRegistration | undefined> {
	installed ??= navigator.serviceWorker.register("/sw.js").then(
		(registration) => {
			watch(registration);
			later(registration);
			return registration;
		},
		() => undefined, // a browser that does not allow it opens with a line only
	);
	return installed;
}

/** Notes when a new version has come in beside the one that runs. */
function watch(registration: ServiceWorkerRegistration): void {
	const look = () => {
		versionReady.value = registration.waiting !== null && navigator.serviceWorker.controller !== null;
	};
	registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", look));
	look();
}

/** The screens that are not needed yet come when the page has rested, and only on a line that is not dear. */
function later(registration: ServiceWorkerRegistration): void {
	setTimeout(() => {
		const told: ToWorker = { kind: "rest", language: document.documentElement.lang, all: !dear() };
		const tell = () => void navigator.serviceWorker.ready.then(() => registration.active?.postMessage(told));
		if ("requestIdleCallback" in window) requestIdleCallback(tell);
		else tell();
	}, restAfter);
}

/** Whether the line is slow, or the person saves data. */
function dear(): boolean {
	const line = (navigator as { readonly connection?: Connection }).connection;
	return line?.saveData === true || /2g/.test(line?.effectiveType ?? "");
}

/** Asks the browser to wake the worker when there is a line. */
async function askForSync(): Promise<void> {
	const registration = (await navigator.serviceWorker.getRegistration()) as (ServiceWorkerRegistration & Syncing) | undefined;
	await registration?.sync?.register(sendTag).catch(() => undefined); // the person may have forbidden it: then the next start sends
}

export function openNewVersion(): void {
	navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
	void navigator.serviceWorker.getRegistration().then((registration) => registration?.waiting?.postMessage({ kind: "take over" } satisfies ToWorker));
}
