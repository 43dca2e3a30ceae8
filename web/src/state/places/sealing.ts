import { list, object, string } from "../../wire/decode";
import { Fault } from "../../wire/fault";
import { nothing, path, request } from "../../wire/http";
import { freshTxn, type UserId } from "../../wire/ids";
import type { Keeping } from "../client/keeping";
import type { Known } from "../client/known";
import { decodeNote, type SealedNote } from "./model";

/** A note as this device reads it. */
export interface OpenNote {
	readonly id: string;
	readonly user: UserId;
	readonly at: number;
	/** Undefined where it was not sealed to this device: written before it came, or for others. */
	readonly text: string | undefined;
}

/**
 * What is needed for an arrival, sealed on a device to the devices of both sides (age, X25519). The secret key stays on its device, kept as all
 * else is; the hub is told the public one, and never sees a note in clear.
 */
export class Sealing {
	/** The secret key of whoever is here; of a device that keeps nothing it lives with the page. */
	private secret: { readonly of: UserId; readonly key: Promise<string> } | undefined;
	/** What was written and not answered yet, so that trying again sends the same. */
	private pending: { readonly request: string; readonly text: string; readonly body: { readonly txn_id: string; readonly sealed: string } } | undefined;

	constructor(
		private readonly here: Known,
		private readonly keeping: Keeping,
	) {}

	/** Has the hub know this device's key, so that others can write to it. */
	async ready(): Promise<void> {
		await this.key();
	}

	private key(): Promise<string> {
		const { me } = this.here.model.peek();
		if (this.secret?.of !== me) {
			const key = this.make();
			this.secret = { of: me, key };
			key.catch(() => {
				if (this.secret?.key === key) this.secret = undefined;
			});
		}
		return this.secret.key;
	}

	private async make(): Promise<string> {
		const { generateX25519Identity, identityToRecipient } = await import("age-encryption");
		const kept = await this.keeping.vault?.placeKey();
		const key = kept ?? (await generateX25519Identity());
		if (kept === undefined) await this.keeping.vault?.setPlaceKey(key);
		await request("PUT", "/_panah/v1/places/key", nothing, { body: { recipient: await identityToRecipient(key) } });
		return key;
	}

	/** Seals words to the devices of both sides of a request. Trying again after a broken line sends the same once. */
	async write(id: string, text: string): Promise<void> {
		if (this.pending?.request !== id || this.pending.text !== text) this.pending = { request: id, text, body: { txn_id: freshTxn(), sealed: await this.sealed(id, text) } };
		await request("POST", path`/_panah/v1/places/requests/${id}/notes`, nothing, { body: this.pending.body });
		this.pending = undefined;
	}

	private async sealed(id: string, text: string): Promise<string> {
		const [{ Encrypter }] = await Promise.all([import("age-encryption"), this.key()]);
		const keys = await request("GET", path`/_panah/v1/places/requests/${id}/keys`, (v) => list((one) => string(object(one)["recipient"]))(object(v)["keys"]));
		const sealer = new Encrypter();
		for (const key of keys) sealer.addRecipient(key);
		return base64(await sealer.encrypt(text));
	}

	/** Reads the notes of a request; each as far as it was sealed to this device. */
	async read(id: string): Promise<OpenNote[]> {
		const key = await this.key();
		const notes = await request("GET", path`/_panah/v1/places/requests/${id}/notes`, (v) => list(decodeNote)(object(v)["notes"]));
		return Promise.all(notes.map(async (note) => ({ id: note.id, user: note.user, at: note.at, text: await opened(note, key) })));
	}
}

async function opened({ sealed }: SealedNote, key: string): Promise<string | undefined> {
	const { Decrypter } = await import("age-encryption");
	const opener = new Decrypter();
	opener.addIdentity(key);
	try {
		return await opener.decrypt(bytesOf(sealed), "text");
	} catch (error) {
		if (error instanceof Fault) throw error;
		return undefined; // sealed to other devices
	}
}

const base64 = (bytes: Uint8Array): string => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
const bytesOf = (text: string): Uint8Array => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
