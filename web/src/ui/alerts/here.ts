import { signal } from "@preact/signals";
import type { Alerts } from "../../state";

/** The part about urgent alerts, once somebody is in and it has come. */
export const alerts = signal<Alerts | undefined>(undefined);

let coming = false;

/** Has it come; again where there was no line for it. */
export async function fetchAlerts(): Promise<void> {
	if (coming || alerts.peek()) return;
	coming = true;
	try {
		alerts.value = await (await import("./begin")).begin();
	} catch {
		// there was no line; the next one brings it
	} finally {
		coming = false;
	}
}
