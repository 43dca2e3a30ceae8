import { useEffect } from "preact/hooks";
import { type Room, serverOf } from "../state";
import { client } from "./client";

/** How long after one another the hub is asked about a server whose organisations it does not know, in milliseconds. */
const pauses = [0, 5_000, 30_000, 120_000];

/** The servers of a channel's people of which no organisation is known, in order. */
export function strangersIn(members: Iterable<string>, me: string, abroad: readonly { readonly hub: string }[]): string[] {
	const met = new Set([serverOf(me), ...abroad.map(({ hub }) => hub)]);
	return [...new Set([...members].map(serverOf))].filter((server) => !met.has(server)).sort();
}

/**
 * Asks for the organisations of other hubs while a channel has people of one that has told nothing: a hub lists its own some time after it
 * was met. It asks a few times, farther and farther apart, and not for ever, since not every server has such a list; when the line comes
 * back or somebody of yet another server comes in, it begins anew.
 */
export function useStrangers(room: Room, me: string): void {
	const connected = client.line.value.state === "connected";
	const known = client.people.value !== undefined;
	const strangers = strangersIn(room.members.keys(), me, client.abroad.value).join(" ");
	useEffect(() => {
		if (!connected || !known || strangers === "") return;
		let timer = 0;
		const ask = (tried: number) => {
			const pause = pauses[tried];
			if (pause === undefined) return;
			timer = window.setTimeout(() => {
				ask(tried + 1);
				void client.circle.loadAbroad().catch(() => undefined); // asked again, or when the line is back
			}, pause);
		};
		ask(0);
		return () => window.clearTimeout(timer);
	}, [connected, known, strangers]);
}
