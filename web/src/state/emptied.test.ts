import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EventId, type RoomId, token, type UserId } from "../wire/ids";
import type { Delta, Event, JoinedDelta } from "../wire/sync";
import { emptiedIn, emptiedType } from "./emptied";
import { apply, emptyModel } from "./model";

const me = "@me:hub" as UserId;
const id = "!r:hub" as RoomId;

const post = (n: number, more: Partial<Event> = {}): Event => ({
	id: `$${n}` as EventId,
	type: "m.room.message",
	sender: "@a:hub" as UserId,
	at: n,
	content: { body: `post ${n}` },
	redacted: false,
	...more,
});

const comes = (next: number, timeline: readonly Event[], more: Partial<JoinedDelta> = {}): Delta => ({
	next: token(`s${next}`),
	join: new Map([[id, { state: [], timeline, limited: false, prevBatch: `p${next}`, ephemeral: [], accountData: [], ...more }]]),
	invite: new Map(),
	leave: [],
	accountData: [],
	presence: [],
});

const emptied = (content: { before?: number; gone?: readonly string[]; count?: number }) => ({
	accountData: [{ type: emptiedType, content: { gone: [], count: content.gone?.length ?? 0, ...content } }],
});

const told = (...deltas: readonly Delta[]) => deltas.reduce(apply, emptyModel(me)).rooms.get(id);

/** A hub with one channel: what it emptied so far, and what it still has. */
class Hub {
	readonly all: Event[] = [];
	before = 0;
	count = 0;
	gone: string[] = [];

	get left(): Event[] {
		return this.all.filter((e) => e.at >= this.before && !this.purged.has(e.id));
	}
	private readonly purged = new Set<string>();

	empty(ids: readonly string[], most: number): void {
		for (const one of ids) this.purged.add(one);
		this.count += ids.length;
		this.gone = [...this.gone, ...ids].slice(-most);
	}
	told(): Partial<JoinedDelta> {
		return emptied({ before: this.before, gone: this.gone, count: this.count });
	}
}

const step = fc.oneof(
	fc.record({ does: fc.constant("post" as const) }),
	fc.record({ does: fc.constant("empty" as const), which: fc.array(fc.nat(30), { minLength: 1, maxLength: 4 }) }),
	fc.record({ does: fc.constant("age" as const), by: fc.nat(5) }),
	fc.record({ does: fc.constant("sync" as const) }),
);

test("a copy that hears of what was emptied equals one that is read anew, however long it was away", () => {
	fc.assert(
		fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
			const hub = new Hub();
			let model = emptyModel(me);
			let known = 0;
			const sync = (n: number) => {
				model = apply(model, comes(n, hub.all.slice(known).filter((e) => hub.left.includes(e)), hub.told()));
				known = hub.all.length;
			};
			sync(0);
			for (const [n, does] of steps.entries()) {
				if (does.does === "post") hub.all.push(post(hub.all.length));
				else if (does.does === "age") hub.before = Math.min(hub.before + does.by, hub.all.length);
				else if (does.does === "empty") hub.empty([...new Set(does.which)].filter((k) => k < hub.all.length).map((k) => `$${k}`), 5);
				else sync(n + 1);
			}
			sync(99);
			const here = model.rooms.get(id)?.timeline.map((e) => e.id) ?? [];
			const fresh = hub.left.map((e) => e.id);
			expect(here).toEqual(fresh.slice(fresh.length - here.length)); // older ones are read again when somebody scrolls to them
			if (model.rooms.get(id)?.before === "p0") expect(here).toEqual(fresh);
		}),
	);
});

describe("what the hub emptied without an event", () => {
	test("goes by age and by id, and state stays", () => {
		const named = post(1, { type: "m.room.name", stateKey: "", content: { name: "Rota" } });
		const room = told(comes(1, [post(0), named, post(2), post(3), post(4)]), comes(2, [], emptied({ before: 3, gone: ["$4"] })));
		expect(room?.timeline.map((e) => e.id)).toEqual(["$1", "$3"]);
	});
	test("takes people's names, and leaves that they were here", () => {
		const joined = post(1, { type: "m.room.member", stateKey: "@a:hub", content: { membership: "join", displayname: "Aziza", avatar_url: "mxc://x/y" } });
		const room = told(comes(1, [joined]), comes(2, [], emptied({ gone: ["$1", "@a:hub"] })));
		expect(room?.members.get("@a:hub" as UserId)).toEqual({ id: "@a:hub", name: "a", membership: "join" });
		expect(JSON.stringify(room?.timeline)).not.toContain("Aziza");
	});
	test("is not new any more", () => {
		expect(told(comes(1, [post(0), post(1)]), comes(2, [], emptied({ gone: ["$1"] })))?.unread).toBe(1);
	});
	test("has a device that has missed some of it read the channel again", () => {
		const away = told(comes(1, [post(0), post(1)]), comes(2, [post(2)], emptied({ gone: ["$x"], count: 700 })));
		expect(away?.timeline.map((e) => e.id)).toEqual(["$2"]);
		expect(away?.before).toBe("p2");
		const silent = told(comes(1, [post(0), post(1)]), comes(2, [], emptied({ gone: ["$x"], count: 700 })));
		expect([silent?.timeline.length, silent?.before]).toEqual([0, "s2"]);
	});
	test("takes nothing from a device that comes new", () => {
		expect(told(comes(1, [post(0), post(1)], emptied({ gone: ["$x"], count: 700 })))?.timeline.length).toBe(2);
	});
	test("names the posts whose files go too", () => {
		const room = told(comes(1, [post(0), post(1), post(2)]));
		expect(emptiedIn(room, { accountData: emptied({ before: 1, gone: ["$2"] }).accountData ?? [] }).map((e) => e.id)).toEqual(["$0", "$2"]);
	});
	test("may have any shape", () => {
		expect(told(comes(1, [post(0)]), comes(2, [], { accountData: [{ type: emptiedType, content: { gone: 7, before: "x" } }] }))?.timeline.length).toBe(1);
	});
});
