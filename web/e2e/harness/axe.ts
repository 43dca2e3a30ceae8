import AxeBuilder from "@axe-core/playwright";
import type { Page } from "playwright-core";
import { desk, phone } from "./pictures";

export const themes = ["light", "dark", "contrast"] as const;

/** All of WCAG 2.2 up to AA, and what axe holds to be good manners beyond it. Nothing is left out. */
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** The rules that judge by colours: all that another theme can change. */
const coloured = ["color-contrast", "link-in-text-block"];

type Results = Awaited<ReturnType<AxeBuilder["analyze"]>>;

/** What axe finds on a page as it stands: on a phone in all three themes, and on a desk, where other things are shown in the same colours, in one. */
export async function axeOn(page: Page): Promise<string[]> {
	const found = new Set<string>();
	const before = await page.evaluate(() => document.documentElement.dataset["theme"] ?? "light");
	await bring(page);
	for (const [size, worn] of [[phone, themes], [desk, [themes[0]]]] as const) {
		await page.setViewportSize(size);
		for (const theme of worn) {
			await wear(page, theme);
			const run = theme === themes[0] ? { type: "tag", values: tags } : { type: "rule", values: coloured };
			for (const finding of await findings(page, run)) found.add(`${size.width}, ${theme}: ${finding}`);
		}
	}
	await wear(page, before);
	return [...found];
}

/** The first look brings axe into the page, which is most of the work; the page has no frames, so no other page is needed for it. */
async function bring(page: Page): Promise<void> {
	if (await page.evaluate(() => "axe" in window)) return;
	await new AxeBuilder({ page }).setLegacyMode().withRules("document-title").analyze();
}

/** Turns the page to a theme and lets colours that are on their way arrive. */
async function wear(page: Page, theme: string): Promise<void> {
	await page.evaluate(async (name) => {
		document.documentElement.dataset["theme"] = name;
		await new Promise(requestAnimationFrame);
		const ending = document.getAnimations().filter((one) => one.effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY);
		await Promise.allSettled(ending.map((one) => one.finished));
	}, theme);
}

async function findings(page: Page, runOnly: { type: string; values: string[] }): Promise<string[]> {
	const results = await page.evaluate((only) => {
		const { axe } = window as unknown as { axe: { run(options: object): Promise<unknown> } };
		return axe.run({ runOnly: only, resultTypes: ["violations"] });
	}, runOnly);
	return (results as Results).violations.flatMap(({ id, nodes }) =>
		nodes.map(({ target, html, any, all, none }) => {
			const why = [...any, ...all, ...none].map(({ message }) => message).join("; ");
			return `${id} at ${target.join(" ")}: ${why} ${html.slice(0, 200)}`;
		}),
	);
}
