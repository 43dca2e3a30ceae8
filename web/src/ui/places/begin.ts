/** What of places stands on the first screen, with what is known of them, in one piece. */
import { effect } from "@preact/signals";
import { Places } from "../../state/places/places";
import { client } from "../client";

export { NowPlaces } from "./NowPlaces";

export function begin(): Places {
	const made = client.part(({ here, keeping, sending, talk }) => new Places(here, keeping, sending, talk));
	effect(() => {
		if ((made.requests.value?.length ?? 0) > 0 && client.line.value.state === "connected") void beReady();
	});
	return made;
}

/** Whoever has a request under way may be written to before they open it, so the hub knows this device's key by then. */
async function beReady(): Promise<void> {
	try {
		await (await import("./sealing")).sealing.ready();
	} catch {
		// there was no line; the next one, or the request's own screen, does it
	}
}
