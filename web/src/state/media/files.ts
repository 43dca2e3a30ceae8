import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { freshTxn } from "../../wire/ids";
import { hasDatabase, removeDatabase } from "../databases";
import { type Keys, type Sealed, seal, sealBytes, unseal, unsealBytes } from "../seal";

/** What is known of a file that this device has. */
export interface About {
	/** Still to be sent, or fetched from the hub and kept so that it is not fetched twice. */
	readonly kind: "pending" | "kept";
	readonly size: number;
	readonly type: string;
	/** When it was last of use, Unix milliseconds. */
	readonly used: number;
}

interface Schema extends DBSchema {
	/** What is known of each file, sealed, by its id. */
	files: { key: string; value: Sealed };
	/** The bytes of each file in pieces, each sealed for its place. */
	pieces: { key: [string, number]; value: Sealed };
}

/** Bytes in one piece: all that is ever in memory of a file that is sent or sealed. */
export const pieceSize = 256 * 1024;

const database = "panah.files";
const pieceOf = (id: string, n: number) => `piece ${id} ${n}`;
const aboutOf = (id: string) => `file ${id}`;

/**
 * Files on this device, in pieces that are sealed under the keys of the vault: without those they open to nobody. Ids tell nothing. A
 * browser that keeps nothing, or has no room left, holds files in memory as long as the page is open.
 */
export class Files {
	private readonly held = new Map<string, { readonly blob: Blob; readonly about: About }>();
	private db: Promise<IDBPDatabase<Schema>> | undefined;

	constructor(private readonly keys: Keys | undefined) {}

	/** Takes a file in. False when it will not survive the page. */
	async put(id: string, blob: Blob, about: Omit<About, "size" | "type">): Promise<boolean> {
		const whole: About = { ...about, size: blob.size, type: blob.type };
		if (this.keys && (await this.write(this.keys, id, blob, whole))) return true;
		this.held.set(id, { blob, about: whole });
		return false;
	}

	/** The pieces first: a file that is known is whole. */
	private async write(keys: Keys, id: string, blob: Blob, about: About): Promise<boolean> {
		try {
			const db = await this.open();
			for (let n = 0; n * pieceSize < blob.size; n++) {
				const bytes = new Uint8Array(await blob.slice(n * pieceSize, (n + 1) * pieceSize).arrayBuffer());
				await db.put("pieces", await sealBytes(keys.seal, pieceOf(id, n), bytes), [id, n]);
			}
			await db.put("files", await seal(keys, aboutOf(id), about), id);
			return true;
		} catch (error) {
			if (!(error instanceof DOMException)) throw error;
			await this.drop(id).catch(() => undefined); // no room, or a browser that keeps nothing
			return false;
		}
	}

	async about(id: string): Promise<About | undefined> {
		const held = this.held.get(id);
		if (held || !this.keys) return held?.about;
		const sealed = await (await this.open()).get("files", id);
		return sealed && unseal<About>(this.keys, aboutOf(id), sealed);
	}

	/** The whole file. */
	async read(id: string): Promise<Blob | undefined> {
		const about = await this.about(id);
		return about && this.slice(id, about, 0, about.size);
	}

	/** A part of a file, of which only the pieces that it lies in are opened. */
	async slice(id: string, about: About, from: number, to: number): Promise<Blob> {
		const held = this.held.get(id);
		if (held) return held.blob.slice(from, to, about.type);
		const first = Math.floor(from / pieceSize);
		const parts: BlobPart[] = [];
		for (let n = first; n * pieceSize < Math.min(to, about.size); n++) parts.push(await this.piece(id, n));
		return new Blob(parts).slice(from - first * pieceSize, to - first * pieceSize, about.type);
	}

	private async piece(id: string, n: number): Promise<Uint8Array<ArrayBuffer>> {
		const sealed = await (await this.open()).get("pieces", [id, n]);
		if (!sealed || !this.keys) throw new Error(`piece ${n} of a file is gone`);
		return unsealBytes(this.keys.seal, pieceOf(id, n), sealed);
	}

	/** Notes that a file was of use. */
	async used(id: string, about: About, at: number): Promise<void> {
		if (this.keys && !this.held.has(id))
			await (await this.open()).put("files", await seal(this.keys, aboutOf(id), { ...about, used: at }), id);
	}

	async drop(id: string): Promise<void> {
		this.held.delete(id);
		if (!this.keys) return;
		const tx = (await this.open()).transaction(["files", "pieces"], "readwrite");
		await Promise.all([tx.objectStore("files").delete(id), tx.objectStore("pieces").delete(allPieces(id)), tx.done]);
	}

	/** All files that can be opened. */
	async all(): Promise<Map<string, About>> {
		const found = new Map([...this.held].map(([id, { about }]) => [id, about]));
		for (const id of await this.ids()) {
			const about = await this.about(id).catch(() => undefined);
			if (about) found.set(id, about);
		}
		return found;
	}

	/** What cannot be opened is of no use, and goes. Not at any time: while a device gets its PIN there are files that only its next keys open. */
	async dropUnreadable(): Promise<void> {
		for (const id of await this.ids()) if (!(await this.about(id).catch(() => undefined))) await this.drop(id);
	}

	private async ids(): Promise<string[]> {
		return this.keys ? (await this.open()).getAllKeys("files") : [];
	}

	/** Forgets what came from the hub; what is still to be sent stays. */
	async forgetKept(): Promise<void> {
		for (const [id, about] of await this.all()) if (about.kind === "kept") await this.drop(id);
	}

	close(): void {
		void this.db?.then((db) => db.close());
		this.db = undefined;
		this.held.clear();
	}

	private open(): Promise<IDBPDatabase<Schema>> {
		this.db ??= openFiles();
		return this.db;
	}
}

const allPieces = (id: string) => IDBKeyRange.bound([id, 0], [id, Number.POSITIVE_INFINITY]);

/** Throws away every file on this device. */
export async function destroyFiles(): Promise<void> {
	if (!(await hasDatabase(database))) return;
	const db = await openFiles();
	await Promise.all([db.clear("files"), db.clear("pieces")]);
	db.close();
}

/** Takes the database itself away. */
export const removeFiles = (): Promise<void> => removeDatabase(database);

/**
 * Seals under fresh keys what is still to be sent, piece by piece, and throws the rest away: it can be fetched again. What was sealed before
 * stays beside it until the keys have changed, so that a page that is closed in the middle loses nothing. Gives under which ids it stands.
 */
export async function resealFiles(before: Keys, after: Keys): Promise<ReadonlyMap<string, string>> {
	const ids = new Map<string, string>();
	if (!(await hasDatabase(database))) return ids;
	const db = await openFiles();
	const files = new Files(before);
	await files.forgetKept();
	for (const [id, about] of await files.all()) {
		const next = freshTxn();
		for (let n = 0; n * pieceSize < about.size; n++) {
			const sealed = await db.get("pieces", [id, n]);
			if (!sealed) continue;
			const bytes = await unsealBytes(before.seal, pieceOf(id, n), sealed);
			await db.put("pieces", await sealBytes(after.seal, pieceOf(next, n), bytes), [next, n]);
		}
		await db.put("files", await seal(after, aboutOf(next), about), next);
		ids.set(id, next);
	}
	files.close();
	db.close();
	return ids;
}

function openFiles(): Promise<IDBPDatabase<Schema>> {
	return openDB<Schema>(database, 1, {
		upgrade(db) {
			db.createObjectStore("files");
			db.createObjectStore("pieces");
		},
	});
}
