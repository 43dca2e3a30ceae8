import { type Json, lenient, object, string } from "../../wire/decode";
import type { EventId, RoomId, UserId } from "../../wire/ids";
import type { Event } from "../../wire/sync";
import { alertMember, alertOf, relation, serverOf } from "../model";
import { type Answer, answers, type Block, decodeBlock, type Entry, severities, type Stand, type Urgency, urgencies, type Usual } from "./model";

export const answerType = "network.panah.answer";
export const translationType = "network.panah.translation";

/** For whom events are read. */
export interface Reader {
	readonly me: UserId;
	/** Mine, or "". */
	readonly organisation: string;
	/** Whether my role answers alerts. */
	readonly answers: boolean;
	organisationOf(user: UserId): string;
	usual(code: string): Usual;
}

/** What an event does to an alert. */
export interface News {
	readonly alert: EventId;
	readonly kind: "alert" | "update" | "answer" | "translation";
}

/** What an event of an alerts' channel is about; undefined for all others. A translation names a version, which is not always the first. */
export function newsOf(e: Event): News | undefined {
	const alert = e.type === "m.room.message" ? alertOf(e) : undefined;
	if (alert !== undefined) return { alert, kind: alert === e.id ? "alert" : "update" };
	const relates = relation(e);
	if (!relates?.event || relates.type !== "m.reference") return undefined;
	if (e.type === answerType) return { alert: relates.event, kind: "answer" };
	return e.type === translationType ? { alert: relates.event, kind: "translation" } : undefined;
}

/**
 * Takes an event into what is known of the alerts, so that a card stands before the hub was asked anything. What an event cannot say (who was
 * asked by name, how other organisations stand) is as it was until the hub is asked.
 */
export function fold(entries: readonly Entry[], room: RoomId, e: Event, reader: Reader): readonly Entry[] {
	const news = newsOf(e);
	const known = entries.find(({ id }) => id === news?.alert);
	switch (news?.kind) {
		case "alert": {
			const block = blockOf(e, reader);
			return known || !block ? entries : [...entries, entryOf(room, e, block, reader)];
		}
		case "update": {
			const block = blockOf(e, reader);
			return known && block ? replaced(entries, updated(known, e, block)) : entries;
		}
		case "answer": {
			const said = answers.find((one) => one === e.content["answer"]);
			return known && said ? replaced(entries, answered(known, e.sender, said, e.content, reader)) : entries;
		}
		default:
			return entries;
	}
}

const replaced = (entries: readonly Entry[], by: Entry) => entries.map((one) => (one.id === by.id ? by : one));

function blockOf(e: Event, reader: Reader): Block | undefined {
	const block = lenient((value) => decodeBlock(value, reader.usual(lenient(string, object(value)["code"]) ?? "")), e.content[alertMember]);
	const server = serverOf(e.sender);
	return block && server !== serverOf(reader.me) ? { ...block, origin: server } : block;
}

/** How long an organisation has to answer, in milliseconds. Where there is no haste nobody is waited for. */
const patience: Partial<Record<Urgency, number>> = { Immediate: 10 * 60_000, Expected: 3_600_000, Future: 12 * 3_600_000 };

function entryOf(room: RoomId, e: Event, block: Block, reader: Reader): Entry {
	const organisation = reader.organisationOf(e.sender);
	const entry: Entry = {
		id: e.id,
		room,
		version: e.id,
		organisation,
		sender: e.sender,
		sentAt: e.at,
		updatedAt: e.at,
		state: "live",
		block,
		mine: "",
		ours: "silent",
		asked: false,
		needsMe: false,
		stands: {},
		...(serverOf(room) !== serverOf(reader.me) && { hub: serverOf(room) }),
	};
	if (!awaits(entry, reader)) return entry;
	const wait = patience[block.urgency];
	return { ...entry, needsMe: true, ...(wait !== undefined && { deadline: e.at + wait }) };
}

/** Whether an answer of the reader's organisation is awaited. Who is asked by name may have to answer all the same: that the hub knows. */
function awaits(entry: Entry, { me, organisation, answers }: Reader): boolean {
	const own = entry.sender === me || (organisation !== "" && entry.organisation === organisation);
	return answers && !own && entry.state === "live" && entry.block.status !== "Test" && !settles(entry.block.urgency, entry.ours);
}

function settles(urgency: Urgency, ours: Stand): boolean {
	if (ours === "seen") return urgency !== "Immediate" && urgency !== "Expected";
	return ours !== "silent";
}

function updated(entry: Entry, e: Event, block: Block): Entry {
	const state = block.kind === "Cancel" ? "cancelled" : entry.state;
	const { translation, ...rest } = entry;
	const old = translation && { translation: { ...translation, outdated: translation.outdated || block.text !== entry.block.text } };
	return { ...rest, ...old, version: e.id, updatedAt: e.at, state, block, needsMe: entry.needsMe && state === "live" };
}

const rank: readonly Stand[] = ["silent", "seen", "cannot", "can_act", "done"];

function answered(entry: Entry, sender: UserId, said: Answer, content: Json, reader: Reader): Entry {
	const mine = sender === reader.me ? (said === "seen" && entry.mine !== "" ? entry.mine : said) : entry.mine;
	const ours = sender === reader.me || (reader.organisation !== "" && reader.organisationOf(sender) === reader.organisation);
	const means: Stand = said === "cannot" && content["whole"] !== true ? "seen" : said;
	const stand = ours && rank.indexOf(means) > rank.indexOf(entry.ours) ? means : entry.ours;
	const now: Entry = { ...entry, mine, ours: stand };
	const open = entry.asked ? entry.needsMe : entry.needsMe && awaits(now, reader);
	return { ...now, needsMe: open && (mine === "" || mine === "seen") };
}

/** What needs its reader most comes first: asked by name, then unanswered, the late before the others; then by haste, weight and age. */
export function byNeed(now: number): (a: Entry, b: Entry) => number {
	const order = (e: Entry) => [
		e.needsMe && e.asked ? 0 : 1,
		e.needsMe ? 0 : 1,
		e.needsMe && (e.deadline ?? Number.POSITIVE_INFINITY) < now ? 0 : 1,
		urgencies.indexOf(e.block.urgency),
		(severities as readonly string[]).indexOf(e.block.severity),
		-e.sentAt,
	];
	return (a, b) => {
		const [x, y] = [order(a), order(b)];
		const at = x.findIndex((value, i) => value !== y[i]);
		return at < 0 ? a.id.localeCompare(b.id) : (x[at] ?? 0) - (y[at] ?? 0);
	};
}
