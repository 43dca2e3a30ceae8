import { expect, test } from "vitest";
import type { EventId, RoomId, UserId } from "../wire/ids";
import type { Delta, Event } from "../wire/sync";
import type { Outgoing } from "./outbox";
import { sentAs } from "./sentAs";

const room = "!r:hub" as RoomId;
const me = "@me:hub" as UserId;

const said = (id: string, body: string, sender = me): Event => ({
	id: id as EventId,
	type: "m.room.message",
	sender,
	at: 1,
	content: { msgtype: "m.text", body },
	redacted: false,
});

const waiting = (txn: string, body: string, rest: Partial<Outgoing> = {}): Outgoing => ({
	txn,
	room,
	at: 1,
	state: "sending",
	act: { kind: "send", type: "m.room.message", content: { body, msgtype: "m.text" } },
	...rest,
});

const delta = (...timeline: Event[]): Delta => ({
	join: new Map([[room, { state: [], timeline, limited: false, ephemeral: [], accountData: [] }]]),
	invite: new Map(),
	leave: [],
	accountData: [],
	presence: [],
});

const txns = (of: Delta) => of.join.get(room)?.timeline.map((event) => event.txn);

test("an event of mine whose answer has come is known by it, whatever it says", () => {
	expect(txns(sentAs(delta(said("$1", "y")), [waiting("a", "x", { state: "sent", event: "$1" as EventId })], me))).toEqual(["a"]);
});

test("one whose answer is on its way is known by its words, each once", () => {
	const outbox = [waiting("a", "x"), waiting("b", "x")];
	expect(txns(sentAs(delta(said("$1", "x"), said("$2", "x"), said("$3", "x")), outbox, me))).toEqual(["a", "b", undefined]);
});

test("what others say, what says something else and what has not left yet is not taken for it", () => {
	const others = said("$1", "x", "@else:hub" as UserId);
	expect(txns(sentAs(delta(others), [waiting("a", "x")], me))).toEqual([undefined]);
	expect(txns(sentAs(delta(said("$2", "y")), [waiting("a", "x")], me))).toEqual([undefined]);
	expect(txns(sentAs(delta(said("$3", "x")), [waiting("a", "x", { state: "waiting" })], me))).toEqual([undefined]);
	expect(txns(sentAs(delta(said("$4", "x")), [waiting("a", "x", { room: "!s:hub" as RoomId })], me))).toEqual([undefined]);
});
