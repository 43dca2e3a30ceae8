import { expect, test } from "vitest";
import type { Outgoing } from "../state/outbox";
import type { RoomId } from "../wire/ids";
import { sendable, sendInOrder } from "./send";

const post = (room: string, txn: string, at: number, more: Partial<Outgoing> = {}): Outgoing => ({
	txn,
	room: room as RoomId,
	act: { kind: "send", type: "m.room.message", content: { body: txn } },
	at,
	state: "waiting",
	...more,
});

test("what could not be sent holds up what comes after it in its room, and nothing elsewhere", async () => {
	const tried: string[] = [];
	const lost = new Set(["a26"]);
	const left = await sendInOrder(
		[post("!a", "a26", 1), post("!b", "b1", 2), post("!a", "a27", 3), post("!a", "a28", 4)],
		async ({ txn }) => {
			tried.push(txn);
			return !lost.has(txn);
		},
	);
	expect(tried).toEqual(["a26", "b1"]);
	expect(left).toBe(3);
});

test("things are sent in the order in which they were done, up to one that only a page can judge", () => {
	const items = [
		post("!a", "3", 3),
		post("!a", "1", 1),
		post("!a", "sent", 2, { state: "sent" }),
		post("!b", "edit", 4, { base: "$x" }),
		post("!b", "after", 5),
		post("!a", "file", 6, { file: { id: "f", name: "n", type: "t", size: 1 } }),
	];
	expect(sendable(items).map(({ txn }) => txn)).toEqual(["1", "3"]);
});
