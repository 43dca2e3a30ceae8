import { type ReadonlySignal, signal } from "@preact/signals";
import { lenient } from "../../wire/decode";
import { nothing, path, request } from "../../wire/http";
import type { UserId } from "../../wire/ids";
import { type Cut, download, type MediaUri, mediaUri } from "../../wire/media";
import { hiddenName, type Keys } from "../seal";
import { Files } from "./files";

/** What is kept of files that were fetched, in bytes; the least recently used go first. */
export const keptMost = 40 << 20;
/** The same in a browser that keeps nothing, where it stands in memory. */
const heldMost = 8 << 20;
/** So much may come on top before the oldest are looked for: that means opening what is known of every file. */
const slack = 1 << 20;
/** A larger file is not kept at all. */
const keptEach = 10 << 20;
/** Days as posts are kept. */
const keptFor = 14 * 86_400_000;
/** How long a file may wait for its post. */
const orphanedFor = 86_400_000;
/** That a file was of use is not noted more often. */
const notedEvery = 3_600_000;

/** Fetches files of the hub once, and keeps them sealed on this device for as long as posts are kept. */
export class Media {
	private files = new Files(undefined);
	private keys: Keys | undefined;
	/** Bytes that were kept since the last sweep. */
	private fresh = 0;
	private readonly running = new Map<string, Promise<Blob>>();
	private readonly coming = signal<ReadonlyMap<string, number>>(new Map());
	/** Bytes that have come of what is being fetched now. */
	readonly progress: ReadonlySignal<ReadonlyMap<string, number>> = this.coming;

	/** From now on files are kept under these keys; without keys in this page's memory alone. */
	use(keys: Keys | undefined): Files {
		this.files.close();
		this.keys = keys;
		this.files = new Files(keys);
		this.running.clear();
		return this.files;
	}

	get store(): Files {
		return this.files;
	}

	/** A file that this device has already. A whole picture stands for its small one. */
	async kept(uri: MediaUri, cut: Cut): Promise<Blob | undefined> {
		for (const one of cut === "thumb" ? (["thumb", "full"] as const) : [cut]) {
			const blob = await this.open(await this.idOf(uri, one));
			if (blob) return blob;
		}
		return undefined;
	}

	private async open(id: string): Promise<Blob | undefined> {
		const about = await this.files.about(id).catch(() => undefined);
		if (!about) return undefined;
		const now = Date.now();
		if (now - about.used > notedEvery) await this.files.used(id, about, now).catch(() => undefined); // a full disk hides no picture
		return this.files.slice(id, about, 0, about.size).catch(() => undefined); // what cannot be opened is fetched again
	}

	/** A file, from this device or from the hub. Throws a Fault. */
	load(uri: MediaUri, cut: Cut): Promise<Blob> {
		const key = keyOf(uri, cut);
		const running = this.running.get(key) ?? this.fetch(uri, cut).finally(() => this.running.delete(key));
		this.running.set(key, running);
		return running;
	}

	private async fetch(uri: MediaUri, cut: Cut): Promise<Blob> {
		const { files } = this;
		const kept = await this.kept(uri, cut);
		if (kept) return kept;
		const key = keyOf(uri, cut);
		try {
			const blob = await download(uri, cut, (bytes) => this.came(key, bytes));
			if (files === this.files) await this.keep(uri, cut, blob); // what was fetched for one person is not kept by the next
			return blob;
		} finally {
			this.came(key, undefined);
		}
	}

	private came(key: string, bytes: number | undefined): void {
		const next = new Map(this.coming.value);
		if (bytes === undefined) next.delete(key);
		else next.set(key, bytes);
		this.coming.value = next;
	}

	/** Keeps a file that this device has anyway, such as one that it sent. */
	async keep(uri: MediaUri, cut: Cut, blob: Blob): Promise<void> {
		if (blob.size > keptEach) return;
		await this.files.put(await this.idOf(uri, cut), blob, { kind: "kept", used: Date.now() });
		this.fresh += blob.size;
		if (this.fresh >= slack) await this.sweep(Date.now());
	}

	/** Lets go of what is too old or too much. */
	async sweep(now: number): Promise<void> {
		this.fresh = 0;
		const kept = [...(await this.files.all())].filter(([, about]) => about.kind === "kept").sort(([, a], [, b]) => b.used - a.used);
		const most = this.keys ? keptMost : heldMost;
		let size = 0;
		for (const [id, about] of kept) {
			size += about.size;
			if (size > most || about.used < now - keptFor) await this.files.drop(id);
		}
	}

	/** Forgets one file: its post was taken back. */
	async forget(uri: MediaUri): Promise<void> {
		for (const cut of ["full", "thumb", "face"] as const) await this.files.drop(await this.idOf(uri, cut));
	}

	/**
	 * Files that belong to nothing that still waits: left behind by a page that was closed at a bad moment. Those of today may be another
	 * page's, whose post is not in the outbox yet.
	 */
	async dropOrphans(wanted: ReadonlySet<string>, now: number): Promise<void> {
		const { files } = this;
		await files.dropUnreadable();
		for (const [id, about] of await files.all())
			if (about.kind === "pending" && about.used < now - orphanedFor && !wanted.has(id)) await files.drop(id);
	}

	private async idOf(uri: MediaUri, cut: Cut): Promise<string> {
		return this.keys ? hiddenName(this.keys, keyOf(uri, cut)) : keyOf(uri, cut);
	}
}

export const keyOf = (uri: MediaUri, cut: Cut): string => `${cut} ${uri}`;

/** Reads an address that somebody sent; undefined where it is none. */
export const mediaUriOf = (value: unknown): MediaUri | undefined => lenient(mediaUri, value);

/** Gives a person their picture, or takes it away with "". */
export const setPicture = (user: UserId, uri: MediaUri | ""): Promise<void> =>
	request("PUT", path`/_matrix/client/v3/profile/${user}/avatar_url`, nothing, { body: { avatar_url: uri } });
