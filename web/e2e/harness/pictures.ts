import { join, resolve } from "node:path";
import type { Page } from "playwright-core";

/** Where screenshots go. */
export const pictures = resolve(import.meta.dirname, "../../../test-results");

export const phone = { width: 360, height: 740 };
export const desk = { width: 1280, height: 800 };

/** Takes a screen on a phone and on a desk. */
export async function shoot(page: Page, name: string): Promise<void> {
	for (const [kind, size] of [["phone", phone], ["desk", desk]] as const) {
		await page.setViewportSize(size);
		await page.screenshot({ path: join(pictures, `${name}-${kind}.png`), animations: "disabled" });
	}
}
