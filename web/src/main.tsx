import { render } from "preact";
import { match, speak } from "./i18n";
import { App } from "./ui/App";
import { client } from "./ui/client";
import { deviceName } from "./ui/screens/device";
import { askAhead } from "./ui/screens/offer";
import { stayedAway } from "./ui/shell/leave";
import { invitationToken, takeToken } from "./ui/shell/router";
import { mark } from "./state";

/** The language of the last time on this device, else the browser's, so that the first screen can be read. */
async function begin(): Promise<void> {
	const root = document.getElementById("app");
	if (!root || stayedAway()) return;
	const last = mark("panah.language");
	client.deviceName = deviceName();
	const started = client.door.start(); // what is kept is read while the words come
	if (location.hash.startsWith("#/invite")) prepareForm();
	await speak(match(last ? [last, ...navigator.languages] : navigator.languages) ?? "en");
	render(<App />, root);
	await started;
}

/** The form of an invitation comes meanwhile too, and what it shows. */
function prepareForm(): void {
	void import("./ui/screens/Invited").catch(() => undefined);
	takeToken();
	const token = invitationToken();
	if (token !== null) askAhead(token);
}

void begin();
