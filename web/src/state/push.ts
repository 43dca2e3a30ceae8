import { signal } from "@preact/signals";
import { boolean, type Json, list, number, object, string } from "../wire/decode";
import { unreachable } from "../wire/fault";
import { request } from "../wire/http";
import type { Quiet } from "./quiet";
import { Vault } from "./vault";

const ours = "/_panah/v1/push";
const nothing = (): void => undefined;

/** What people choose by, the weightiest first. */
export const noticeKinds = ["alert", "direct", "mention", "message"] as const;
export type NoticeKind = (typeof noticeKinds)[number];

/** The quiet hours of whoever is here, as they were read or set last; null for none, and until they were read. */
export const quietHours = signal<Quiet | null>(null);

export interface Preferences {
	readonly push: readonly NoticeKind[];
	readonly mail: readonly NoticeKind[];
	/** Devices show who writes, and what. */
	readonly open: boolean;
	readonly quiet: Quiet | null;
}

/** How the person is told outside the app. */
export interface Telling {
	/** By which the browser asks its push service. */
	readonly key: string;
	/** This device is told. */
	readonly here: boolean;
	readonly devices: number;
	readonly preferences: Preferences;
	/** The hub can send mail. */
	readonly mails: boolean;
	readonly address: string;
	readonly pending: string;
}

const decodeKinds = (value: unknown): NoticeKind[] => {
	const given = list(string)(value);
	return noticeKinds.filter((kind) => given.includes(kind));
};

function decodeQuiet(value: unknown): Quiet | null {
	if (value === null || value === undefined) return null;
	const q = object(value);
	return { from: string(q["from"]), until: string(q["until"]), zone: string(q["zone"]) };
}

function decodeTelling(value: unknown): Telling & { readonly subscription: string } {
	const v: Json = object(value);
	const p = object(v["preferences"]);
	return {
		key: string(v["key"]),
		subscription: string(v["subscription"]),
		here: false,
		devices: number(v["devices"]),
		preferences: {
			push: decodeKinds(p["push"]),
			mail: decodeKinds(p["mail"]),
			open: boolean(p["open"]),
			quiet: decodeQuiet(p["quiet"]),
		},
		mails: boolean(v["mails"]),
		address: string(v["address"]),
		pending: string(v["pending"]),
	};
}

/** How things stand. This device is told only while the hub, the browser and the device's own store agree on it. */
export async function telling(): Promise<Telling> {
	const { subscription, ...told } = await request("GET", ours, decodeTelling);
	quietHours.value = told.preferences.quiet;
	const [kept, granted] = [await Vault.told(), (await browserSubscription()) !== undefined && Notification.permission === "granted"];
	return { ...told, here: subscription !== "" && subscription === kept && granted };
}

export const readQuiet = (): Promise<Quiet | null> => request("GET", ours, (value) => decodeTelling(value).preferences.quiet);

export async function setPreferences(wish: Preferences): Promise<void> {
	await request("PUT", `${ours}/preferences`, nothing, { body: wish });
	quietHours.value = wish.quiet;
}

/** Has a notice come to all of the person's devices, to see whether they arrive. */
export const tryNotices = (): Promise<void> => request("POST", `${ours}/test`, nothing, { body: {} });

/** Has a code sent to an address, which counts once the code has come back. */
export const askAddress = (address: string): Promise<void> => request("PUT", `${ours}/mail`, nothing, { body: { address } });

export const confirmAddress = (code: string): Promise<void> => request("POST", `${ours}/mail/confirm`, nothing, { body: { code } });

export const forgetAddress = (): Promise<void> => request("DELETE", `${ours}/mail`, nothing);

/** Whether this browser can be told at all. */
export const canBeTold = (): boolean => "serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis;

/** What the browser lets this app do; it is asked only when the person has pressed something. */
export const allowed = (): NotificationPermission => (canBeTold() ? Notification.permission : "denied");

/** Has this device be told, once the browser allows it. */
export async function turnOn(key: string): Promise<void> {
	if (key === "") throw unreachable();
	const registration = await navigator.serviceWorker.ready;
	await (await registration.pushManager.getSubscription())?.unsubscribe(); // it may be another account's, or bound to another key
	const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
	await keepSubscription(subscription);
}

/** Gives the hub what the browser was given, and notes by which name the hub will call. */
export async function keepSubscription(subscription: PushSubscription): Promise<void> {
	const id = await request("PUT", `${ours}/subscription`, (v) => string(object(v)["subscription"]), { body: subscription.toJSON() });
	await Vault.setTold(id);
}

export async function turnOff(): Promise<void> {
	await Vault.setTold(undefined);
	await endSubscription();
	await request("DELETE", `${ours}/subscription`, nothing);
}

async function browserSubscription(): Promise<PushSubscription | undefined> {
	if (!canBeTold()) return undefined;
	const registration = await navigator.serviceWorker.getRegistration();
	return (await registration?.pushManager.getSubscription()) ?? undefined;
}

/** Has the browser's push service take nothing more for this device. What it cannot do now is done when the next message comes. */
export async function endSubscription(): Promise<void> {
	await (await browserSubscription().catch(() => undefined))?.unsubscribe().catch(() => undefined);
}
