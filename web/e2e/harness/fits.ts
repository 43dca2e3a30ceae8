import type { Page } from "playwright-core";
import { desk, phone } from "./pictures";

/** The narrowest page that WCAG asks for (1.4.10): 1280 pixels at 400 %. */
const narrow = { width: 320, height: 640 };

/** Least sizes of what one presses, in CSS pixels: WCAG's (2.5.8), and ours. */
const least = 24;
const ours = 48;

/** What does not fit, and what is too small to be pressed, on a page as it stands. */
export async function fitsOn(page: Page): Promise<string[]> {
	const wrong: string[] = [];
	const look = async (how: string) => {
		for (const fault of await page.evaluate(outside)) wrong.push(`${how}: ${fault}`);
	};
	await page.setViewportSize(phone);
	for (const fault of await page.evaluate(small, { least, ours })) wrong.push(fault);
	await page.setViewportSize(narrow);
	await look("320 wide");
	await page.setViewportSize(phone);
	await set(page, "font-size", "200%");
	await look("text at 200 %");
	await page.setViewportSize(desk);
	await look("text at 200 % on a desk");
	await set(page, "font-size", "");
	await page.setViewportSize(phone);
	await space(page, true);
	await look("wider spacing");
	await space(page, false);
	return wrong;
}

/** Words of labels and headings that are torn in two, on a phone with text of the common size. */
export async function tornOn(page: Page): Promise<string[]> {
	await page.setViewportSize(phone);
	return page.evaluate(torn);
}

/** Runs in the page. A line may end behind a hyphen. */
function torn(): string[] {
	const found = new Set<string>();
	const top = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
	for (const label of top.querySelectorAll(".tabs a, .sign-choice, .button, .chip, .option, legend, th, h1, h2, h3")) {
		if (!label.checkVisibility({ visibilityProperty: true })) continue;
		const texts = document.createTreeWalker(label, NodeFilter.SHOW_TEXT);
		for (let text = texts.nextNode(); text; text = texts.nextNode()) {
			const around = text.parentElement;
			if (!around || around.closest(".unseen, bdi, [aria-hidden=true]")) continue; // names are people's own, of whatever length
			if (getComputedStyle(around).clipPath !== "none") continue; // for ears alone
			for (const { 0: word, index } of (text.textContent ?? "").matchAll(/[\p{L}\p{M}\p{N}\u200c]+/gu)) {
				const range = new Range();
				range.setStart(text, index);
				range.setEnd(text, index + word.length);
				const rows = new Set([...range.getClientRects()].filter(({ width }) => width > 0).map(({ top }) => Math.round(top)));
				if (rows.size > 1) found.add(`“${word}” is torn`);
			}
		}
	}
	return [...found];
}

async function set(page: Page, property: string, value: string): Promise<void> {
	await page.evaluate(([name, to]) => document.documentElement.style.setProperty(name, to), [property, value] as const);
	await settled(page);
}

const settled = (page: Page) => page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));

/** Text spacing as WCAG has it (1.4.12). Letters of Arabic script are joined, so they are not spaced. */
async function space(page: Page, on: boolean): Promise<void> {
	await page.evaluate((wide) => {
		document.adoptedStyleSheets = [];
		if (!wide) return;
		const sheet = new CSSStyleSheet();
		sheet.replaceSync("* { line-height: max(1.5em, 1lh) !important; word-spacing: 0.16em !important } p { margin-block-end: 2em !important } :dir(ltr) { letter-spacing: 0.12em !important }");
		document.adoptedStyleSheets = [sheet];
	}, on);
	await settled(page);
}

/** Runs in the page: what one would have to scroll sideways for, and words that are cut off at the bottom of their box. */
function outside(): string[] {
	const found: string[] = [];
	const top = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
	const named = (one: Element) => `${one.tagName.toLowerCase()}.${one.className} “${(one.textContent ?? "").trim().slice(0, 40)}”`;
	if (document.documentElement.scrollWidth > document.documentElement.clientWidth) found.push("the page scrolls sideways");
	for (const one of top.querySelectorAll("*")) {
		if (!one.checkVisibility({ visibilityProperty: true }) || one.closest(".unseen, .skip, option, svg, [aria-hidden=true]")) continue;
		const { left, right, width, height } = one.getBoundingClientRect();
		const style = getComputedStyle(one);
		if (style.clipPath !== "none" || one.parentElement?.closest(".detail, .of, .what, .about, h1")) continue; // cut with a sign that there is more
		if (width > 0 && height > 0 && (left < -1 || right > innerWidth + 1) && !one.closest(".sideways")) found.push(`${named(one)} sticks out`);
		const own = [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());
		if (own && style.overflowY === "hidden" && style.textOverflow !== "ellipsis" && one.scrollHeight > one.clientHeight + 2) found.push(`${named(one)} is cut off`);
	}
	return [...new Set(found)].slice(0, 8);
}

/** Runs in the page: what is smaller than a finger. What stands in the middle of a sentence is as high as its line (2.5.8, "inline"). */
function small({ least, ours }: { least: number; ours: number }): string[] {
	const top = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
	const found: string[] = [];
	for (const one of top.querySelectorAll<HTMLElement>("a[href], button, input, select, textarea, summary, [role=option]")) {
		if (!one.checkVisibility({ visibilityProperty: true }) || one.closest(".unseen, .skip, .body, .post-words, .passage")) continue;
		const box = one.matches("input[type=radio], input[type=checkbox]") ? (one.closest("label") ?? one) : one;
		const { width, height } = box.getBoundingClientRect();
		if (width <= 1 || height <= 1) continue;
		const after = getComputedStyle(box, "::after");
		const grow = after.content !== "none" && after.position === "absolute" ? [after.top, after.bottom, after.left, after.right].map((side) => -Number.parseFloat(side) || 0) : [0, 0, 0, 0];
		const [up = 0, down = 0, before = 0, behind = 0] = grow;
		const wide = width + Math.max(0, before) + Math.max(0, behind);
		const high = height + Math.max(0, up) + Math.max(0, down);
		if (Math.min(wide, high) >= ours - 0.5) continue;
		const name = `${box.tagName.toLowerCase()}.${box.className} “${(box.getAttribute("aria-label") ?? box.textContent ?? "").trim().slice(0, 40)}”`;
		found.push(`${Math.min(wide, high) < least ? "far too small" : "small"}: ${name} is ${Math.round(wide)} by ${Math.round(high)}`);
	}
	return [...new Set(found)];
}
