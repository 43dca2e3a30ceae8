/** Waiting between tries: full jitter, from half a second, doubling to thirty, so that a crowd does not come back at once. */
export class Backoff {
	private tries = 0;

	constructor(
		private readonly chance: () => number = Math.random,
		private readonly first = 500,
		private readonly longest = 30_000,
	) {}

	/** Milliseconds until the next try. */
	next(): number {
		const bound = Math.min(this.longest, this.first * 2 ** this.tries);
		this.tries++;
		return Math.round(this.chance() * bound);
	}

	/** The line held: begin anew. */
	reset(): void {
		this.tries = 0;
	}
}
