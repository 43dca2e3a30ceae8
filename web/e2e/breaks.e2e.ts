import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBrowser, openDevice } from "./harness/browser";
import { Hub } from "./harness/hub";
import { programKept, screens } from "./harness/program";
import { Reader } from "./harness/reader";
import { Shaped } from "./harness/shaped";
import { bare, type Language, unanchored, words } from "./harness/words";

const passphrase = "panah sample network";

let hub: Hub;
let browser: Browser;

beforeAll(async () => {
	[hub, browser] = await Promise.all([Hub.start("demo"), openBrowser()]);
});

afterAll(async () => {
	await browser?.close();
	await hub?.stop();
});

/** A size as the settings say it, in bytes. */
function bytesSaid(language: Language, said: string): number {
	const latin = bare(said).replace(/[۰-۹]/gu, (digit) => String(digit.charCodeAt(0) - 0x06f0));
	const size = Number(/[\d٫.,]+/u.exec(latin)?.[0].replace(words(language, "size.point"), ".") ?? Number.NaN);
	return size * (latin.includes(unanchored(language, "size.mb")) ? 1_000_000 : 1_000);
}

test.each([["fa-AF", "farida"], ["ru", "olga"]] as const)("the figure of bytes used is what the line carried, in %s", async (language, user) => {
	const { context, page } = await openDevice(browser, language);
	context.setDefaultTimeout(60_000);
	const tools = await context.newCDPSession(page);
	let carried = 0;
	tools.on("Network.loadingFinished", ({ encodedDataLength }) => {
		carried += encodedDataLength;
	});
	await tools.send("Network.enable");
	const line = await Shaped.start(hub, {});
	await page.goto(line.url);
	await page.locator('input[name="username"]').fill(user);
	await page.locator('input[type="password"]').fill(passphrase);
	await page.locator('form button[type="submit"]').click();
	await page.locator("nav.tabs").waitFor();
	for (const hash of ["#/people", "#/talk", "#/settings"]) {
		await page.evaluate((to) => {
			location.hash = to;
		}, hash);
		await page.locator(".outline").first().waitFor({ state: "detached" });
	}
	await expect.poll(() => programKept(page), { timeout: 60_000, interval: 500 }).toEqual(expect.arrayContaining(screens)); // the worker uses the line too
	await expect.poll(async () => {
		const { all } = JSON.parse((await page.evaluate(() => localStorage.getItem("panah.used"))) ?? "{}") as { all: number };
		const both = line.down + line.up;
		console.log(`counted ${all}, over the line ${both} (${line.down} down), over HTTP ${carried}`);
		return Math.abs(all - both) / both;
	}, { timeout: 20_000, interval: 1_000 }).toBeLessThan(0.06);
	const said = await page.getByText(unanchored(language, "line.used_all")).innerText();
	expect(Math.abs(bytesSaid(language, said) / (line.down + line.up) - 1), said).toBeLessThan(0.12); // it is rounded
	await context.close();
	await line.stop();
});

/** How long the line is silent, milliseconds: as long as the client takes to give up a stream that says nothing, and longer. */
const gap = 60_000;

