/** What has to stand at once when an alert comes in: in one piece, so that a slow line is asked once. */
import type { Alerts } from "../../state";
import { client } from "../client";
import { language } from "../say";
import { ringWhenNew } from "./chime";
import { followQuiet } from "./quiet";
import { followWords, usual } from "./words";

export { Alert } from "./Alert";
export { Board } from "./Board";
export { Incoming } from "./Incoming";
export { NowAlerts } from "./NowAlerts";

export async function begin(): Promise<Alerts> {
	followWords();
	const made = await client.alerts({ language: () => language.peek(), usual });
	followQuiet();
	ringWhenNew(made);
	return made;
}
