import { describe, expect, it } from "vitest";
import { emptyRoom, type Event, type EventId, type Outgoing, type Room, type RoomId, type UserId } from "../../state";
import { asItIsNow, linesOf, type Post, readersOf } from "./lines";

const me = "@me:hub" as UserId;
const zahra = "@zahra:hub" as UserId;
const umed = "@umed:hub" as UserId;
const hour = 3_600_000;

function event(id: string, sender: UserId, content: Event["content"], more: Partial<Event> = {}): Event {
	return { id: id as EventId, type: "m.room.message", sender, at: hour, content, redacted: false, ...more };
}

const said = (id: string, sender: UserId, body = id, content: Event["content"] = {}) => event(id, sender, { body, ...content });
const member = (id: string, sender: UserId, who: UserId, membership: string, at = hour) =>
	event(id, sender, { membership }, { type: "m.room.member", stateKey: who, at });

function room(timeline: Event[], more: Partial<Room> = {}): Room {
	const members = new Map([zahra, umed, me].map((id) => [id, { id, name: id, membership: "join" }]));
	return { ...emptyRoom("!r:hub" as RoomId), members, timeline, ...more };
}

const outgoing = (txn: string, state: Outgoing["state"], more: Partial<Outgoing> = {}): Outgoing => ({
	txn,
	room: "!r:hub" as RoomId,
	act: { kind: "send", type: "m.room.message", content: { body: txn } },
	at: hour,
	state,
	...more,
});

describe("linesOf", () => {
	it("ends with what waits to be sent, and never shows a post twice", () => {
		const outbox = [outgoing("a", "sent", { event: "$a" as EventId }), outgoing("b", "sending"), outgoing("c", "failed")];
		const lines = linesOf(room([said("$a", me)]), outbox, me);
		expect(lines.map((line) => [line.key, line.kind === "post" && line.sending])).toEqual([
			["$a", "sent"],
			["b", "waiting"],
			["c", "failed"],
		]);
	});
	it("keeps the place of a post when the hub has it, whichever is told first", () => {
		const rows = (timeline: Event[], outbox: Outgoing[]) => linesOf(room(timeline), outbox, me).map((line) => line.kind === "post" && line.row);
		const heard = [{ ...said("$a", me), txn: "a" }];
		expect(rows([], [outgoing("a", "sending")])).toEqual(["a"]);
		expect(rows(heard, [outgoing("a", "sending")])).toEqual(["a"]);
		expect(rows(heard, [outgoing("a", "sent", { event: "$a" as EventId })])).toEqual(["a"]);
		expect(rows(heard, [])).toEqual(["a"]);
	});
	it("says that a channel goes on in a new one, also when it was just made", () => {
		const state = (id: string, type: string, content: Event["content"]) => event(id, zahra, content, { type, stateKey: "" });
		const timeline = [state("$a", "m.room.create", {}), state("$b", "m.room.name", { name: "A" }), state("$c", "m.room.tombstone", { replacement_room: "!n:hub" })];
		expect(linesOf(room(timeline), [], me).map((line) => line.kind === "notice" && line.what)).toEqual(["created", "moved"]);
	});
	it("leaves out of a reply the words that other clients quote in it", () => {
		const reply = { "m.relates_to": { "m.in_reply_to": { event_id: "$a" } } };
		const [line] = linesOf(room([said("$b", zahra, "> <@me:hub> question\n> more\n\nanswer", reply)]), [], me);
		expect(line).toMatchObject({ body: "answer", replyTo: "$a" });
	});
	it("says once that several joined, and nothing when somebody only changed the name", () => {
		const lines = linesOf(
			room([member("$1", zahra, zahra, "join"), member("$2", umed, umed, "join"), member("$3", zahra, zahra, "join")]),
			[],
			me,
		);
		expect(lines).toMatchObject([{ kind: "notice", what: "joined", people: [zahra, umed] }]);
	});
	it("tells leaving from being removed", () => {
		const lines = linesOf(room([member("$1", zahra, zahra, "leave"), member("$2", zahra, umed, "leave")]), [], me);
		expect(lines).toMatchObject([{ what: "left" }, { what: "removed" }]);
	});
	it("says only that a channel was made, not all that it was made with", () => {
		const made = [
			event("$0", zahra, {}, { type: "m.room.create", stateKey: "" }),
			member("$1", zahra, zahra, "join"),
			event("$2", zahra, { name: "Rota" }, { type: "m.room.name", stateKey: "" }),
			member("$3", umed, umed, "join"),
		];
		expect(linesOf(room(made), [], me)).toMatchObject([{ what: "created" }, { what: "joined", people: [umed] }]);
	});
	it("survives content of any shape", () => {
		expect(linesOf(room([event("$1", zahra, { body: 7, "network.panah.language": [] })]), [], me)).toMatchObject([
			{ body: "", language: undefined },
		]);
	});
});

describe("asItIsNow", () => {
	it("finds a post again that was on its way when it was shown", () => {
		const waiting = linesOf(room([]), [outgoing("t1", "sending")], me)[0] as Post;
		const later = room([said("$0", zahra), event("$1", me, { body: "t1" }, { txn: "t1" })]);
		expect(asItIsNow(waiting, linesOf(later, [], me), later)).toMatchObject({ event: "$1", sending: "sent" });
	});
	it("keeps showing a post that is no longer drawn", () => {
		const shown = linesOf(room([said("$0", zahra)]), [], me)[0] as Post;
		expect(asItIsNow(shown, [], room([]))).toBe(shown);
	});
});

describe("readersOf", () => {
	it("counts who read as far or further, without the author and oneself", () => {
		const receipts = new Map([
			[zahra, { event: "$2" as EventId, at: 0 }],
			[umed, { event: "$1" as EventId, at: 0 }],
			[me, { event: "$2" as EventId, at: 0 }],
		]);
		const one = room([said("$1", me), said("$2", me)], { receipts });
		expect(readersOf(one, "$1", me).map((m) => m.id)).toEqual([zahra, umed]);
		expect(readersOf(one, "$2", me).map((m) => m.id)).toEqual([zahra]);
	});
});
