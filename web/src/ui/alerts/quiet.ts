import { effect } from "@preact/signals";
import { hubNow, quietHours, readQuiet } from "../../state";
import { client, me } from "../client";

/** After so many milliseconds they are read again when there is a line: another device may have changed them. */
const readEvery = 6 * 3_600_000;

/** Knows the quiet hours of whoever is here. Until they were read, all that comes in rings. */
export function followQuiet(): void {
	let whose: string | undefined;
	let readAt = 0;
	effect(() => {
		const who = me.value?.id;
		const connected = client.line.value.state === "connected";
		if (who !== whose) {
			whose = who;
			readAt = 0;
			quietHours.value = null;
		}
		if (who === undefined || !connected || client.alone || hubNow() - readAt < readEvery) return;
		readAt = hubNow();
		void readQuiet().then(
			(quiet) => {
				if (whose === who) quietHours.value = quiet;
			},
			() => {
				readAt = 0; // the next line tries again
			},
		);
	});
}
