import { canonical } from "../../wire/canonical";

/**
 * Verifying a shelter's ledger on the device, as the hub's `ledger.Verify` does: each entry is canonical JSON, holds the SHA-256 of the one
 * before, is signed by the hub (Ed25519), and gives no place that is not there. Nothing is asked of the hub for it.
 */

/** One change of a shelter's places. */
export interface Entry {
	readonly shelter: string;
	readonly seq: number;
	/** Unix milliseconds. */
	readonly at: number;
	readonly what: string;
	readonly request?: string;
	readonly category?: string;
	readonly places?: number;
	readonly usable?: Readonly<Record<string, number>>;
	readonly before: string;
}

export interface Checked {
	/** Those that are in order. */
	readonly entries: readonly Entry[];
	readonly hashes: readonly string[];
	/** The first entry that is not in order; 0 where the file is no ledger at all. */
	readonly wrong?: number;
	/** Whether signatures were checked too: not every browser can. */
	readonly signed: boolean;
}

interface Line {
	readonly raw: string;
	readonly entry: Entry;
	readonly hash: string;
	readonly key: string;
	readonly signature: string;
}

type Keys = ReadonlyMap<string, CryptoKey>;

/** The longest export that is read, in characters: some hundred thousand entries. */
const longest = 64 << 20;

export async function verify(file: string): Promise<Checked> {
	const lines = file.length > longest ? [] : file.split("\n").filter((line) => line !== "");
	const keys = await keysIn(lines[0] ?? "");
	const entries: Entry[] = [];
	const hashes: string[] = [];
	if (keys === undefined) return { entries, hashes, wrong: 0, signed: false };
	const signed = keys !== "unable";
	const places = new Places();
	for (const text of lines.slice(1)) {
		const line = lineIn(text);
		const last = entries.at(-1);
		const wrong = (last?.seq ?? 0) + 1;
		const fits = line !== undefined && follows(line.entry, last, hashes.at(-1)) && line.hash === encoded(await sha256(line.raw)) && places.gives(line.entry);
		if (!fits || (signed && !(await isSigned(line, keys)))) return { entries, hashes, wrong, signed };
		entries.push(line.entry);
		hashes.push(line.hash);
	}
	return { entries, hashes, signed };
}

const follows = (entry: Entry, last: Entry | undefined, hash: string | undefined): boolean =>
	entry.seq === (last?.seq ?? 0) + 1 && entry.before === (hash ?? "") && (last === undefined || entry.shelter === last.shelter);

/** The number of the first entry that an older export has and a newer one has not; undefined where the newer one goes on from the older. */
export function departs(older: Checked, newer: Checked): number | undefined {
	const at = older.hashes.findIndex((hash, n) => newer.hashes[n] !== hash);
	return at < 0 ? undefined : at + 1;
}

/** The keys of an export's first line; "unable" where the browser knows no Ed25519, undefined where the line is none. */
async function keysIn(line: string): Promise<Keys | "unable" | undefined> {
	const head = parsed(line) as { keys?: unknown } | undefined;
	if (typeof head?.keys !== "object" || head.keys === null) return undefined;
	const keys = new Map<string, CryptoKey>();
	for (const [id, text] of Object.entries(head.keys)) {
		const raw = bytesOf(text);
		if (raw?.length !== 32) continue;
		try {
			keys.set(id, await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]));
		} catch {
			return "unable";
		}
	}
	return keys.size > 0 ? keys : undefined;
}

async function isSigned({ key, signature, raw }: Line, keys: Keys): Promise<boolean> {
	const known = keys.get(key);
	const said = bytesOf(signature);
	return known !== undefined && said !== undefined && crypto.subtle.verify("Ed25519", known, said, await sha256(raw));
}

const between = /^\{"entry":(\{.*\}),"hash":"[^"]*","key_id":"[^"]*","signature":"[^"]*"\}$/;

/** A line, and its entry as it stands there: the hash is over those very letters. */
function lineIn(text: string): Line | undefined {
	const raw = between.exec(text)?.[1];
	const line = parsed(text) as { entry: Entry; hash: string; key_id: string; signature: string } | undefined;
	if (raw === undefined || line === undefined || canonical(line.entry) !== raw) return undefined;
	return { raw, entry: line.entry, hash: line.hash, key: line.key_id, signature: line.signature };
}

const takes = new Set(["held", "accepted", "arrived"]);

/** Follows who has places, so that one that is given twice shows. */
class Places {
	private readonly has = new Map<string, Entry>();
	private readonly taken = new Map<string, number>();
	private usable: Readonly<Record<string, number>> = {};

	/** Whether an entry gives no more than there is. */
	gives(entry: Entry): boolean {
		if (entry.what === "count") this.usable = entry.usable ?? {};
		if (entry.request === undefined) return true;
		const before = this.has.get(entry.request);
		if (takes.has(entry.what)) return before ? before.category === entry.category && before.places === entry.places : this.take(entry.request, entry);
		if (before) {
			this.has.delete(entry.request);
			this.add(before, -1);
		}
		return true;
	}

	private take(request: string, entry: Entry): boolean {
		this.has.set(request, entry);
		return this.add(entry, 1) <= (this.usable[entry.category ?? ""] ?? 0);
	}

	private add({ category = "", places = 0 }: Entry, sign: number): number {
		const sum = (this.taken.get(category) ?? 0) + sign * places;
		this.taken.set(category, sum);
		return sum;
	}
}

const sha256 = async (text: string): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));

/** Base64 for URLs, without padding. */
const encoded = (raw: Uint8Array): string =>
	btoa(String.fromCharCode(...raw))
		.replaceAll("+", "-")
		.replaceAll("/", "_")
		.replace(/=+$/, "");

function bytesOf(text: unknown): Uint8Array<ArrayBuffer> | undefined {
	if (typeof text !== "string" || !/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
	try {
		return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
	} catch {
		return undefined;
	}
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
