import type { Block } from "./alerts/model";

/** Hours in which nothing rings but what is urgent, as HH:MM in a time zone. */
export interface Quiet {
	readonly from: string;
	readonly until: string;
	readonly zone: string;
}

/** Whether an alert may ring at a moment, Unix milliseconds: in quiet hours only one that needs people at once, as the hub's notices have it. */
export const mayRing = ({ urgency, status }: Pick<Block, "urgency" | "status">, quiet: Quiet | null, at: number): boolean =>
	(urgency === "Immediate" && status !== "Test") || quiet === null || !within(quiet, at);

/** Whether a moment lies in quiet hours, by the clock of their zone; over midnight where they end before they begin. */
function within({ from, until, zone }: Quiet, at: number): boolean {
	const time = clockIn(zone, at);
	return from <= until ? from <= time && time < until : time >= from || time < until;
}

function clockIn(zone: string, at: number): string {
	const how = { hour: "2-digit", minute: "2-digit" } as const;
	const locale = "en-GB-u-nu-latn-hc-h23";
	try {
		return new Intl.DateTimeFormat(locale, { ...how, timeZone: zone }).format(at);
	} catch {
		return new Intl.DateTimeFormat(locale, how).format(at); // a name that this browser's table does not have yet
	}
}
