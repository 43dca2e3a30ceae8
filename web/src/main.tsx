import { render } from "preact";
import { match, speak } from "./i18n";
import { App } from "./ui/App";
import { client } from "./ui/client";
import { stayedAway } from "./ui/shell/leave";

/** The language of the last time on this device, else the browser's, so that the first screen can be read. */
async function begin(): Promise<void> {
	const root = document.getElementById("app");
	if (!root || stayedAway()) return;
	const last = localStorage.getItem("panah.language");
	await speak(match(last ? [last, ...navigator.languages] : navigator.languages) ?? "en");
	render(<App />, root);
	await client.start();
}

void begin();
