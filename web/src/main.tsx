import { render } from "preact";
import { match, speak } from "./i18n";
import { App } from "./ui/App";
import { client } from "./ui/client";
import { deviceName } from "./ui/screens/device";
import { stayedAway } from "./ui/shell/leave";
import { mark } from "./state";

/** The language of the last time on this device, else the browser's, so that the first screen can be read. */
async function begin(): Promise<void> {
	const root = document.getElementById("app");
	if (!root || stayedAway()) return;
	const last = mark("panah.language");
	client.deviceName = deviceName();
	const started = client.door.start(); // what is kept is read while the words come
	if (location.hash.startsWith("#/invite")) void import("./ui/screens/Invited").catch(() => undefined); // and so does the form
	await speak(match(last ? [last, ...navigator.languages] : navigator.languages) ?? "en");
	render(<App />, root);
	await started;
}

void begin();
