import type { Json } from "../wire/decode";
import type { EventId, RoomId, UserId } from "../wire/ids";

/** What someone writes. */
export interface Post {
	readonly room: RoomId;
	readonly body: string;
	/** The tag of the language that it is written in. */
	readonly language: string;
	/** The same as HTML, where it has more than words: emphasis, lists, links, people. */
	readonly html?: string;
	readonly replyTo?: EventId;
	/** The first post of the thread that it belongs to, and the last one there. */
	readonly thread?: { readonly root: EventId; readonly last: EventId };
	readonly mentions?: Mentions;
}

/** Who is called by a post: people, and the organisations and roles through which some of them are. */
export interface Mentions {
	readonly people: readonly UserId[];
	readonly room?: boolean;
	readonly organisations?: readonly string[];
	readonly roles?: readonly string[];
}

export interface Forwarded {
	readonly room: RoomId;
	readonly event: EventId;
	readonly sender: UserId;
}

const language = "network.panah.language";

/** The content of a new post (Matrix, m.room.message). */
export function postContent(post: Post): Json {
	return { msgtype: "m.text", ...words(post), "m.mentions": mentionsContent(post.mentions), ...relates(post) };
}

/** The content of a new wording of an old post (Matrix, "Event replacements"). The body in front is for clients that know no edits. */
export function editContent(post: Post, edited: EventId): Json {
	return {
		msgtype: "m.text",
		body: `* ${post.body}`,
		[language]: post.language,
		"m.mentions": {},
		"m.new_content": { msgtype: "m.text", ...words(post), "m.mentions": mentionsContent(post.mentions) },
		"m.relates_to": { rel_type: "m.replace", event_id: edited },
	};
}

export function reactionContent(event: EventId, key: string): Json {
	return { "m.relates_to": { rel_type: "m.annotation", event_id: event, key } };
}

function words(post: Post): Json {
	const html = post.html === undefined ? {} : { format: "org.matrix.custom.html", formatted_body: post.html };
	return { body: post.body, [language]: post.language, ...html };
}

function mentionsContent(mentions: Mentions | undefined): Json {
	if (!mentions) return {};
	return {
		...(mentions.people.length > 0 && { user_ids: mentions.people }),
		...(mentions.room && { room: true }),
		...(mentions.organisations?.length && { "network.panah.organisations": mentions.organisations }),
		...(mentions.roles?.length && { "network.panah.roles": mentions.roles }),
	};
}

function relates({ replyTo, thread }: Post): Json {
	const answers = replyTo ?? thread?.last;
	if (answers === undefined) return {};
	const reply = { "m.in_reply_to": { event_id: answers } };
	if (!thread) return { "m.relates_to": reply };
	return { "m.relates_to": { rel_type: "m.thread", event_id: thread.root, is_falling_back: replyTo === undefined, ...reply } };
}

/** A post as it reads now, passed on into another channel: its words or its file, without what tied it to where it stood. */
export function forwardContent(content: Json, from: Forwarded): Json {
	const { "m.relates_to": _relates, "m.new_content": _wording, ...rest } = content;
	return { ...rest, "m.mentions": {}, "network.panah.forwarded": { room_id: from.room, event_id: from.event, sender: from.sender } };
}
