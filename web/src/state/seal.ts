/**
 * The sealing of what a device keeps: AES-GCM by the browser's own cryptography. Every record is sealed for its store, so that none is
 * taken for what it is not; the names of records are keyed hashes, so that they tell nothing of channels either.
 */

export interface Sealed {
	readonly iv: Uint8Array<ArrayBuffer>;
	readonly bytes: ArrayBuffer;
}

/** The two keys, once they are open. They cannot be read out of the browser again. */
export interface Keys {
	readonly seal: CryptoKey;
	readonly name: CryptoKey;
}

const keySize = 32;
const ivSize = 12;

/** Whether this page may use cryptography at all: browsers give it to safe origins only. */
export const canSeal = (): boolean => globalThis.crypto?.subtle !== undefined;

export function random(size: number): Uint8Array<ArrayBuffer> {
	return crypto.getRandomValues(new Uint8Array(size));
}

/** Fresh keys as bytes, for whoever has to lock them away first. */
export const freshKeys = (): Uint8Array<ArrayBuffer> => random(2 * keySize);

export async function importKeys(raw: Uint8Array<ArrayBuffer>): Promise<Keys> {
	const [seal, name] = await Promise.all([
		crypto.subtle.importKey("raw", raw.slice(0, keySize), "AES-GCM", false, ["encrypt", "decrypt"]),
		crypto.subtle.importKey("raw", raw.slice(keySize), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]),
	]);
	return { seal, name };
}

/** Seals a value for one place. */
export async function seal(keys: Pick<Keys, "seal">, place: string, value: unknown): Promise<Sealed> {
	return sealBytes(keys.seal, place, new TextEncoder().encode(JSON.stringify(value, withMaps)));
}

/** Opens what was sealed for a place; throws when it was not, or by another key. */
export async function unseal<T>(keys: Pick<Keys, "seal">, place: string, sealed: Sealed): Promise<T> {
	return JSON.parse(new TextDecoder().decode(await unsealBytes(keys.seal, place, sealed)), asMaps) as T;
}

export async function sealBytes(key: CryptoKey, place: string, bytes: Uint8Array<ArrayBuffer>): Promise<Sealed> {
	const iv = random(ivSize);
	return { iv, bytes: await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: new TextEncoder().encode(place) }, key, bytes) };
}

export async function unsealBytes(key: CryptoKey, place: string, { iv, bytes }: Sealed): Promise<Uint8Array<ArrayBuffer>> {
	const additionalData = new TextEncoder().encode(place);
	return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, bytes));
}

/** The name of a record: the same for the same text, and telling nothing of it. */
export async function hiddenName(keys: Pick<Keys, "name">, text: string): Promise<string> {
	const hash = new Uint8Array(await crypto.subtle.sign("HMAC", keys.name, new TextEncoder().encode(text)));
	return btoa(String.fromCharCode(...hash.slice(0, 18)));
}

const mark = "$map";

/** JSON knows no maps. */
function withMaps(_key: string, value: unknown): unknown {
	return value instanceof Map ? { [mark]: [...value] } : value;
}

function asMaps(_key: string, value: unknown): unknown {
	const entries = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[mark] : undefined;
	return Array.isArray(entries) ? new Map(entries as [unknown, unknown][]) : value;
}
