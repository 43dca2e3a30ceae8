import { expect, test } from "vitest";
import { loudness, minutes, recordingType, waveformOf } from "./sound";

test("silence is nothing, and the loudest is all", () => {
	expect(loudness(new Uint8Array(64).fill(128))).toBe(0);
	expect(loudness(new Uint8Array(64).fill(255))).toBe(1);
	expect(loudness(new Uint8Array(0))).toBe(0);
});

test("a waveform has a bounded number of strokes, each the loudest of its stretch", () => {
	expect(waveformOf([])).toEqual([]);
	expect(waveformOf([0.5, 1, 0])).toEqual([512, 1024, 0]);
	const long = waveformOf(
		Array.from({ length: 3_000 }, (_, n) => n / 3_000),
		48,
	);
	expect(long).toHaveLength(48);
	expect([...long].sort((a, b) => a - b)).toEqual(long);
	expect(waveformOf([-1, 7])).toEqual([0, 1024]);
});

test("minutes and seconds", () => {
	expect(minutes(0)).toEqual({ minutes: 0, seconds: 0 });
	expect(minutes(59_600)).toEqual({ minutes: 1, seconds: 0 });
	expect(minutes(187_000)).toEqual({ minutes: 3, seconds: 7 });
});

test("Safari records what it knows", () => {
	expect(recordingType(() => true)).toBe("audio/webm;codecs=opus");
	expect(recordingType((type) => type === "audio/mp4")).toBe("audio/mp4");
	expect(recordingType(() => false)).toBeUndefined();
});
