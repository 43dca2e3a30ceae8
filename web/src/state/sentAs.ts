import { canonical } from "../wire/canonical";
import type { RoomId, UserId } from "../wire/ids";
import type { Delta, Event } from "../wire/sync";
import type { Outgoing } from "./outbox";

/**
 * The change with my own events under the transactions that made them. The stream has the same frames for everybody and so does not
 * name them: an event is known by the answer to its sending, or, where that is still on its way, by saying the same.
 */
export function sentAs(delta: Delta, outbox: readonly Outgoing[], me: UserId): Delta {
	if (outbox.length === 0) return delta;
	const join = new Map([...delta.join].map(([room, joined]) => [room, { ...joined, timeline: underTxns(room, joined.timeline, outbox, me) }]));
	return { ...delta, join };
}

function underTxns(room: RoomId, events: readonly Event[], outbox: readonly Outgoing[], me: UserId): readonly Event[] {
	const left = outbox.filter((item) => item.room === room && item.act.kind === "send");
	return events.map((event) => {
		if (event.sender !== me || event.txn !== undefined) return event;
		const item = left.find((one) => one.event === event.id) ?? left.find((one) => one.state === "sending" && says(one, event));
		if (!item) return event;
		left.splice(left.indexOf(item), 1);
		return { ...event, txn: item.txn };
	});
}

function says({ act }: Outgoing, event: Event): boolean {
	return act.kind === "send" && act.type === event.type && canonical(act.content) === canonical(event.content);
}
