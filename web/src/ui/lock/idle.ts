import { signal } from "@preact/signals";
import { mark, setMark } from "../../state";

/** After so many minutes without a touch the device locks itself. */
export const idleChoices = [1, 5, 15] as const;
export type Idle = (typeof idleChoices)[number];

const key = "panah.idle";

export const idle = signal<Idle>(readIdle());

function readIdle(): Idle {
	const kept = Number(mark(key));
	return idleChoices.find((one) => one === kept) ?? 5;
}

export function setIdle(minutes: Idle): void {
	idle.value = minutes;
	setMark(key, String(minutes));
}

const touches = ["pointerdown", "keydown", "wheel", "touchstart"] as const;
const lookEvery = 5_000;

/** Calls `lock` when nobody has touched the page for as long as was chosen, also where the page slept meanwhile; `touched` at each touch. */
export function watchIdle(lock: () => void, touched: () => void, now: () => number = Date.now): () => void {
	let last = now();
	const touch = () => {
		last = now();
		touched();
	};
	const look = () => {
		if (now() - last < idle.value * 60_000) return;
		last = now(); // once is enough
		lock();
	};
	const seen = () => document.visibilityState === "visible" && look();
	for (const kind of touches) addEventListener(kind, touch, { passive: true, capture: true });
	document.addEventListener("visibilitychange", seen);
	const timer = setInterval(look, lookEvery);
	return () => {
		for (const kind of touches) removeEventListener(kind, touch, { capture: true });
		document.removeEventListener("visibilitychange", seen);
		clearInterval(timer);
	};
}

/**
 * Covers the page while it is not looked at, so that the phone's list of open apps shows nothing of it. Browsers take that picture at
 * different moments; where it is taken before they tell the page, this cannot help.
 */
export function coverWhenHidden(): () => void {
	let cover: HTMLElement | undefined;
	const put = () => {
		if (cover) return;
		cover = document.createElement("div");
		cover.className = "cover";
		document.body.append(cover);
	};
	const take = () => {
		cover?.remove();
		cover = undefined;
	};
	const changed = () => (document.visibilityState === "hidden" ? put() : take());
	document.addEventListener("visibilitychange", changed);
	addEventListener("pagehide", put);
	addEventListener("pageshow", take);
	return () => {
		take();
		document.removeEventListener("visibilitychange", changed);
		removeEventListener("pagehide", put);
		removeEventListener("pageshow", take);
	};
}
