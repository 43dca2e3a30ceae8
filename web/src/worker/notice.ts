import { boolean, type Json, lenient, maybe, number, object, string } from "../wire/decode";

/** What the hub sent, decrypted by the browser. */
export interface Note {
	/** The same for every try. */
	readonly id: string;
	/** By which a device knows that it is meant. */
	readonly to: string;
	readonly kind: string;
	readonly urgent: boolean;
	readonly count: number;
	/** One notice of a topic takes the place of another. */
	readonly topic: string;
	readonly language: string;
	/** Nothing of the content, in the person's own language. */
	readonly text: string;
	/** The same beside one that is still shown. */
	readonly several: string;
	/** Who writes, and what: for those who want that. */
	readonly more?: { readonly title: string; readonly body: string };
}

/** How the device stands. */
export interface Device {
	/** Under which name it agreed to be told; undefined for one that was signed out, emptied, or never asked. */
	readonly told: string | undefined;
	/** It still owes the hub the end of its session. */
	readonly owing: boolean;
	readonly locked: boolean;
	/** The app is open before the person's eyes. */
	readonly watched: boolean;
	/** A notice of the same topic is still shown. */
	readonly already: boolean;
}

export interface Shown {
	readonly title: string;
	readonly options: NotificationOptions & { readonly renotify: boolean; readonly vibrate?: readonly number[] };
}

/** What is to be done: show, leave it to the open app, or have no more come here. */
export type Deed = Shown | "leave" | "end";

export function decodeNote(value: unknown): Note | undefined {
	return lenient((v) => {
		const o: Json = object(v);
		const more = maybe(object, o["more"]);
		return {
			id: string(o["id"]),
			to: string(o["to"]),
			kind: string(o["kind"]),
			urgent: boolean(o["urgent"]),
			count: number(o["count"]),
			topic: string(o["topic"]),
			language: string(o["language"]),
			text: string(o["text"]),
			several: string(o["several"]),
			...(more && { more: { title: string(more["title"]), body: string(more["body"]) } }),
		};
	}, value);
}

const rightToLeft = new Set(["fa-AF", "ps", "ur"]);

/** A picture that belongs to anything. */
const picture = "/faces/notes-192.png";

/**
 * Decides about a note. A device that does not know the name was emptied, or belongs to somebody else by now: it shows nothing, and takes
 * its subscription back. Behind a PIN nothing of the content is shown, whatever the person chose: whoever holds the phone may not be them.
 */
export function decide(note: Note, device: Device): Deed {
	if (device.told === undefined || device.told !== note.to || device.owing) return "end";
	if (device.watched && !device.locked && note.kind !== "test") return "leave";
	const open = device.locked ? undefined : note.more;
	return {
		title: open?.title ?? (device.already && note.kind !== "test" ? note.several : note.text),
		options: {
			...(open && { body: open.body }),
			tag: note.topic,
			renotify: true,
			icon: picture,
			badge: picture,
			lang: note.language,
			dir: rightToLeft.has(note.language) ? "rtl" : "ltr",
			data: note.id,
			requireInteraction: note.urgent,
			...(note.urgent && { vibrate: [300, 150, 300, 150, 300] }),
		},
	};
}
