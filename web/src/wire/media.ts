import { Malformed, maybe, number, object, parse, string } from "./decode";
import { decodeFault, unreachable } from "./fault";
import { path, request } from "./http";

/** A file on the hub: `mxc://server/id`. */
export type MediaUri = string & { readonly brand: "media" };

const form = /^mxc:\/\/([^/\s]+)\/([A-Za-z0-9_-]+)$/;

/** Reads an address that somebody sent. */
export function mediaUri(value: unknown): MediaUri {
	if (typeof value !== "string" || !form.test(value)) throw new Malformed("a content address", value);
	return value as MediaUri;
}

/** As it is, or made small by the hub: a picture for a post, or a face. */
export type Cut = "full" | "thumb" | "face";

const cuts: Record<Exclude<Cut, "full">, string> = { thumb: "width=800&height=600&method=scale", face: "width=96&height=96&method=crop" };

/** No file of the hub is larger, in bytes. */
const largest = 128 << 20;
/** Without a byte for so many milliseconds the line counts as cut. */
const silence = 60_000;

function addressOf(uri: MediaUri, cut: Cut): string {
	const [, server = "", id = ""] = form.exec(uri) ?? [];
	if (cut === "full") return path`/_matrix/client/v1/media/download/${server}/${id}`;
	return `${path`/_matrix/client/v1/media/thumbnail/${server}/${id}`}?${cuts[cut]}`;
}

/** Pictures and sounds keep their type, so that they can be shown and played, and documents, so that they are saved as what they are. Nothing else
 * does: a page must never come to life here. */
const known =
	/^(image\/(jpeg|png|webp|gif)|audio\/(webm|ogg|mp4|mpeg|wav)|text\/plain|application\/(pdf|vnd\.openxmlformats-officedocument\.[a-z.]+|vnd\.oasis\.opendocument\.[a-z]+))$/;

/** Fetches a file, telling how much has come. */
export async function download(uri: MediaUri, cut: Cut, progress: (bytes: number) => void): Promise<Blob> {
	const stop = new AbortController();
	let timer = setTimeout(() => stop.abort(), silence);
	const heard = () => {
		clearTimeout(timer);
		timer = setTimeout(() => stop.abort(), silence);
	};
	try {
		const response = await fetch(addressOf(uri, cut), { credentials: "same-origin", cache: "no-store", signal: stop.signal });
		if (!response.ok) throw decodeFault(parseOr(await response.text()), response.status);
		const type = response.headers.get("Content-Type")?.split(";")[0]?.trim() ?? "";
		return new Blob(await read(response, heard, progress), { type: known.test(type) ? type : "application/octet-stream" });
	} catch (error) {
		throw error instanceof TypeError || error instanceof DOMException ? unreachable() : error;
	} finally {
		clearTimeout(timer);
	}
}

function parseOr(text: string): unknown {
	try {
		return parse(text);
	} catch {
		return undefined;
	}
}

async function read(response: Response, heard: () => void, progress: (bytes: number) => void): Promise<BlobPart[]> {
	const parts: Uint8Array<ArrayBuffer>[] = [];
	let size = 0;
	const reader = response.body?.getReader();
	for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) {
		heard();
		size += next.value.length;
		if (size > largest) throw unreachable();
		parts.push(next.value);
		progress(size);
	}
	const promised = Number(response.headers.get("Content-Length") ?? size);
	if (size < promised && !response.headers.has("Content-Encoding")) throw unreachable();
	return parts;
}

/** What the hub has made of a file that was sent. */
export interface Stored {
	readonly uri: MediaUri;
	readonly name: string;
	readonly type: string;
	readonly size: number;
	readonly width?: number;
	readonly height?: number;
	/** Milliseconds. */
	readonly duration?: number;
}

export function decodeStored(value: unknown): Stored {
	const answer = object(value);
	const info = object(answer["info"]);
	const optional = (name: string, member: string) => {
		const n = maybe(number, info[member]);
		return n === undefined || n <= 0 ? {} : { [name]: n };
	};
	return {
		uri: mediaUri(answer["content_uri"]),
		name: maybe(string, answer["name"]) ?? "",
		type: string(info["mimetype"]),
		size: number(info["size"]),
		...optional("width", "w"),
		...optional("height", "h"),
		...optional("duration", "duration"),
	};
}

/** How large a file may be, in bytes; undefined where the hub does not say. */
export const uploadLimit = (): Promise<number | undefined> =>
	request("GET", "/_matrix/client/v1/media/config", (value) => maybe(number, object(value)["m.upload.size"]));
