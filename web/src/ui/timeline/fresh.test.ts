import { describe, expect, it } from "vitest";
import { emptyRoom, type Event, type EventId, type Room, type RoomId, type UserId } from "../../state";
import { firstFresh, freshOf, type Opened } from "./fresh";
import { linesOf } from "./lines";

const me = "@me:hub" as UserId;
const zahra = "@zahra:hub" as UserId;
const umed = "@umed:hub" as UserId;

const said = (id: string, sender: UserId): Event => ({ id: id as EventId, type: "m.room.message", sender, at: 3_600_000, content: { body: id }, redacted: false });
const room = (timeline: Event[], more: Partial<Room> = {}): Room => ({ ...emptyRoom("!r:hub" as RoomId), timeline, ...more });

describe("firstFresh", () => {
	const timeline = [said("$1", zahra), said("$2", me), said("$3", zahra), said("$4", umed)];
	const lines = linesOf(room(timeline), [], me);
	it("is the first of others after the last one read", () => {
		expect(firstFresh(lines, "$1", 2, timeline)).toEqual({ key: "$3", whole: true });
	});
	it("is counted back when the last one read is not here", () => {
		expect(firstFresh(lines, "$0", 1, timeline)).toEqual({ key: "$4", whole: false });
		expect(firstFresh(lines, undefined, 1, timeline)).toEqual({ key: "$4", whole: true });
	});
	it("is the first one here where more is new than is here", () => {
		expect(firstFresh(lines, "$0", 9, timeline)).toEqual({ key: "$1", whole: false });
	});
	it("stands after the line before an event that has none", () => {
		const without = timeline.toSpliced(3, 0, said("$edit", zahra));
		expect(firstFresh(lines, "$edit", 1, without)).toEqual({ key: "$4", whole: true });
		expect(firstFresh(lines.slice(3), "$edit", 1, without)).toEqual({ key: "$4", whole: true });
	});
	it("is nothing where nobody else has written", () => {
		expect(firstFresh([], undefined, 9, [])).toEqual({ key: undefined, whole: false });
	});
});

describe("freshOf", () => {
	/** A channel of 100 posts by others, of which the newest so many are here. */
	const all = Array.from({ length: 100 }, (_, n) => said(`$${n}`, n % 2 ? zahra : umed));
	const here = (count: number) => {
		const now = room(all.slice(-count), count < all.length ? { before: "older" as never } : {});
		return { now, lines: linesOf(now, [], me) };
	};
	/** What is found as older posts come, a page of 20 at a time, after the channel was opened with the first of them. */
	const asOlderCome = (opened: Omit<Opened, "last">) =>
		[20, 40, 60, 80, 100].map((count) => freshOf({ ...opened, last: "$99" }, here(count).lines, here(count).now));

	it("sets the mark once, where it stays, though one has never read here", () => {
		const found = asOlderCome({ upTo: undefined, unread: 70 });
		expect(found.map((fresh) => fresh?.mark)).toEqual([undefined, undefined, undefined, "$30", "$30"]);
		expect(found.map((fresh) => fresh?.further)).toEqual([true, true, true, false, false]);
	});
	it("sets it after the post read last, once that one is here", () => {
		const found = asOlderCome({ upTo: "$50", unread: 49 });
		expect(found.map((fresh) => fresh?.mark)).toEqual([undefined, undefined, "$51", "$51", "$51"]);
		expect(found.map((fresh) => fresh?.upTo)).toEqual(["$50", "$50", undefined, undefined, undefined]);
	});
	it("begins reading at the first new line that is here", () => {
		expect(asOlderCome({ upTo: undefined, unread: 70 })[0]?.start).toBe("$80");
	});
	it("sets it at the beginning of a channel that is shorter than what is unread", () => {
		expect(asOlderCome({ upTo: undefined, unread: 500 }).map((fresh) => fresh?.mark)).toEqual([undefined, undefined, undefined, undefined, "$0"]);
	});
	it("counts nothing that came after the channel was opened", () => {
		const { now, lines } = here(100);
		expect(freshOf({ upTo: "$50", unread: 3, last: "$52" }, lines, now)?.mark).toBe("$51");
		expect(freshOf({ upTo: "$52", unread: 3, last: "$52" }, lines, now)?.mark).toBeUndefined();
		expect(freshOf({ upTo: undefined, unread: 0, last: "$52" }, lines, now)).toBeUndefined();
	});
});
