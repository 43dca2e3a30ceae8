import type { Page } from "playwright-core";
import { bare } from "./words";

/** So many steps of Tab at most lead to any control of a screen. */
const farthest = 150;

interface Focus {
	readonly tag: string;
	readonly name: string;
	/** What is wrong with where the focus is, in words. */
	readonly wrong?: string;
}

/** Somebody without a mouse or a finger. After each key the focus is on something, and that can be seen. */
export class Keys {
	readonly lost: string[] = [];

	constructor(private readonly page: Page) {}

	/** Presses a key and looks where the focus is then. */
	async press(key: string): Promise<Focus> {
		await this.page.keyboard.press(key);
		return this.look(`after ${key}`);
	}

	/** Waits for what a key set off, then looks where the focus is. */
	async look(when: string, end?: "may leave the page"): Promise<Focus> {
		await this.page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn))));
		const focus = await this.page.evaluate(focused);
		// Behind the last control of a page the browser’s own begin, and the page begins anew with the next step.
		if (focus.wrong !== undefined && !(end && focus.tag === "body")) this.lost.push(`${when}: ${focus.wrong}`);
		return { ...focus, name: bare(focus.name) };
	}

	/** Steps with Tab until something of this name has the focus; back with Shift when told so. */
	async to(name: string, how: "Tab" | "Shift+Tab" = "Tab"): Promise<void> {
		const wanted = bare(name);
		const met: string[] = [];
		for (let step = 0; step < farthest; step++) {
			await this.page.keyboard.press(how);
			const focus = await this.look(`after ${how}`, "may leave the page");
			if (focus.name === wanted) return;
			met.push(focus.name);
		}
		throw new Error(`no step leads to “${wanted}”; on the way were ${[...new Set(met)].join(" | ")}`);
	}

	/** Goes to something and presses Enter on it. */
	async take(name: string): Promise<void> {
		await this.to(name);
		await this.press("Enter");
	}

	async write(name: string, text: string): Promise<void> {
		await this.to(name);
		await this.page.keyboard.type(text);
	}
}

/** Runs in the page: what has the focus, what it is called, and whether it can be seen whole enough to be found. */
function focused(): Focus {
	const one = document.activeElement;
	if (!(one instanceof HTMLElement) || one === document.body) return { tag: "body", name: "", wrong: "the focus is on nothing" };
	const labels = (one as HTMLInputElement).labels;
	const clone = one.cloneNode(true) as HTMLElement;
	for (const hidden of clone.querySelectorAll('[aria-hidden="true"]')) hidden.remove();
	const name = one.getAttribute("aria-label") ?? (labels?.length ? [...labels].map((label) => label.textContent).join(" ") : clone.textContent) ?? "";
	const tag = one.tagName.toLowerCase();
	const wrong = hiddenness(one);
	return { tag, name, ...(wrong !== undefined && { wrong: `${tag} “${name.trim().slice(0, 60)}” ${wrong}` }) };

	function hiddenness(element: HTMLElement): string | undefined {
		const box = element.matches("input[type=radio], input[type=checkbox]") ? (element.closest("label") ?? element) : element;
		if (!box.checkVisibility({ visibilityProperty: true })) return "is hidden";
		const { left, right, top, bottom } = box.getBoundingClientRect();
		const inside = { left: Math.max(left, 0), right: Math.min(right, innerWidth), top: Math.max(top, 0), bottom: Math.min(bottom, innerHeight) };
		if (inside.right - inside.left < 1 || inside.bottom - inside.top < 1) return "is off the screen";
		// 2.4.11: not wholly covered by what other parts put above it. A grid of points is enough to meet whatever is left open.
		for (const x of [0.1, 0.5, 0.9]) {
			for (const y of [0.1, 0.5, 0.9]) {
				const at = document.elementFromPoint(inside.left + (inside.right - inside.left) * x, inside.top + (inside.bottom - inside.top) * y);
				if (at && (box.contains(at) || at.contains(box))) return marked(box, element);
			}
		}
		return "is covered";
	}

	/** 2.4.7: the focus has an outline, or a frame of its own round its box. That of a whole part of the page stands on the heading. */
	function marked(box: HTMLElement, element: HTMLElement): string | undefined {
		const heading = element.matches("main, .pane") ? document.querySelector<HTMLElement>(".top h1") : null;
		const framed = [element, box, heading, element.closest<HTMLElement>(".box, .option, .line, .chip-select")].some((each) => {
			if (!each) return false;
			const { outlineStyle, outlineWidth } = getComputedStyle(each);
			return outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2;
		});
		return framed ? undefined : "has no mark of the focus";
	}
}
