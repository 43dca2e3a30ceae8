import { longestNote, loudness, recordingType, waveformOf } from "./sound";

/** Enough for a voice, in bits a second: a minute is some 180 KB. */
const bitsPerSecond = 24_000;
const measuredEvery = 100;

export interface Note {
	readonly blob: Blob;
	/** Milliseconds. */
	readonly duration: number;
	readonly waveform: readonly number[];
}

/** Why nothing can be recorded. */
export type Refusal = "refused" | "no_microphone" | "not_here";

export class Refused extends Error {
	constructor(readonly why: Refusal) {
		super(why);
	}
}

/** A voice that is being recorded. */
export class Recording {
	private readonly chunks: Blob[] = [];
	private readonly levels: number[] = [];
	private readonly began = performance.now();
	private readonly measuring: ReturnType<typeof setInterval>;

	private constructor(
		private readonly stream: MediaStream,
		private readonly recorder: MediaRecorder,
		private readonly sound: AudioContext,
		private readonly onLevel: (level: number, milliseconds: number) => void,
		private readonly onFull: () => void,
	) {
		const analyser = sound.createAnalyser();
		analyser.fftSize = 4096; // as long as the time between two looks, so that no syllable falls between them
		sound.createMediaStreamSource(stream).connect(analyser);
		const samples = new Uint8Array(analyser.fftSize);
		this.measuring = setInterval(() => {
			analyser.getByteTimeDomainData(samples);
			this.measured(loudness(samples));
		}, measuredEvery);
		recorder.addEventListener("dataavailable", ({ data }) => this.chunks.push(data));
		recorder.start(1_000);
	}

	/** Asks for the microphone and begins. Throws Refused. */
	static async begin(onLevel: (level: number, milliseconds: number) => void, onFull: () => void): Promise<Recording> {
		if (typeof MediaRecorder === "undefined" || navigator.mediaDevices === undefined) throw new Refused("not_here");
		const mimeType = recordingType((type) => MediaRecorder.isTypeSupported(type));
		if (mimeType === undefined) throw new Refused("not_here");
		const stream = await navigator.mediaDevices
			.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } })
			.catch((error: unknown) => {
				throw new Refused(error instanceof DOMException && error.name === "NotFoundError" ? "no_microphone" : "refused");
			});
		const recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: bitsPerSecond });
		return new Recording(stream, recorder, new AudioContext(), onLevel, onFull);
	}

	private get length(): number {
		return performance.now() - this.began;
	}

	private measured(level: number): void {
		this.levels.push(level);
		this.onLevel(level, this.length);
		if (this.length >= longestNote) this.onFull();
	}

	/** Ends it and gives what was said. */
	async stop(): Promise<Note> {
		const duration = Math.min(longestNote, Math.round(this.length));
		const ended = new Promise((done) => this.recorder.addEventListener("stop", done, { once: true }));
		if (this.recorder.state !== "inactive") {
			this.recorder.stop();
			await ended; // a microphone that was taken out has ended it before, and nothing more is said of that
		}
		this.close();
		const type = this.recorder.mimeType.split(";")[0] ?? "";
		return { blob: new Blob(this.chunks, { type }), duration, waveform: waveformOf(this.levels) };
	}

	/** Lets the microphone go. */
	close(): void {
		clearInterval(this.measuring);
		if (this.recorder.state !== "inactive") this.recorder.stop();
		for (const track of this.stream.getTracks()) track.stop();
		if (this.sound.state !== "closed") void this.sound.close();
	}
}
