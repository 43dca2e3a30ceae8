import type { RefObject } from "preact";
import { useCallback, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Line } from "./lines";
import { around, atEnd, grown, newer, older, type Stretch } from "./stretch";

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

/** A post, and how far from the top of the box it stands. */
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
	const kept = useRef<Place>();
	kept.current ??= new Place(box, () => redraw({}));
	const place = kept.current;
	place.take(lines);

	useLayoutEffect(place.settle);
	useLayoutEffect(() => place.watch(), []);
	useLayoutEffect(() => {
		if (start !== undefined) place.begin(start);
	}, [start]);
	// A short page cannot be scrolled, so what is older is asked for until there is enough.
	useLayoutEffect(() => {
		if (place.short) loadOlder();
	}, [lines.length, loadOlder]);

	return {
		stretch: place.stretch,
		atEnd: place.following,
		below: place.below,
		onScroll: useCallback(() => place.moved(loadOlder), [loadOlder]),
		toEnd: place.toEnd,
		show: place.show,
	};
}

/** Where a reader is in a list that grows at both ends. */
class Place {
	stretch: Stretch = atEnd(0);
	/** Whether the reader is at the newest end, and stays there. */
	following = true;
	private lines: readonly Line[] = [];
	private held: Held | undefined;
	/** What is to be brought to the middle as soon as it is on the page. */
	private target: string | undefined;
	/** So many lines there were when the end was last seen. */
	private seen = 0;

	constructor(
		private readonly box: RefObject<HTMLDivElement>,
		private readonly redraw: () => void,
	) {}

	/** How many posts of others came in below since the reader left the end. */
	get below(): number {
		return this.following ? 0 : this.lines.slice(this.seen).filter((line) => line.kind === "post" && !line.mine).length;
	}

	get short(): boolean {
		const box = this.box.current;
		return box !== null && this.stretch.from === 0 && box.scrollHeight <= box.clientHeight + near;
	}

	/** Moves the stretch along with a list that grew, or that was cut at its old end. */
	take(lines: readonly Line[]): void {
		const old = this.lines;
		if (old === lines) return;
		this.lines = lines;
		const before = old[0] === undefined ? -1 : this.indexOf(old[0].key);
		if (before >= 0) {
			this.stretch = grown(this.stretch, lines.length, before, Math.max(0, lines.length - before - old.length));
			if (this.following) this.stretch = { ...this.stretch, to: lines.length };
			return;
		}
		const at = this.following || !this.held ? -1 : this.indexOf(this.held.key);
		this.following = at < 0;
		this.seen = lines.length;
		this.stretch = at < 0 ? atEnd(lines.length) : around(at, lines.length);
	}

	/** After each drawing: everything is where the reader left it. */
	readonly settle = (): void => {
		const box = this.box.current;
		if (!box) return;
		if (this.target !== undefined && showPost(box, this.target)) this.target = undefined;
		else if (this.following) box.scrollTop = box.scrollHeight;
		else if (this.held) hold(box, this.held);
		this.held = topmost(box);
	};

	/** Settles whenever the box or what is in it changes its size. */
	watch(): (() => void) | undefined {
		const box = this.box.current;
		if (!box) return undefined;
		const observer = new ResizeObserver(this.settle);
		observer.observe(box);
		if (box.firstElementChild) observer.observe(box.firstElementChild);
		return () => observer.disconnect();
	}

	/** Opens at the mark of what is new, unless all of it fits on the screen with the end. */
	begin(start: string): void {
		const box = this.box.current;
		const index = this.indexOf(start);
		if (!box || index < 0) return;
		this.seen = this.lines.length;
		if (index < this.stretch.from) {
			this.stretch = { from: Math.max(0, index - 30), to: Math.min(this.lines.length, index + 150) };
			this.following = false;
			this.target = start;
		} else {
			(box.querySelector(".fresh") ?? find(box, start))?.scrollIntoView({ block: "center" });
			this.following = isAtEnd(box);
			this.held = topmost(box);
		}
		this.redraw();
	}

	/** The reader scrolled. */
	moved(loadOlder: () => void): void {
		const box = this.box.current;
		if (!box) return;
		const was = this.following;
		const whole = this.stretch.to >= this.lines.length;
		this.following = whole && isAtEnd(box);
		this.held = topmost(box);
		if (box.scrollTop < near) {
			if (this.stretch.from > 0) this.set(older(this.stretch));
			else loadOlder();
		}
		if (!whole && fromEnd(box) < near) this.set(newer(this.stretch, this.lines.length));
		if (was === this.following) return;
		this.seen = this.lines.length;
		this.redraw();
	}

	readonly toEnd = (): void => {
		this.following = true;
		this.stretch = atEnd(this.lines.length);
		this.redraw();
	};

	/** Brings a post to the middle of the screen; false when it is not on this device. */
	readonly show = (key: string): boolean => {
		const index = this.indexOf(key);
		if (index < 0) return false;
		if (this.following) this.seen = this.lines.length;
		this.following = false;
		this.target = key;
		if (index < this.stretch.from || index >= this.stretch.to) this.stretch = around(index, this.lines.length);
		this.redraw();
		return true;
	};

	private set(next: Stretch): void {
		if (next.from === this.stretch.from && next.to === this.stretch.to) return;
		this.stretch = next;
		this.redraw();
	}

	private indexOf(key: string): number {
		return this.lines.findIndex((line) => line.key === key);
	}
}

const fromEnd = (box: HTMLElement) => box.scrollHeight - box.scrollTop - box.clientHeight;
const isAtEnd = (box: HTMLElement) => fromEnd(box) < touching;

function topmost(box: HTMLElement): Held | undefined {
	const edge = box.getBoundingClientRect().top;
	for (const post of box.querySelectorAll<HTMLElement>("[data-key]")) {
		const place = post.getBoundingClientRect();
		if (place.bottom > edge) return { key: post.dataset["key"] ?? "", top: place.top - edge };
	}
	return undefined;
}

function find(box: HTMLElement, key: string): HTMLElement | null {
	return box.querySelector(`[data-key="${CSS.escape(key)}"]`);
}

function hold(box: HTMLElement, { key, top }: Held): void {
	const post = find(box, key);
	if (post) box.scrollTop += post.getBoundingClientRect().top - box.getBoundingClientRect().top - top;
}

function showPost(box: HTMLElement, key: string): boolean {
	const post = find(box, key);
	post?.scrollIntoView({ block: "center" });
	post?.focus({ preventScroll: true });
	return post !== null;
}
