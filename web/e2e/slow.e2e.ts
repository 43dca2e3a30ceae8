import type { Browser, BrowserContext, CDPSession, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openBrowser, openDevice } from "./harness/browser";
import { Hub } from "./harness/hub";
import type { Language } from "./harness/words";

/** Lines as the field has them: bits a second in each direction, and milliseconds until an answer begins. */
const lines = {
	slow: { bits: 400_000, latency: 400, budget: 5_000 },
	edge: { bits: 50_000, latency: 1_000, budget: 20_000 },
} as const;

/** In how many milliseconds the second opening stands on the slowest line. */
const secondOpening = 2_000;

const passphrase = "panah sample network";

let hub: Hub;
let fresh: Hub;
let browser: Browser;
const open: BrowserContext[] = [];

beforeAll(async () => {
	[hub, fresh, browser] = await Promise.all([Hub.start("demo"), Hub.start(), openBrowser()]);
});

afterEach(async () => {
	for (const context of open.splice(0)) await context.close();
});

afterAll(async () => {
	await browser?.close();
	await Promise.all([hub?.stop(), fresh?.stop()]);
});

async function device(language: Language): Promise<{ page: Page; tools: CDPSession; context: BrowserContext }> {
	const { context, page } = await openDevice(browser, language);
	context.setDefaultTimeout(60_000);
	open.push(context);
	return { page, context, tools: await context.newCDPSession(page) };
}

async function shape(tools: CDPSession, { bits, latency }: { bits: number; latency: number }): Promise<void> {
	await tools.send("Network.enable");
	const throughput = bits / 8;
	await tools.send("Network.emulateNetworkConditions", { offline: false, latency, downloadThroughput: throughput, uploadThroughput: throughput });
}

/** When something can be seen first, in milliseconds since the page began; the page's own clock, which no waiting of the test adds to. */
async function seenAt(page: Page, selector: string): Promise<number> {
	const found = await page.waitForFunction(
		(wanted) => {
			const one = document.querySelector(wanted);
			return one?.checkVisibility() === true && performance.now();
		},
		selector,
		{ polling: "raf", timeout: 60_000 },
	);
	return Number(await found.jsonValue());
}

/** Whether the page has kept what it read. */
const saved = async (): Promise<boolean> => {
	const opening = indexedDB.open("panah");
	const db = await new Promise<IDBDatabase>((done) => {
		opening.onsuccess = () => done(opening.result);
	});
	const reading = db.transaction("rooms").objectStore("rooms").count();
	await new Promise<void>((done) => {
		reading.onsuccess = () => done();
	});
	db.close();
	return reading.result > 0;
};

describe.each(["fa-AF", "ru"] as const)("in %s", (language) => {
	test.each(["slow", "edge"] as const)("from an invitation to typing one's name on the %s line", async (kind) => {
		const { page, tools } = await device(language);
		await shape(tools, lines[kind]);
		await page.goto(await fresh.firstLink(), { waitUntil: "commit" });
		const took = await seenAt(page, 'input[name="name"]');
		console.log(`${language}, ${kind}: the name can be typed after ${Math.round(took)} ms`);
		expect(took).toBeLessThan(lines[kind].budget);
	});

	test.each(["slow", "edge"] as const)("from signing in to the first screen on the %s line, and again", async (kind) => {
		const { page, tools, context } = await device(language);
		await shape(tools, lines[kind]);
		await page.goto(hub.url, { waitUntil: "commit" });
		const door = await seenAt(page, 'input[name="username"]');
		await page.locator('input[name="username"]').fill(language === "ru" ? "olga" : "farida");
		await page.locator('input[type="password"]').fill(passphrase);
		await page.evaluate(() => {
			document.addEventListener("submit", () => performance.mark("asked"), { capture: true, once: true });
		});
		await page.locator('form button[type="submit"]').click();
		const at = await seenAt(page, "[data-pane=thing] .row-item");
		const asked = await page.evaluate(() => performance.getEntriesByName("asked")[0]?.startTime ?? 0);
		console.log(`${language}, ${kind}: door after ${Math.round(door)} ms, the first screen ${Math.round(at - asked)} ms after signing in`);
		expect(door).toBeLessThan(lines[kind].budget);
		expect(at - asked).toBeLessThan(lines[kind].budget);

		// The second opening, from what is kept. The person has closed the tab; the line is the slowest.
		await page.waitForFunction(async () => (await navigator.serviceWorker.getRegistration())?.active?.state === "activated", undefined, { polling: 250 });
		await page.waitForFunction(
			async (tag) => (await (await caches.open((await caches.keys())[0] ?? "")).keys()).some(({ url }) => url.includes(`active.${tag}`)),
			language,
			{ polling: 250, timeout: 120_000 },
		);
		await page.waitForFunction(saved, undefined, { polling: 250 });
		await page.close();
		const next = await context.newPage();
		await shape(await context.newCDPSession(next), lines.edge);
		await next.goto(`${hub.url}/`, { waitUntil: "commit" });
		const second = await seenAt(next, "[data-pane=thing] .row-item");
		console.log(`${language}: the second opening stands after ${Math.round(second)} ms`);
		expect(second).toBeLessThan(secondOpening);
		expect(await next.locator(".line-state").innerText()).not.toBe(""); // and says how the line is
	});
});
