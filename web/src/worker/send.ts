import type { Outgoing } from "../state/outbox";

/** What can be sent without knowing what stands there now: an act upon something that may have changed waits for the page. */
export function sendable(items: readonly Outgoing[]): Outgoing[] {
	const held = new Set<string>();
	return [...items]
		.sort((a, b) => a.at - b.at)
		.filter((item) => {
			if (item.state === "waiting" && item.base !== undefined) held.add(item.room);
			return item.state === "waiting" && !("file" in item) && !held.has(item.room);
		});
}

/**
 * Sends things one after the other. What could not be sent holds up all that comes after it in its room: sent first, a later post would
 * stand before an earlier one for everybody. Gives how many things are left.
 */
export async function sendInOrder(items: readonly Outgoing[], send: (item: Outgoing) => Promise<boolean>): Promise<number> {
	const held = new Set<string>();
	let left = 0;
	for (const item of items) {
		if (!held.has(item.room) && (await send(item))) continue;
		held.add(item.room);
		left++;
	}
	return left;
}
