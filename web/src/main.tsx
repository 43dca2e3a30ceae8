import { render } from "preact";
import { match, speak } from "./i18n";
import { Client } from "./state";
import { App } from "./ui/App";

/** The language of the last time on this device, else the browser's, so that the first screen can be read. */
async function begin(): Promise<void> {
	const root = document.getElementById("app");
	if (!root) return;
	const last = localStorage.getItem("panah.language");
	await speak(match(last ? [last, ...navigator.languages] : navigator.languages) ?? "en");
	const client = new Client();
	render(<App client={client} />, root);
	await client.start();
}

void begin();
