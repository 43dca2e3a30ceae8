import { Fault } from "../wire/fault";
import { roomId, userId } from "../wire/ids";
import * as account from "./account";

/**
 * The account that opens where a person had to open something: it has nothing, knows nobody, and speaks to nobody. All that says so on the
 * device is a mark without a meaning.
 */
const mark = "panah.v";
/** The session of the device is still to be ended: the hub could not be reached yet. */
const pending = "panah.w";

export const standing = (): boolean => localStorage.getItem(mark) !== null;

export function stand(): void {
	localStorage.setItem(mark, "1");
	localStorage.setItem(pending, "1");
}

/** Whoever signs out of it is at the door. */
export function leave(): void {
	localStorage.removeItem(mark);
}

export function nobody(): account.Me {
	return {
		id: userId(`@user:${location.hostname}`),
		device: "",
		name: "",
		role: "observer",
		may: [],
		language: "",
		networkSpace: roomId(""),
	};
}

/** Ends this device's session on the hub; without a line it is tried again when there is one, and at the next start. */
export async function tellHub(): Promise<void> {
	if (localStorage.getItem(pending) === null) return;
	try {
		await account.signOut();
		localStorage.removeItem(pending);
	} catch (error) {
		if (!(error instanceof Fault)) throw error;
		if (error.status === 401) localStorage.removeItem(pending);
		else addEventListener("online", () => void tellHub(), { once: true });
	}
}

/** Before somebody signs in here: the old session is ended if it can be, and is in nobody's hands if not, since its cookie is replaced. */
export async function end(): Promise<void> {
	await tellHub();
	localStorage.removeItem(mark);
	localStorage.removeItem(pending);
}
