import type { RefObject } from "preact";
import { useCallback, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Line } from "./lines";
import { around, atEnd, grown, most, newer, older, step, type Stretch } from "./stretch";

interface Options {
	box: RefObject<HTMLDivElement>;
	lines: readonly Line[];
	/** Where to begin: the first of what is new. The end when there is nothing new. */
	start: string | undefined;
	loadOlder: () => void;
}

/** So near to an end, in pixels, more is taken in. */
const near = 900;
/** So near to the end one counts as being at it. */
const touching = 48;

interface Held {
	key: string;
	top: number;
}

/**
 * Keeps the reader's place. Whoever is at the end stays at the end when posts come in, when the keyboard opens, when the
 * composer grows; whoever is elsewhere keeps the same post at the same height, whatever is put above or taken away.
 */
export function useScroll({ box, lines, start, loadOlder }: Options) {
	const [, redraw] = useState({});
	const channel = useRef<{ first: string | undefined; length: number; keys: readonly Line[] }>({ first: undefined, length: 0, keys: [] });
	const stretch = useRef<Stretch>(atEnd(0));
	const held = useRef<Held>();
	const following = useRef(true);
	const seen = useRef(0);
	const target = useRef<string>();

	follow(lines, channel, stretch, following);

	const set = useCallback((next: Stretch) => {
		if (next.from === stretch.current.from && next.to === stretch.current.to) return;
		stretch.current = next;
		redraw({});
	}, []);

	const settle = useCallback(() => {
		const element = box.current;
		if (!element) return;
		if (target.current !== undefined && showPost(element, target.current)) target.current = undefined;
		else if (following.current) element.scrollTop = element.scrollHeight;
		else if (held.current) hold(element, held.current);
		held.current = topmost(element);
	}, []);

	useLayoutEffect(settle);
	useLayoutEffect(() => {
		const element = box.current;
		if (!element) return;
		const observer = new ResizeObserver(settle);
		observer.observe(element);
		if (element.firstElementChild) observer.observe(element.firstElementChild);
		return () => observer.disconnect();
	}, []);
	useLayoutEffect(() => {
		if (start === undefined || !box.current) return;
		const index = lines.findIndex((line) => line.key === start);
		if (index >= 0 && index < stretch.current.from) {
			stretch.current = { from: Math.max(0, index - step / 2), to: Math.min(lines.length, index - step / 2 + most) };
			following.current = false;
			target.current = start;
			seen.current = lines.length;
			return redraw({});
		}
		const mark = box.current.querySelector(".fresh");
		if (!mark) return;
		mark.scrollIntoView({ block: "center" });
		following.current = isAtEnd(box.current);
		held.current = topmost(box.current);
		seen.current = lines.length;
		redraw({});
	}, [start]);

	const onScroll = useCallback(() => {
		const element = box.current;
		if (!element) return;
		const was = following.current;
		const end = stretch.current.to >= channel.current.length;
		following.current = end && isAtEnd(element);
		held.current = topmost(element);
		if (element.scrollTop < near) {
			if (stretch.current.from > 0) set(older(stretch.current));
			else loadOlder();
		}
		if (!end && element.scrollHeight - element.scrollTop - element.clientHeight < near) set(newer(stretch.current, channel.current.length));
		if (was !== following.current) {
			seen.current = channel.current.length;
			redraw({});
		}
	}, [loadOlder]);

	// A short page cannot be scrolled, so what is older is asked for until there is enough.
	useLayoutEffect(() => {
		const element = box.current;
		if (element && element.scrollHeight <= element.clientHeight + near && stretch.current.from === 0) loadOlder();
	}, [lines.length, loadOlder]);

	const toEnd = useCallback(() => {
		following.current = true;
		stretch.current = atEnd(channel.current.length);
		redraw({});
	}, []);

	/** Brings a post to the middle of the screen; false when it is not on this device. */
	const show = useCallback((key: string) => {
		const index = channel.current.keys.findIndex((line) => line.key === key);
		if (index < 0) return false;
		following.current = false;
		target.current = key;
		if (index < stretch.current.from || index >= stretch.current.to) stretch.current = around(index, channel.current.length);
		redraw({});
		return true;
	}, []);

	const below = following.current ? 0 : news(lines, seen.current);
	return { stretch: stretch.current, atEnd: following.current, below, onScroll, toEnd, show };
}

/** Moves the stretch along with a list that grew at either end; a list that has nothing of the old one begins at its end. */
function follow(
	lines: readonly Line[],
	channel: { current: { first: string | undefined; length: number; keys: readonly Line[] } },
	stretch: { current: Stretch },
	following: { current: boolean },
): void {
	const old = channel.current;
	if (old.keys === lines) return;
	const before = old.first === undefined ? -1 : lines.findIndex((line) => line.key === old.first);
	channel.current = { first: lines[0]?.key, length: lines.length, keys: lines };
	if (before < 0) {
		stretch.current = atEnd(lines.length);
		following.current = true;
		return;
	}
	stretch.current = grown(stretch.current, lines.length, before, Math.max(0, lines.length - before - old.length));
	if (following.current) stretch.current = { ...stretch.current, to: lines.length };
}

function isAtEnd(element: HTMLElement): boolean {
	return element.scrollHeight - element.scrollTop - element.clientHeight < touching;
}

/** The first post that is to be seen, and how far from the top it stands. */
function topmost(element: HTMLElement): Held | undefined {
	const edge = element.getBoundingClientRect().top;
	for (const post of element.querySelectorAll<HTMLElement>("[data-key]")) {
		const box = post.getBoundingClientRect();
		if (box.bottom > edge) return { key: post.dataset["key"] ?? "", top: box.top - edge };
	}
	return undefined;
}

function find(element: HTMLElement, key: string): HTMLElement | null {
	return element.querySelector(`[data-key="${CSS.escape(key)}"]`);
}

function hold(element: HTMLElement, { key, top }: Held): void {
	const post = find(element, key);
	if (post) element.scrollTop += post.getBoundingClientRect().top - element.getBoundingClientRect().top - top;
}

function showPost(element: HTMLElement, key: string): boolean {
	const post = find(element, key);
	post?.scrollIntoView({ block: "center" });
	post?.focus({ preventScroll: true });
	return post !== null;
}

function news(lines: readonly Line[], from: number): number {
	return lines.slice(from).filter((line) => line.kind === "post" && !line.mine).length;
}
