import { describe, expect, it } from "vitest";
import type { EventId, RoomId, UserId } from "../wire/ids";
import type { Event } from "../wire/sync";
import { editContent, postContent, reactionContent } from "./content";
import type { Act, Outgoing } from "./outbox";
import { presentContent, relatedTo, relationsOf } from "./relations";

const room = "!r:hub" as RoomId;
const me = "@me:hub" as UserId;
const zahra = "@zahra:hub" as UserId;
const id = (text: string) => text as EventId;

function event(name: string, sender: UserId, content: Event["content"], more: Partial<Event> = {}): Event {
	return { id: id(name), type: "m.room.message", sender, at: 1, content, redacted: false, ...more };
}

const words = (body: string) => ({ room, body, language: "en" });
const said = (name: string, sender: UserId) => event(name, sender, postContent(words(name)));
const edit = (name: string, sender: UserId, of: string, body: string) => event(name, sender, editContent(words(body), id(of)));
const sign = (name: string, sender: UserId, of: string, key: string, more: Partial<Event> = {}) =>
	event(name, sender, reactionContent(id(of), key), { type: "m.reaction", ...more });
const pending = (act: Act, state: Outgoing["state"] = "waiting"): Outgoing => ({ txn: "t", room, act, at: 2, state });

const of = (timeline: Event[], outbox: Outgoing[], post: string) => relatedTo(relationsOf(room, timeline, outbox, me), id(post));

describe("later wordings", () => {
	it("count when they are the author's own", () => {
		const timeline = [said("$1", zahra), edit("$2", me, "$1", "forged"), edit("$3", zahra, "$1", "better")];
		const related = of(timeline, [], "$1");
		expect(related.wordings.map((wording) => wording.event)).toEqual(["$3"]);
		expect(presentContent(timeline[0] as Event, related)["body"]).toBe("better");
	});
	it("show at once what waits to be sent", () => {
		const act: Act = { kind: "send", type: "m.room.message", content: editContent(words("new"), id("$1")) };
		expect(of([said("$1", me)], [pending(act)], "$1").wordings).toMatchObject([{ txn: "t", state: "waiting" }]);
	});
	it("of a post that was taken back show nothing", () => {
		const gone = event("$1", zahra, {}, { redacted: true });
		expect(presentContent(gone, of([gone, edit("$2", zahra, "$1", "again")], [], "$1"))).toEqual({});
	});
});

describe("reactions", () => {
	it("count each person once, and know my own", () => {
		const timeline = [said("$1", zahra), sign("$2", me, "$1", "👍"), sign("$3", me, "$1", "👍"), sign("$4", zahra, "$1", "👍"), sign("$5", zahra, "$1", "✅")];
		expect(of(timeline, [], "$1").reactions).toEqual([
			{ key: "👍", people: [me, zahra], mine: { event: "$2" } },
			{ key: "✅", people: [zahra] },
		]);
	});
	it("are gone as soon as they are taken back", () => {
		const timeline = [said("$1", zahra), sign("$2", me, "$1", "👍")];
		expect(of(timeline, [pending({ kind: "redact", event: id("$2") })], "$1").reactions).toEqual([]);
		expect(of([said("$1", zahra), sign("$2", me, "$1", "👍", { redacted: true, content: {} })], [], "$1").reactions).toEqual([]);
	});
	it("of any shape do no harm", () => {
		const odd = event("$2", zahra, { "m.relates_to": { rel_type: "m.annotation", event_id: "$1", key: 7 } }, { type: "m.reaction" });
		const long = sign("$3", zahra, "$1", "x".repeat(500));
		expect(of([said("$1", zahra), odd, long], [], "$1").reactions.map(({ key }) => key)).toEqual(["x".repeat(16)]);
	});
});

describe("threads", () => {
	it("gather under their first post", () => {
		const thread = { root: id("$1"), last: id("$1") };
		const answer = event("$2", zahra, postContent({ ...words("yes"), thread }));
		expect(of([said("$1", me), answer], [], "$1").answers.map((one) => one.id)).toEqual(["$2"]);
		expect(answer.content["m.relates_to"]).toEqual({
			rel_type: "m.thread",
			event_id: "$1",
			is_falling_back: true,
			"m.in_reply_to": { event_id: "$1" },
		});
	});
});

it("a post that I take back is on its way out", () => {
	const act: Act = { kind: "redact", event: id("$1") };
	expect(of([said("$1", me)], [pending(act)], "$1").leaving).toBe(true);
	expect(of([said("$1", me)], [pending(act, "failed")], "$1").leaving).toBe(false);
});
