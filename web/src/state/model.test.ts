import fc from "fast-check";
import { expect, test } from "vitest";
import type { EventId, RoomId, UserId } from "../wire/ids";
import { token } from "../wire/ids";
import { type Delta, decodeDelta, type Event } from "../wire/sync";
import { apply, emptyModel, type Model, prepend } from "./model";

const me = "@me:hub" as UserId;
const room = "!r:hub" as RoomId;

function event(n: number, sender: string, type = "m.room.message", more: Partial<Event> = {}): Event {
	return { id: `$${n}` as EventId, type, sender: sender as UserId, at: n, content: { body: `post ${n}` }, redacted: false, ...more };
}

function delta(
	next: number,
	timeline: readonly Event[],
	more: Partial<Delta["join"] extends ReadonlyMap<RoomId, infer J> ? J : never> = {},
): Delta {
	return {
		next: token(`s${next}`),
		join: new Map([[room, { state: [], timeline, limited: false, ephemeral: [], accountData: [], ...more }]]),
		invite: new Map(),
		leave: [],
		accountData: [],
		presence: [],
	};
}

const run = (deltas: readonly Delta[]): Model => deltas.reduce(apply, emptyModel(me));
const shown = (model: Model) => model.rooms.get(room);

/** Histories of posts, renamings, memberships, readings, and redactions by several people. */
const step = fc.oneof(
	fc.record({ kind: fc.constant("post" as const), by: fc.constantFrom("@me:hub", "@a:hub", "@b:hub") }),
	fc.record({ kind: fc.constant("name" as const), name: fc.string({ maxLength: 5 }) }),
	fc.record({
		kind: fc.constant("member" as const),
		who: fc.constantFrom("@a:hub", "@b:hub"),
		membership: fc.constantFrom("join", "leave"),
	}),
	fc.record({ kind: fc.constant("redact" as const), which: fc.nat(20) }),
);

function toEvent(s: typeof step extends fc.Arbitrary<infer S> ? S : never, n: number): Event {
	switch (s.kind) {
		case "post":
			return event(n, s.by);
		case "name":
			return event(n, "@a:hub", "m.room.name", { stateKey: "", content: { name: s.name } });
		case "member":
			return event(n, s.who, "m.room.member", { stateKey: s.who, content: { membership: s.membership, displayname: s.who } });
		case "redact":
			return event(n, "@a:hub", "m.room.redaction", { redacts: `$${s.which % (n + 1)}` as EventId, content: {} });
	}
}

test("applying changes one by one gives what fetching them together gives", () => {
	fc.assert(
		fc.property(fc.array(step, { maxLength: 40 }), fc.array(fc.nat(39), { maxLength: 6 }), (steps, cuts) => {
			const events = steps.map(toEvent);
			const whole = run([delta(events.length, events)]);
			const at = [...new Set([0, ...cuts.filter((c) => c < events.length), events.length])].sort((a, b) => a - b);
			const parts = at.slice(1).map((end, i) => delta(end, events.slice(at[i], end)));
			if (parts.length > 0) expect(shown(run(parts))).toEqual(shown(whole));
		}),
	);
});

test("a change that comes twice counts once", () => {
	const d = delta(2, [event(1, "@a:hub"), event(2, "@b:hub")]);
	expect(shown(run([d, d]))?.timeline).toHaveLength(2);
	expect(shown(run([d, d]))?.unread).toBe(2);
});

test("an alert that overtook moves no position, and counts once when it comes in its place", () => {
	const { next: _none, ...early } = delta(0, [event(3, "@a:hub")]);
	const before = run([delta(1, [event(1, "@a:hub")]), early]);
	expect(before.next).toBe("s1");
	expect(shown(before)?.unread).toBe(2);
	const after = apply(before, delta(3, [event(2, "@b:hub"), event(3, "@a:hub")]));
	expect(after.next).toBe("s3");
	expect(shown(after)?.unread).toBe(3);
	expect(shown(after)?.timeline.map((e) => e.id)).toEqual(["$1", "$2", "$3"]);
});

