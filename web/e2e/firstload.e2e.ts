import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser, openDevice } from "./harness/browser";
import { Hub } from "./harness/hub";
import { languages } from "./harness/words";

/** 100 KB as the network counts them: headers and bodies, compressed. */
const budget = 100_000;

let hub: Hub;
let browser: Browser;

beforeAll(async () => {
	[hub, browser] = await Promise.all([Hub.start(), openBrowser()]);
});

afterAll(async () => {
	await browser?.close();
	await hub?.stop();
});

/** Counts what comes over the line until the page rests. */
async function weigh(page: Page, address: string): Promise<{ bytes: number; parts: string[] }> {
	const line = await page.context().newCDPSession(page);
	const urls = new Map<string, string>();
	const parts: string[] = [];
	let bytes = 0;
	line.on("Network.requestWillBeSent", ({ requestId, request }) => urls.set(requestId, request.url));
	line.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
		bytes += encodedDataLength;
		parts.push(`${encodedDataLength} ${urls.get(requestId)?.replace(/#.*/, "")}`);
	});
	await line.send("Network.enable");
	await page.goto(address, { waitUntil: "networkidle" });
	await page.getByRole("button").first().waitFor();
	return { bytes, parts };
}

test.each(languages)("the first load in %s is light", async (language) => {
	const { context, page } = await openDevice(browser, language);
	const { bytes, parts } = await weigh(page, await hub.firstLink());
	await context.close();
	console.log(`first load in ${language}: ${bytes} bytes`);
	expect(bytes, parts.join("\n")).toBeLessThanOrEqual(budget);
	expect(bytes).toBeGreaterThan(10_000); // an empty page would be light as well
});
