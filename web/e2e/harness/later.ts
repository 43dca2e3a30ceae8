import type { Page } from "playwright-core";

/** Has a page live so many milliseconds later, at its own clock and at the hub's, whose answers say what time it is there. */
export async function liveLater(page: Page, by: number): Promise<void> {
	await page.clock.setSystemTime(Date.now() + by);
	await page.route("**/*", async (route) => {
		const response = await route.fetch().catch(() => undefined);
		if (response === undefined) return route.abort("connectionreset"); // a hub that ends before its page breaks off what it was asked
		await route.fulfill({ response, headers: { ...response.headers(), date: new Date(Date.now() + by).toUTCString() } });
	});
}