test("an alert may come before its channel, which is then known as one of alerts", () => {
	const { next: _none, ...early } = delta(0, [event(3, "@a:hub")]);
	const before = run([early]);
	expect(before.next).toBeUndefined();
	expect(shown(before)).toMatchObject({ alerts: true, unread: 1 });
	const kind = event(1, "@hub:hub", "network.panah.channel", { stateKey: "", content: { kind: "alerts" } });
	const after = shown(apply(before, delta(3, [event(2, "@hub:hub", "m.room.member", { stateKey: "@me:hub" }), event(3, "@a:hub")], { state: [kind] })));
	expect(after).toMatchObject({ alerts: true, unread: 1 });
	expect(after?.timeline.map((e) => e.id)).toEqual(["$2", "$3"]);
});

test("rooms that a change does not touch stay the same objects", () => {
	const before = run([delta(1, [event(1, "@a:hub")])]);
	const after = apply(before, { ...delta(2, []), join: new Map() });
	expect(shown(after)).toBe(shown(before));
});

test("own posts, edits and redacted posts are not new to me; my receipt counts again", () => {
	const edit = event(4, "@a:hub", "m.room.message", { content: { "m.relates_to": { rel_type: "m.replace", event_id: "$1" } } });
	const model = run([delta(4, [event(1, "@a:hub"), event(2, "@me:hub"), event(3, "@b:hub", "m.room.message", { redacted: true }), edit])]);
	expect(shown(model)?.unread).toBe(1);
	const receipt = { type: "m.receipt", content: { $1: { "m.read": { "@me:hub": { ts: 5 } } } } };
	expect(shown(apply(model, delta(5, [], { ephemeral: [receipt] })))).toMatchObject({ unread: 0, readUpTo: "$1" });
});

test("the hub's own count is believed where it sends one", () => {
	expect(shown(run([delta(1, [event(1, "@a:hub")], { unread: { count: 7, highlights: 2 } })]))).toMatchObject({ unread: 7, highlights: 2 });
});

test("after a gap the timeline begins anew, and older posts go before it", () => {
	const model = run([
		delta(2, [event(1, "@a:hub"), event(2, "@a:hub")]),
		delta(9, [event(9, "@a:hub")], { limited: true, prevBatch: "s8" }),
	]);
	const after = shown(model);
	expect(after).toMatchObject({ before: "s8" });
	expect(after?.timeline.map((e) => e.id)).toEqual(["$9"]);
	if (!after) throw new Error("no room");
	const older = prepend(after, after, [event(8, "@a:hub"), event(7, "@a:hub")], undefined);
	expect(older.timeline.map((e) => e.id)).toEqual(["$7", "$8", "$9"]);
	expect(older.before).toBeUndefined();
});

test("older posts that come after the timeline began anew are left out, so that no hole opens", () => {
	const before = run([delta(5, [event(5, "@a:hub")], { prevBatch: "s4" })]);
	const asked = shown(before);
	const now = shown(apply(before, delta(99, [event(99, "@a:hub")], { limited: true, prevBatch: "s98" })));
	if (!asked || !now) throw new Error("no room");
	expect(prepend(now, asked, [event(4, "@a:hub")], undefined)).toBe(now);
});

test("what is taken back is not new any more, unless it was read", () => {
	const written = run([delta(2, [event(1, "@a:hub"), event(2, "@a:hub")])]);
	const redaction = (n: number, which: string) => event(n, "@a:hub", "m.room.redaction", { redacts: which as EventId });
	expect(shown(apply(written, delta(3, [redaction(3, "$2")])))?.unread).toBe(1);
	const receipt = { type: "m.receipt", content: { $1: { "m.read": { "@me:hub": { ts: 5 } } } } };
	const read = apply(written, delta(3, [], { ephemeral: [receipt] }));
	expect(shown(apply(read, delta(4, [redaction(4, "$1")])))?.unread).toBe(1);
});

