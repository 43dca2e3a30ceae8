import { join, resolve } from "node:path";
import type { Page } from "playwright-core";

/** Where screenshots go. */
export const pictures = resolve(import.meta.dirname, "../../../test-results");

export const phone = { width: 360, height: 740 };
export const desk = { width: 1280, height: 800 };

/** Taking them is half the time of a walk through the screens, and it serves those who look at them. */
const wanted = process.env["PANAH_PICTURES"] === "1";

/** Takes a screen on a phone and on a desk, if pictures are wanted. */
export async function shoot(page: Page, name: string): Promise<void> {
	if (!wanted) return;
	for (const [kind, size] of [["phone", phone], ["desk", desk]] as const) {
		await page.setViewportSize(size);
		await page.screenshot({ path: join(pictures, `${name}-${kind}.png`), animations: "disabled" });
	}
}
