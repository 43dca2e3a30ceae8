import { type Json, lenient, object, string } from "../wire/decode";
import type { EventId, RoomId, UserId } from "../wire/ids";
import type { Event } from "../wire/sync";
import { isPost, relation } from "./model";
import type { Outgoing } from "./outbox";

/** A later wording of a post. */
export interface Wording {
	readonly at: number;
	readonly content: Json;
	/** The event that brought it; undefined while it waits in the outbox. */
	readonly event?: EventId;
	readonly txn?: string;
	readonly state?: Outgoing["state"];
}

/** All that said the same to a post with one sign. */
export interface Reaction {
	readonly key: string;
	readonly people: readonly UserId[];
	/** My own, where there is one: the event, or the transaction that still waits. */
	readonly mine?: { readonly event?: EventId; readonly txn?: string };
}

/** What was added to a post later. */
export interface Related {
	/** Newest last. */
	readonly wordings: readonly Wording[];
	readonly reactions: readonly Reaction[];
	/** Posts of the thread that begins here, oldest first. */
	readonly answers: readonly Event[];
	/** I have taken the post back, and the hub does not know it yet. */
	readonly leaving: boolean;
}

export type Relations = ReadonlyMap<EventId, Related>;

const none: Related = { wordings: [], reactions: [], answers: [], leaving: false };

export const relatedTo = (relations: Relations, event: EventId | undefined): Related =>
	(event === undefined ? undefined : relations.get(event)) ?? none;

/** The new content that an edit carries (Matrix, "Event replacements"). */
export function newContent(content: Json): Json | undefined {
	return lenient(object, content["m.new_content"]);
}

/** The sign of a reaction. Others may have written anything there, so it is cut to what fits a button. */
function signOf(content: Json): string | undefined {
	const key = lenient(string, lenient(object, content["m.relates_to"])?.["key"])?.trim();
	return key === undefined || key === "" ? undefined : [...key].slice(0, 16).join("");
}

class Gathered {
	wordings: Wording[] = [];
	answers: Event[] = [];
	leaving = false;
	readonly reactions = new Map<string, Map<UserId, { event?: EventId; txn?: string }>>();

	react(key: string, who: UserId, by: { event?: EventId; txn?: string }): void {
		const people = this.reactions.get(key) ?? new Map();
		this.reactions.set(key, people);
		if (!people.has(who)) people.set(who, by);
	}

	unreact(event: EventId): void {
		for (const [key, people] of this.reactions) {
			for (const [who, by] of people) if (by.event === event) people.delete(who);
			if (people.size === 0) this.reactions.delete(key);
		}
	}

	done(me: UserId): Related {
		const reactions = [...this.reactions].map(([key, people]) => {
			const mine = people.get(me);
			return { key, people: [...people.keys()], ...(mine && { mine }) };
		});
		return { wordings: this.wordings, answers: this.answers, leaving: this.leaving, reactions };
	}
}

/**
 * What relates to the posts of a timeline, with what I did and the hub does not know yet. A timeline has no gaps up to its end, so
 * everything that relates to one of its posts and is not older than it is in it.
 */
export function relationsOf(room: RoomId, timeline: readonly Event[], outbox: readonly Outgoing[], me: UserId): Relations {
	const found = new Map<EventId, Gathered>();
	const at = (id: EventId) => {
		const known = found.get(id) ?? new Gathered();
		found.set(id, known);
		return known;
	};
	const authors = new Map(timeline.filter(isPost).map((e) => [e.id, e.sender]));
	for (const event of timeline) if (!event.redacted) gather(event, authors, at);
	const here = new Set<EventId>(timeline.map((e) => e.id));
	for (const item of outbox) {
		if (item.room === room && (item.event === undefined || !here.has(item.event))) gatherPending(item, me, at, found);
	}
	return new Map([...found].map(([id, gathered]) => [id, gathered.done(me)]));
}

type At = (id: EventId) => Gathered;

function gather(event: Event, authors: ReadonlyMap<EventId, UserId>, at: At): void {
	const relates = relation(event);
	if (relates?.event === undefined) return;
	const content = relates.type === "m.replace" ? newContent(event.content) : undefined;
	if (content && isPost(event) && authors.get(relates.event) === event.sender) {
		at(relates.event).wordings.push({ at: event.at, content, event: event.id });
	}
	if (relates.type === "m.thread" && isPost(event)) at(relates.event).answers.push(event);
	const sign = event.type === "m.reaction" && relates.type === "m.annotation" ? signOf(event.content) : undefined;
	if (sign !== undefined) at(relates.event).react(sign, event.sender, { event: event.id });
}

function gatherPending(item: Outgoing, me: UserId, at: At, found: ReadonlyMap<EventId, Gathered>): void {
	const { act, txn, state } = item;
	if (act.kind === "redact") {
		at(act.event).leaving = state !== "failed";
		if (state !== "failed") for (const gathered of found.values()) gathered.unreact(act.event);
	}
	if (act.kind !== "send") return;
	const relates = relation({ content: act.content });
	if (relates?.event === undefined) return;
	const content = relates.type === "m.replace" ? newContent(act.content) : undefined;
	if (content) at(relates.event).wordings.push({ at: item.at, content, txn, state });
	const sign = act.type === "m.reaction" && state !== "failed" ? signOf(act.content) : undefined;
	if (sign !== undefined) at(relates.event).react(sign, me, { txn });
}

/** The content of a post as it reads now: its last wording. */
export function presentContent(event: Event, related: Related): Json {
	return event.redacted ? {} : (related.wordings.at(-1)?.content ?? event.content);
}