test("a post to the whole channel calls on everyone", () => {
	const call = event(1, "@a:hub", "m.room.message", { content: { "m.mentions": { room: true } } });
	expect(shown(run([delta(1, [call])]))?.highlights).toBe(1);
});

test("a redaction empties its post wherever it stands", () => {
	const model = run([delta(1, [event(1, "@a:hub")]), delta(2, [event(2, "@a:hub", "m.room.redaction", { redacts: "$1" as EventId })])]);
	expect(shown(model)?.timeline[0]).toMatchObject({ redacted: true, content: {} });
});

test("whoever posts has stopped typing, and I never see myself type", () => {
	const typing = { type: "m.typing", content: { user_ids: ["@a:hub", "@me:hub", "@b:hub"] } };
	const model = run([delta(1, [], { ephemeral: [typing] })]);
	expect(shown(model)?.typing).toEqual(["@a:hub", "@b:hub"]);
	expect(shown(apply(model, delta(2, [event(2, "@a:hub")])))?.typing).toEqual(["@b:hub"]);
});

test("an invitation says who asks, and is gone once answered", () => {
	const invited = decodeDelta({
		next_batch: "s1",
		rooms: {
			invite: {
				"!r:hub": {
					invite_state: {
						events: [
							{ type: "m.room.name", sender: "@a:hub", state_key: "", content: { name: "Marz" } },
							{ type: "m.room.member", sender: "@a:hub", state_key: "@a:hub", content: { membership: "join", displayname: "Zarina" } },
							{ type: "m.room.member", sender: "@a:hub", state_key: "@me:hub", content: { membership: "invite" } },
						],
					},
				},
			},
		},
	});
	const model = apply(emptyModel(me), invited);
	expect([...model.invitations.values()]).toEqual([{ id: room, space: false, name: "Marz", by: "@a:hub", byName: "Zarina" }]);
	expect(apply(model, delta(2, [])).invitations.size).toBe(0);
	expect(apply(model, { ...delta(2, []), join: new Map(), leave: [room] }).invitations.size).toBe(0);
});

test("hostile state does not break a room", () => {
	for (const content of [{}, { name: 7 }, { via: "x" }, { users: null }, { displayname: {} }, { membership: [] }]) {
		for (const type of [
			"m.room.name",
			"m.room.topic",
			"m.room.member",
			"m.space.child",
			"network.panah.space",
			"m.room.create",
			"m.room.power_levels",
		]) {
			const state = event(1, "@a:hub", type, { stateKey: "@a:hub", content });
			expect(() => run([delta(1, [], { state: [state] })])).not.toThrow();
		}
	}
});

test("a channel that has ended says where it goes on, and that one what it goes on from", () => {
	const end = (n: number, more: Partial<Event>) => event(n, "@a:other.hub:8448", "m.room.tombstone", { stateKey: "", content: { replacement_room: "!next:hub" }, ...more });
	const of = (...events: Event[]) => shown(run([delta(1, events)]));
	expect(of(end(1, {}))?.ended).toEqual({ to: "!next:hub", via: "other.hub:8448" });
	expect(of(end(1, { content: {} }))?.ended).toEqual({ via: "other.hub:8448" });
	expect(of(end(1, { content: { replacement_room: 7 } }))?.ended).toEqual({ via: "other.hub:8448" });
	expect(of(end(1, { stateKey: "else" }))?.ended).toBeUndefined();
	const create = event(1, "@a:hub", "m.room.create", { stateKey: "", content: { predecessor: { room_id: "!old:hub", event_id: "$9" } } });
	expect(of(create)?.continues).toBe("!old:hub");
	expect(of({ ...create, content: { predecessor: "!old:hub" } })?.continues).toBeUndefined();
});
