// @vitest-environment happy-dom
import { h, render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { speak, speakInside } from "../../i18n";
import { emptyRoom, type RoomId } from "../../state";
import { client } from "../client";
import { Recorder } from "./Recorder";

/** A microphone that the test lets somebody use, and takes out. */
class Microphone extends EventTarget {
	static all: Microphone[] = [];
	static isTypeSupported = () => true;
	state = "inactive";
	mimeType = "audio/webm";
	constructor() {
		super();
		Microphone.all.push(this);
	}
	start(): void {
		this.state = "recording";
	}
	stop(): void {
		if (this.state === "inactive") return;
		this.state = "inactive";
		this.dispatchEvent(new Event("stop"));
	}
}

const sound = { createAnalyser: () => ({ getByteTimeDomainData: () => undefined }), createMediaStreamSource: () => ({ connect: () => undefined }), state: "running", close: async () => undefined };
let allow: () => void;
let open: number;
let place: HTMLElement;

beforeEach(async () => {
	Microphone.all = [];
	open = 0;
	vi.stubGlobal("MediaRecorder", Microphone);
	vi.stubGlobal("AudioContext", function AudioContext() {
		return sound;
	});
	const granted = new Promise<object>((done) => {
		allow = () => {
			open++;
			done({ getTracks: () => [{ stop: () => open-- }] });
		};
	});
	vi.stubGlobal("navigator", { mediaDevices: { getUserMedia: () => granted } });
	await speak("en");
	await speakInside(true);
	place = document.createElement("p");
	const target = { room: emptyRoom("!r:hub" as RoomId), language: "en", replyTo: undefined, thread: undefined };
	await act(() => render(h(Recorder, { target, onSent: ignore, onHolding: ignore, onDiscard: ignore }), place));
});

afterEach(() => {
	vi.unstubAllGlobals();
	vi.restoreAllMocks();
});

const ignore = () => undefined;
const press = () => act(() => place.querySelector<HTMLElement>("button.main")?.click());
const settle = () => act(() => new Promise<void>((done) => setTimeout(done)));

test("a microphone that is allowed when nobody looks any more is let go", async () => {
	await press();
	await act(() => render(null, place));
	allow();
	await settle();
	expect(open).toBe(0);
});

test("pressed twice while the browser asks, it listens once", async () => {
	await press();
	await press();
	allow();
	await settle();
	expect(Microphone.all).toHaveLength(1);
});

test("what was said before the microphone was taken out is there, and sent once", async () => {
	await press();
	allow();
	await settle();
	Microphone.all[0]?.stop();
	await press();
	await settle();
	const sent = vi.spyOn(client.talk, "sendFile").mockReturnValue(new Promise(() => undefined));
	await press();
	await press();
	expect(sent).toHaveBeenCalledOnce();
});
