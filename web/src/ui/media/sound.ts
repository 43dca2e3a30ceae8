/** The longest voice note, in milliseconds. */
export const longestNote = 5 * 60_000;

/** How many strokes the picture of a sound has. */
export const strokes = 48;

/** The kinds of sound that browsers record, the smallest first; Safari knows only the last. */
const recorded = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];

export const recordingType = (able: (type: string) => boolean): string | undefined => recorded.find(able);

/** Loudness of a moment, 0 to 1, from samples round 128. */
export function loudness(samples: Uint8Array): number {
	let sum = 0;
	for (const sample of samples) sum += ((sample - 128) / 128) ** 2;
	return Math.min(1, Math.sqrt(sum / Math.max(1, samples.length)) * 3);
}

/** Loudness over time in a few strokes, each the loudest of its stretch, 0 to 1024 (MSC3246). */
export function waveformOf(levels: readonly number[], count = strokes): number[] {
	if (levels.length === 0) return [];
	const size = Math.min(count, levels.length);
	return Array.from({ length: size }, (_, n) => {
		const part = levels.slice(Math.floor((n * levels.length) / size), Math.floor(((n + 1) * levels.length) / size));
		return Math.round(Math.min(1, Math.max(0, ...part)) * 1024);
	});
}

/** Minutes and seconds of a length, as two numbers. */
export function minutes(milliseconds: number): { minutes: number; seconds: number } {
	const whole = Math.max(0, Math.round(milliseconds / 1_000));
	return { minutes: Math.floor(whole / 60), seconds: whole % 60 };
}
