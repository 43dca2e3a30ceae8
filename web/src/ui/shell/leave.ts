/** A page of ours that shows the time and today's month, and nothing of Panah. */
export const harmlessPage = "/time.html";

const pressesToLeave = 3;
const pressesWithin = 5_000;

/**
 * Leaves at once. The order matters: first nothing is to be seen, then the browser is sent away so that "back" does not
 * return here, and what was kept on the screen's behalf is cleared on the way. The browser's history is not erased; the
 * words beside the button say so.
 */
export function leaveQuickly(clear: () => void): void {
	blank();
	try {
		sessionStorage.clear();
		sessionStorage.setItem(leftKey, "1");
		clear();
	} finally {
		location.replace(harmlessPage);
	}
}

const leftKey = "left";

/**
 * Whoever presses "back" on the harmless page would come to an earlier screen of ours; they are sent away again. Coming here
 * by the address is coming back. True when the page must not be shown.
 */
export function stayedAway(): boolean {
	addEventListener("pageshow", (event) => {
		if (event.persisted && sessionStorage.getItem(leftKey) !== null) location.replace(harmlessPage);
	});
	if (sessionStorage.getItem(leftKey) === null) return false;
	const [way] = performance.getEntriesByType("navigation") as PerformanceNavigationTiming[];
	if (way?.type !== "back_forward") {
		sessionStorage.removeItem(leftKey);
		return false;
	}
	location.replace(harmlessPage);
	return true;
}

function blank(): void {
	document.title = "\u200e";
	document.body.replaceChildren();
	document.body.style.background = "#fff";
	document.documentElement.style.background = "#fff";
}

/** Counts presses of Shift by themselves; true when the third comes within five seconds of the first. */
export function shiftCounter(): (event: Pick<KeyboardEvent, "key" | "repeat" | "timeStamp">) => boolean {
	let presses: number[] = [];
	return ({ key, repeat, timeStamp }) => {
		if (repeat) return false;
		if (key !== "Shift") {
			presses = [];
			return false;
		}
		presses = [...presses.filter((at) => timeStamp - at < pressesWithin), timeStamp];
		return presses.length >= pressesToLeave;
	};
}

/** Listens for Shift three times, everywhere. */
export function leaveOnShift(leave: () => void): () => void {
	const pressed = shiftCounter();
	const listen = (event: KeyboardEvent) => {
		if (pressed(event)) leave();
	};
	addEventListener("keydown", listen, true);
	return () => removeEventListener("keydown", listen, true);
}
