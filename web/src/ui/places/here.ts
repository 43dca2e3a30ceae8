import { signal } from "@preact/signals";
import type { Places } from "../../state/places/places";

/** The part about shelters and their places, once somebody is in who sees them and it has come. */
export const places = signal<Places | undefined>(undefined);

let coming = false;

/** Has it come; again where there was no line for it. */
export async function fetchPlaces(): Promise<void> {
	if (coming || places.peek()) return;
	coming = true;
	try {
		places.value = (await import("./begin")).begin();
	} catch {
		// there was no line; the next one brings it
	} finally {
		coming = false;
	}
}
