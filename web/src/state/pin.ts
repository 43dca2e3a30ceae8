import { random, type Sealed, sealBytes, unsealBytes } from "./seal";

/**
 * The lock of a device's store. The keys are sealed under a key that is derived from the PIN; beside them stands a second slot of the same
 * size, which holds either the mark of a second PIN or chance, so that nobody can tell whether there is one.
 *
 * What it protects against: somebody who holds the phone and tries, since tries are counted. What it does not: somebody who copies the
 * phone's memory tries all PINs of four digits in about a second, and of six in minutes, on one graphics card (600,000 rounds at some
 * 15,000 a second). A browser has no place for keys that such a copy would not have. Twelve digits hold for years. The guide says so.
 */
export interface Lock {
	readonly salt: Uint8Array<ArrayBuffer>;
	readonly rounds: number;
	readonly keys: Sealed;
	readonly second: Sealed;
}

/** What a PIN turned out to be. A second one becomes the first of a lock with other keys. */
export type Opened =
	| { readonly kind: "keys"; readonly keys: Uint8Array<ArrayBuffer> }
	| { readonly kind: "second"; readonly lock: (keys: Uint8Array<ArrayBuffer>) => Promise<Lock> }
	| { readonly kind: "wrong" };

/** OWASP Password Storage Cheat Sheet, PBKDF2 with SHA-256. About half a second on a cheap phone. */
const rounds = 600_000;
const saltSize = 16;
const places = { keys: "lock keys", second: "lock second" };

/** A PIN has 4 to 12 digits. */
export const goodPin = (pin: string): boolean => /^[0-9]{4,12}$/.test(pin);

/** Digits of any of the scripts as 0 to 9. */
export function digitsOf(typed: string): string {
	return typed.replace(/[۰-۹]/g, (d) => String(d.charCodeAt(0) - 0x6f0)).replace(/[٠-٩]/g, (d) => String(d.charCodeAt(0) - 0x660));
}

/** Locks keys away under a PIN, and notes a second PIN where there is one. */
export async function lock(keys: Uint8Array<ArrayBuffer>, pin: string, second: string | undefined): Promise<Lock> {
	const salt = random(saltSize);
	const own = await derive(pin, salt, rounds);
	const other = await (second === undefined ? chance() : derive(second, salt, rounds));
	return sealedLock(salt, rounds, own, other, keys);
}

async function sealedLock(salt: Lock["salt"], rounds: number, own: CryptoKey, other: CryptoKey, keys: Uint8Array<ArrayBuffer>): Promise<Lock> {
	return { salt, rounds, keys: await sealBytes(own, places.keys, keys), second: await sealBytes(other, places.second, random(keys.length)) };
}

/** Tries a PIN. It takes as long whatever comes out. */
export async function tryPin(held: Lock, pin: string): Promise<Opened> {
	const key = await derive(pin, held.salt, held.rounds);
	const [keys, second] = await Promise.all([attempt(key, places.keys, held.keys), attempt(key, places.second, held.second)]);
	if (keys) return { kind: "keys", keys };
	if (!second) return { kind: "wrong" };
	return { kind: "second", lock: async (fresh) => sealedLock(held.salt, held.rounds, key, await chance(), fresh) };
}

function attempt(key: CryptoKey, place: string, sealed: Sealed): Promise<Uint8Array<ArrayBuffer> | undefined> {
	return unsealBytes(key, place, sealed).catch(() => undefined); // the one way in which a wrong key shows
}

async function derive(pin: string, salt: Uint8Array<ArrayBuffer>, iterations: number): Promise<CryptoKey> {
	const typed = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveKey"]);
	return crypto.subtle.deriveKey({ name: "PBKDF2", hash: "SHA-256", salt, iterations }, typed, { name: "AES-GCM", length: 256 }, false, [
		"encrypt",
		"decrypt",
	]);
}

/** A key that nobody has. */
function chance(): Promise<CryptoKey> {
	return crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]) as Promise<CryptoKey>;
}
