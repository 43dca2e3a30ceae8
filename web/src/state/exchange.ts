import { type Json, lenient, list, maybe, number, object, string } from "../wire/decode";
import { nothing, path, request, requestFile } from "../wire/http";
import { type RoomId, roomId } from "../wire/ids";
import { type Urgency, urgencies } from "./alerts/model";

const ours = "/_panah/v1";
const text = (o: Json, member: string) => maybe(string, o[member]) ?? "";

/** A feed of alerts for programs outside, behind a token. */
export interface Feed {
	readonly id: string;
	readonly name: string;
	/** The channel whose alerts it has; absent for all that the organisation gets. */
	readonly room?: RoomId;
	/** Unix milliseconds. */
	readonly madeAt: number;
	/** 0 when nobody has read it yet. */
	readonly usedAt: number;
}

/** A new feed; its token is said this once. */
export interface NewFeed extends Feed {
	readonly address: string;
	readonly token: string;
}

function decodeFeed(value: unknown): Feed {
	const o = object(value);
	const room = text(o, "room_id");
	const whose = room === "" ? {} : { room: roomId(room) };
	return { id: string(o["id"]), name: string(o["name"]), ...whose, madeAt: number(o["made_at"]), usedAt: maybe(number, o["used_at"]) ?? 0 };
}

export const feeds = (): Promise<Feed[]> => request("GET", `${ours}/alert-feeds`, (value) => list(decodeFeed)(object(value)["feeds"]));

/** Makes a feed of all alerts that the organisation gets, or of one channel of alerts that its maker is in. */
export const makeFeed = (name: string, room?: RoomId): Promise<NewFeed> =>
	request(
		"POST",
		`${ours}/alert-feeds`,
		(value) => ({ ...decodeFeed(value), address: string(object(value)["address"]), token: string(object(value)["token"]) }),
		{ body: { name, ...(room !== undefined && { room_id: room }) } },
	);

export const revokeFeed = (id: string): Promise<void> => request("DELETE", path`/_panah/v1/alert-feeds/${id}`, nothing);

/** A feed of others that the hub reads into a channel. */
export interface Source {
	readonly id: string;
	readonly address: string;
	readonly room: RoomId;
	/** Unix milliseconds; 0 when it was not read yet. */
	readonly readAt: number;
	/** Why it could not be read the last time, as a key of the catalogs, or "". */
	readonly trouble: string;
}

function decodeSource(value: unknown): Source {
	const o = object(value);
	return {
		id: string(o["id"]),
		address: string(o["address"]),
		room: roomId(string(o["room_id"])),
		readAt: maybe(number, o["read_at"]) ?? 0,
		trouble: text(o, "trouble"),
	};
}

export const sources = (): Promise<Source[]> =>
	request("GET", `${ours}/alert-sources`, (value) => list(decodeSource)(object(value)["sources"]));

export const addSource = (room: RoomId, address: string): Promise<Source> =>
	request("POST", `${ours}/alert-sources`, decodeSource, { body: { room_id: room, address } });

export const removeSource = (id: string): Promise<void> => request("DELETE", path`/_panah/v1/alert-sources/${id}`, nothing);

/** Posts a CAP 1.2 file into a channel. */
export const importCap = (room: RoomId, file: Blob): Promise<void> =>
	request("POST", path`/_panah/v1/rooms/${room}/cap`, nothing, { blob: file.slice(0, file.size, "application/cap+xml") });

/** An alert as a CAP 1.2 file, if its label lets it leave. */
export const capFile = (alert: string): Promise<Blob> => requestFile(path`/_panah/v1/alerts/${alert}/cap`);

/** The part of a post's content that holds what a program outside says (CAP 1.2). */
export const outsideMember = "network.panah.cap";

/** What such an alert says in one language. All of it is the words of whoever sent it. */
export interface OutsideWords {
	readonly language: string;
	readonly title: string;
	readonly description: string;
	readonly instruction: string;
	readonly urgency: Urgency;
	/** Unix milliseconds; 0 where it does not say. */
	readonly expires: number;
	readonly areas: readonly string[];
}

/** An alert of a program that is no hub. It is nobody's here: it calls no one and waits for no answer. */
export interface OutsideAlert {
	readonly sender: string;
	readonly status: "Actual" | "Exercise" | "Test";
	readonly cancelled: boolean;
	readonly words: readonly OutsideWords[];
}

function decodeWords(value: unknown): OutsideWords {
	const o = object(value);
	return {
		language: text(o, "language"),
		title: text(o, "headline") || text(o, "event"),
		description: text(o, "description"),
		instruction: text(o, "instruction"),
		urgency: urgencies.find((one) => one === o["urgency"]) ?? "Unknown",
		expires: (maybe(number, o["expires"]) ?? 0) * 1000,
		areas: maybe(list(string), o["areas"]) ?? [],
	};
}

/** The alert from outside that a post holds; undefined for all other posts, and for one that says nothing. */
export function outsideOf(content: Json): OutsideAlert | undefined {
	const read = lenient((value): OutsideAlert => {
		const o = object(value);
		const status = string(o["status"]);
		return {
			sender: string(o["sender"]),
			status: status === "Actual" || status === "Exercise" ? status : ("Test" as const), // System and Draft are not meant for people either
			cancelled: o["msg_type"] === "Cancel",
			words: maybe(list(decodeWords), o["infos"]) ?? [],
		};
	}, content[outsideMember]);
	return read && read.words.length > 0 ? read : undefined;
}