describe("a line that breaks and falls silent", () => {
	test.each(["fa-AF", "ru"] as const)("a post with signs in it leaves the box though what writes HTML does not come, in %s", async (language) => {
		const line = await Shaped.start(hub, {});
		const reader = await Reader.sitDown(browser, language);
		await reader.signIn(line.url, { user: language === "ru" ? "olga" : "farida", passphrase });
		await reader.openGeneral();
		line.fallSilent();
		const text = `**${language}** - ${Date.now()}`;
		await reader.say(text);
		await reader.page.waitForFunction((label) => document.querySelector<HTMLTextAreaElement>(`textarea[aria-label="${label}"]`)?.value === "", reader.w("composer.label"), { timeout: 15_000 });
		await reader.say("2");
		await reader.sees(text);
		line.speak();
		await expect.poll(() => reader.page.locator(".post .pending, a.notice").count(), { timeout: 60_000 }).toBe(0);
		const last = (await reader.posts()).slice(-2);
		expect(last[0]).toContain(text.slice(-8));
		expect(last[1]).toBe("2");
		await reader.leave();
		await line.stop();
	});

	test("two people write a hundred posts each; none is lost, none is doubled, each one's are in order", async () => {
		const line = await Shaped.start(hub, { delay: 40 });
		const writers = await Promise.all(
			(["fa-AF", "ru"] as const).map(async (language) => {
				const reader = await Reader.sitDown(browser, language);
				await reader.signIn(line.url, { user: language === "ru" ? "olga" : "farida", passphrase });
				await reader.openGeneral();
				return reader;
			}),
		);
		line.shape = { delay: 40, loss: 0.05 };
		const write = async (reader: Reader) => {
			for (let n = 1; n <= 100; n++) await reader.say(`${reader.language} ${String(n).padStart(3, "0")}`);
		};
		const writing = Promise.all(writers.map(write));
		const silence = new Promise<void>((done) => {
			setTimeout(() => {
				line.fallSilent();
				setTimeout(() => {
					line.speak();
					done();
				}, gap);
			}, 4_000);
		});
		await Promise.all([writing, silence]);
		const [farida, olga] = writers;
		if (!farida || !olga) throw new Error("nobody there");
		for (const reader of writers) for (const { language } of writers) await reader.sees(`${language} 100`, 120_000);
		for (const reader of writers) await expect.poll(() => reader.page.locator(".post .pending, a.notice").count(), { timeout: 60_000 }).toBe(0);
		const log = await history(farida, 200);
		for (const { language } of writers) {
			const own = log.filter((text) => text.startsWith(`${language} `));
			expect(own, language).toEqual(Array.from({ length: 100 }, (_, n) => `${language} ${String(n + 1).padStart(3, "0")}`));
		}
		for (const reader of writers) {
			const shown = (await reader.posts()).filter((text) => /^(fa-AF|ru) \d{3}$/.test(text));
			expect(shown.length).toBeGreaterThan(20);
			expect(shown, reader.language).toEqual(log.slice(-shown.length));
			expect(reader.errors).toEqual([]);
			await reader.leave();
		}
		console.log(`the line broke ${line.broken} times`);
		expect(line.broken).toBeGreaterThan(10);
		await line.stop();
	});
});

/** What the hub has in the channel that is open, oldest first, as far as it is ours. */
async function history(reader: Reader, count: number): Promise<string[]> {
	const room = decodeURIComponent(/#\/talk\/([^/]+)/.exec(reader.page.url())?.[1] ?? "");
	const signIn = await fetch(`${hub.url}/_matrix/client/v3/login`, {
		method: "POST",
		headers: { "Content-Type": "application/json" },
		body: JSON.stringify({ type: "m.login.password", identifier: { type: "m.id.user", user: "farida" }, password: passphrase, device_id: "WITNESS" }),
	});
	const { access_token } = (await signIn.json()) as { access_token: string };
	const texts: string[] = [];
	let from = "";
	while (texts.length < count) {
		const query = new URLSearchParams({ dir: "b", limit: "100", ...(from && { from }) });
		const answer = await fetch(`${hub.url}/_matrix/client/v3/rooms/${encodeURIComponent(room)}/messages?${query}`, {
			headers: { Authorization: `Bearer ${access_token}` },
		});
		const page = (await answer.json()) as { chunk: { type: string; content: { body?: string } }[]; end?: string };
		texts.push(...page.chunk.flatMap(({ content }) => (/^(fa-AF|ru) \d{3}$/.test(content.body ?? "") ? [content.body ?? ""] : [])));
		if (page.end === undefined) break;
		from = page.end;
	}
	return texts.reverse();
}
