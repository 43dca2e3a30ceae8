import { computed, effect, signal } from "@preact/signals";
import { type Alerts, hubNow, mark, quietHours, setMark } from "../../state";
import type { Entry } from "../../state/alerts/model";
import { mayRing } from "../../state/quiet";
import { client } from "../client";
import { face } from "../lock/face";

const silentKey = "panah.silent";
const aloudKey = "panah.aloud";

const silent = signal(mark(silentKey) === "yes");
const aloud = signal(mark(aloudKey));

/**
 * Whether alerts that come in make a sound on this device. Under another name and picture they do not, unless somebody turns them on under
 * that very face: two urgent notes are not what a clock or a notebook is expected to make.
 */
export const sounds = computed(() => (face.value === "panah" ? !silent.value : aloud.value === face.value));

export function setSounds(on: boolean): void {
	if (face.peek() === "panah") {
		silent.value = !on;
		setMark(silentKey, on ? "no" : "yes");
	} else {
		aloud.value = on ? face.peek() : "";
		setMark(aloudKey, aloud.value);
	}
}

/**
 * Rings once for each alert that comes in, unless its channel or this device is silent, or it can wait and these are its reader's quiet hours;
 * what is put away, locked or left falls silent at once.
 */
export function ringWhenNew(alerts: Alerts): void {
	let before = new Set<string>();
	effect(() => {
		const now = alerts.incoming.value;
		const loud = (one: Entry) => !client.muted.peek().has(one.room) && mayRing(one.block, quietHours.peek(), hubNow());
		const fresh = now.filter((one) => !before.has(one.version) && loud(one));
		before = new Set(now.map(({ version }) => version));
		if (now.length === 0) hush();
		const [first] = fresh;
		const there = () => alerts.incoming.peek().some(({ version }) => version === first?.version);
		if (first && sounds.peek())
			void once(first.version, () => {
				if (there()) ring();
			});
	});
}

/** How long a page holds what it rang for, so that the other pages of this device do not ring as well; milliseconds. */
const held = 3_000;

async function once(name: string, act: () => void): Promise<void> {
	const { locks } = navigator as Partial<Pick<Navigator, "locks">>; // only where the page is a secure context
	if (!locks) return act();
	await locks.request(`ring ${name}`, { ifAvailable: true }, async (lock) => {
		if (!lock) return;
		act();
		await new Promise((done) => setTimeout(done, held));
	});
}

/** Two rising notes, made here: nothing is fetched. The session of the sound says that a phone set to silent stays so. */
function ring(): void {
	const session = (navigator as { audioSession?: { type: string } }).audioSession; // W3C Audio Session
	if (session) session.type = "ambient";
	navigator.vibrate?.([200, 100, 200]);
	const sound = new AudioContext();
	for (const [from, pitch] of notes) note(sound, from, pitch);
	ringing = sound;
	setTimeout(() => ringing === sound && hush(), 1_500);
}

let ringing: AudioContext | undefined;

function hush(): void {
	if (!ringing) return;
	void ringing.close();
	ringing = undefined;
	navigator.vibrate?.(0);
}

const notes = [
	[0, 660],
	[0.22, 880],
	[0.44, 660],
	[0.66, 880],
] as const;

function note(sound: AudioContext, from: number, pitch: number): void {
	const at = sound.currentTime + from;
	const tone = new OscillatorNode(sound, { frequency: pitch, type: "triangle" });
	const loud = new GainNode(sound, { gain: 0 });
	loud.gain.setValueAtTime(0, at);
	loud.gain.linearRampToValueAtTime(0.4, at + 0.02);
	loud.gain.linearRampToValueAtTime(0, at + 0.2);
	tone.connect(loud).connect(sound.destination);
	tone.start(at);
	tone.stop(at + 0.22);
}
