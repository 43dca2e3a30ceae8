import { computed, effect } from "@preact/signals";
import type { Keeping } from "./keeping";
import type { Known } from "./known";

/** Something as the hub gave it last, and when, in Unix milliseconds. */
export interface Reading<T> {
	readonly at: number;
	readonly value: T;
}

/** What is kept at most: so many readings, each of so many letters, for so long (milliseconds). The oldest go first. */
const most = 16;
const longest = 60_000;
const keptFor = 7 * 86_400_000;

type Readings = ReadonlyMap<string, Reading<unknown>>;

/**
 * What only the hub can say and does not come with the log (who is on duty, what waits, how fast alerts are answered), as it was read last. It
 * is kept sealed like all else, so that its screens open without a line.
 */
export class ReadingsKept {
	private known: Promise<Readings> = Promise.resolve(new Map());
	private readonly who = computed(() => {
		const session = this.here.session.value;
		return session.kind === "in" ? session.me.id : undefined;
	});

	constructor(
		private readonly here: Known,
		private readonly keeping: Keeping,
	) {
		effect(() => {
			this.known = this.who.value === undefined ? Promise.resolve(new Map()) : this.restore();
		});
	}

	private async restore(): Promise<Readings> {
		const kept = await this.keeping.vault?.readings<Readings>();
		return within(kept ?? new Map(), Date.now());
	}

	/** What was read last of a place; undefined when nothing is kept of it. */
	async last<T>(place: string): Promise<Reading<T> | undefined> {
		return (await this.known).get(place) as Reading<T> | undefined;
	}

	/** Reads it from the hub, and keeps it, unless somebody else is at the device by then. */
	async read<T>(place: string, load: () => Promise<T>): Promise<Reading<T>> {
		const who = this.who.peek();
		const value = await load();
		const reading = { at: Date.now(), value };
		if (who !== undefined && who === this.who.peek()) await this.keep(place, reading);
		return reading;
	}

	private async keep(place: string, reading: Reading<unknown>): Promise<void> {
		const { vault } = this.keeping;
		const before = this.known;
		this.known = before.then((all) => within(new Map(all).set(place, reading), reading.at));
		await vault?.setReadings(await this.known);
	}
}

/** Those that may be kept at a moment. */
export function within(all: Readings, now: number): Readings {
	const fit = [...all].filter(([, { at, value }]) => at > now - keptFor && JSON.stringify(value).length <= longest);
	return new Map(fit.sort(([, a], [, b]) => b.at - a.at).slice(0, most));
}
