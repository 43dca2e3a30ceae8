import { type Json, lenient, list, maybe, number, object, string } from "../wire/decode";
import { request } from "../wire/http";
import type { RoomId, UserId } from "../wire/ids";
import { decodeEvent, type Event } from "../wire/sync";
import { roomId } from "../wire/ids";
import { type Word, wordsOf } from "./fold";
import { isPost, type Model, type Room, relation } from "./model";
import { presentContent, relatedTo, relationsOf } from "./relations";

/** What somebody looks for. */
export interface Wanted {
	readonly words: string;
	readonly room?: RoomId;
	readonly by?: UserId;
	/** Unix milliseconds. */
	readonly since?: number;
}

/** From where to where, in UTF-16 code units. */
export type Mark = readonly [number, number];

/** A post that was found. */
export interface Hit {
	readonly room: RoomId;
	readonly event: Event;
	/** The text in which it was found, and where. */
	readonly text: string;
	readonly marks: readonly Mark[];
	readonly language?: string;
}

/** A page of what was found, newest first. */
export interface Found {
	readonly hits: readonly Hit[];
	/** Where it goes on; undefined at the end. */
	readonly next?: string | undefined;
	/** The hub does not know all that it could find yet. */
	readonly partial: boolean;
}

const page = 30;

/** Looks in all that the hub lets its person see. */
export function search(wanted: Wanted, next: string | undefined, signal: AbortSignal): Promise<Found> {
	const filter = {
		limit: page,
		types: ["m.room.message"],
		...(wanted.room !== undefined && { rooms: [wanted.room] }),
		...(wanted.by !== undefined && { senders: [wanted.by] }),
	};
	const criteria = {
		search_term: wanted.words,
		order_by: "recent",
		filter,
		...(wanted.since !== undefined && { "network.panah.since": wanted.since }),
	};
	return request("POST", "/_matrix/client/v3/search", decodeFound, {
		body: { search_categories: { room_events: criteria } },
		query: { next_batch: next },
		signal,
	});
}

function decodeFound(value: unknown): Found {
	const events = object(object(object(value)["search_categories"])["room_events"]);
	return {
		hits: list(decodeHit)(events["results"]),
		next: lenient((v) => maybe(string, v), events["next_batch"]),
		partial: events["network.panah.partial"] === true,
	};
}

function decodeHit(value: unknown): Hit {
	const o = object(value);
	const result = object(o["result"]);
	const event = decodeEvent(result);
	const found = Object.values(object(o["network.panah.found"])).map(object);
	const [first = {}] = found;
	const marks = lenient(list(list(number)), first["marks"]) ?? [];
	return {
		room: roomId(string(result["room_id"])),
		event,
		text: lenient(string, first["text"]) ?? "",
		marks: marks.map(([from = 0, to = 0]) => [from, to] as const),
		...tongue(event.content),
	};
}

function tongue(content: Json): { language?: string } {
	const language = lenient(string, content["network.panah.language"]);
	return language === undefined ? {} : { language };
}

/** Looks in what this device keeps, in the same way. */
export function searchHere(model: Model, wanted: Wanted): Found {
	const terms = termsOf(wanted.words);
	if (terms.length === 0) return { hits: [], partial: false };
	const rooms = [...model.rooms.values()].filter((room) => !room.space && (wanted.room === undefined || wanted.room === room.id));
	const hits = rooms.flatMap((room) => inRoom(room, model.me, wanted, terms));
	return { hits: hits.sort((a, b) => b.event.at - a.event.at).slice(0, 3 * page), partial: false };
}

function inRoom(room: Room, me: UserId, wanted: Wanted, terms: readonly Term[]): Hit[] {
	const relations = relationsOf(room.id, room.timeline, [], me);
	return room.timeline.flatMap((event) => {
		if (!isPost(event) || event.redacted || relation(event)?.type === "m.replace") return [];
		if ((wanted.by !== undefined && event.sender !== wanted.by) || event.at < (wanted.since ?? 0)) return [];
		const content = presentContent(event, relatedTo(relations, event.id));
		const text = lenient(string, content["body"]) ?? "";
		const marks = marksOf(text, terms);
		return marks ? [{ room: room.id, event, text, marks, ...tongue(content) }] : [];
	});
}

/** One word that is looked for. Each form is a way to write it; the last word may be unfinished. */
interface Term {
	readonly forms: readonly (readonly string[])[];
	readonly unfinished: boolean;
}

/** The words of a question. Here a phrase is its words: what a device keeps is little. */
function termsOf(text: string): Term[] {
	const words = wordsOf(text);
	return words.map((word, i) => ({
		forms: word.parts && word.parts.length > 1 ? [[word.folded], word.parts] : [[word.folded]],
		unfinished: i === words.length - 1 && word.folded.length >= 2,
	}));
}

/** Where the words stand in a text; undefined unless all of them do. */
function marksOf(text: string, terms: readonly Term[]): Mark[] | undefined {
	const words = wordsOf(text);
	const marked = new Set<Word>();
	for (const term of terms) {
		const form = term.forms.find((tokens) => tokens.every((token) => words.some((word) => fits(word, token, term.unfinished))));
		if (!form) return undefined;
		for (const word of words) if (form.some((token) => fits(word, token, term.unfinished))) marked.add(word);
	}
	return words.filter((word) => marked.has(word)).map(({ start, end }) => [start, end] as const);
}

function fits(word: Word, token: string, unfinished: boolean): boolean {
	return [word.folded, ...(word.parts ?? [])].some((said) => (unfinished ? said.startsWith(token) : said === token));
}

/** Whether all words of a question begin words of a name. */
export function nameFits(name: string, question: string): boolean {
	const terms = termsOf(question).map((term) => ({ ...term, unfinished: true }));
	return terms.length > 0 && marksOf(name, terms) !== undefined;
}
