/**
 * The hub's time as its answers say it. Phones' clocks are off, by minutes or by days, and an alert that a phone takes for expired is one that
 * nobody reads: whatever is held against a time of the hub is held against this, not against the device's clock.
 */
let ahead = 0;
let told: () => void = () => undefined;

/** How far one answer may be off, beside half of the time it took, in milliseconds: its head says whole seconds. */
const coarse = 1_000;

/**
 * Takes the `Date` of an answer that was asked for and heard at two moments of the device's clock. What lies within its inaccuracy changes nothing.
 */
export function hearDate(date: string | null, asked: number, heard: number): void {
	const at = date === null ? Number.NaN : Date.parse(date);
	if (Number.isNaN(at) || heard < asked) return;
	const half = (heard - asked) / 2;
	const measured = heard - half - (at + coarse / 2);
	if (Math.abs(measured - ahead) <= half + coarse) return;
	ahead = measured;
	told();
}

/** What time it is at the hub, Unix milliseconds; the device's own time before the hub was heard. */
export const hubNow = (): number => Math.round(Date.now() - ahead);

/** Has somebody told when it turns out that the device's clock is off. */
export function onCorrected(then: () => void): void {
	told = then;
}
