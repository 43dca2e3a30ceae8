import { type Json, lenient, list, number, object, string } from "../../wire/decode";
import { type MediaUri, mediaUri, type Stored } from "../../wire/media";
import { type Post, postContent } from "../content";

/** A file that someone sends, as it is before the hub has it. */
export interface NewFile {
	readonly blob: Blob;
	/** What it is called. */
	readonly name: string;
	readonly width?: number;
	readonly height?: number;
	/** Milliseconds. */
	readonly duration?: number;
	/** What is to be seen, for those who do not see it. */
	readonly alt?: string;
	/** Loudness over time, 0 to 1024: then it is a voice note. */
	readonly waveform?: readonly number[];
}

/** Where a file goes, and the words that go with it. */
export type FilePost = Omit<Post, "body"> & { readonly caption: string };

export type FileKind = "image" | "audio" | "video" | "file";

/** A file in a post. */
export interface Attachment {
	readonly kind: FileKind;
	/** Undefined while the hub does not have it. */
	readonly uri?: MediaUri;
	readonly name: string;
	readonly type: string;
	readonly size?: number;
	readonly width?: number;
	readonly height?: number;
	readonly duration?: number;
	readonly alt?: string;
	readonly voice: boolean;
	readonly waveform?: readonly number[];
}

const kinds: Record<string, FileKind> = { "m.image": "image", "m.audio": "audio", "m.video": "video", "m.file": "file" };
const voice = "org.matrix.msc3245.voice";
const audio = "org.matrix.msc1767.audio";
const alt = "network.panah.alt";

/**
 * The content of a post with a file (Matrix, "m.image", "m.file", "m.audio"): where it has words of its own the body is those, and the
 * file's name stands apart. Voice notes carry the marks of MSC3245 beside what plain clients play.
 */
export function fileContent(post: FilePost, file: NewFile): Json {
	const { caption, ...rest } = post;
	const words = postContent({ ...rest, body: caption === "" ? file.name : caption });
	const type = file.blob.type;
	return {
		...words,
		msgtype: type.startsWith("image/") ? "m.image" : type.startsWith("audio/") ? "m.audio" : "m.file",
		filename: file.name,
		...(file.alt && { [alt]: file.alt }),
		...(file.waveform && { [voice]: {}, [audio]: { duration: file.duration ?? 0, waveform: file.waveform } }),
		info: {
			mimetype: type,
			size: file.blob.size,
			...(file.width && { w: file.width, h: file.height }),
			...(file.duration && { duration: file.duration }),
		},
	};
}

/** The content once the hub has the file: what the hub says of it holds, since it may have made it anew. */
export function withStored(content: Json, stored: Stored): Json {
	const info = lenient(object, content["info"]) ?? {};
	return {
		...content,
		url: stored.uri,
		info: {
			...info,
			mimetype: stored.type,
			size: stored.size,
			...(stored.width && { w: stored.width, h: stored.height }),
			...(stored.duration && info["duration"] === undefined && { duration: stored.duration }),
		},
	};
}

/** Wider than any screen needs to reserve. */
const mostPixels = 20_000;

/** The file of a post, whoever sent it; undefined for other posts. */
export function attachmentOf(content: Json): Attachment | undefined {
	const kind = kinds[lenient(string, content["msgtype"]) ?? ""];
	if (!kind) return undefined;
	const info = lenient(object, content["info"]) ?? {};
	const uri = lenient(mediaUri, content["url"]);
	const body = lenient(string, content["body"]) ?? "";
	const positive = (member: string, most: number) => {
		const n = lenient(number, info[member]);
		return n !== undefined && n > 0 && n <= most ? n : undefined;
	};
	const sound = lenient(object, content[audio]);
	const waveform = lenient(list(number), sound?.["waveform"])?.slice(0, 120);
	const parts = {
		uri,
		size: positive("size", Number.MAX_SAFE_INTEGER),
		width: positive("w", mostPixels),
		height: positive("h", mostPixels),
		duration: positive("duration", 86_400_000) ?? lenient(number, sound?.["duration"]),
		alt: lenient(string, content[alt])?.slice(0, 1_000),
		waveform,
	};
	return {
		kind,
		name: lenient(string, content["filename"]) ?? body,
		type: lenient(string, info["mimetype"]) ?? "",
		voice: content[voice] !== undefined,
		...(Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)) as Partial<Attachment>),
	};
}

/** The words that someone wrote to a file: the body, where it is more than the file's name (Matrix 1.10, "Media captions"). */
export function captionOf(content: Json): string {
	const body = lenient(string, content["body"]) ?? "";
	const name = lenient(string, content["filename"]);
	return name === undefined || name === body ? "" : body;
}
