import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "./harness/browser";
import { phone, shoot } from "./harness/pictures";
import { Reader } from "./harness/reader";
import { TwoHubs } from "./harness/twohubs";

/** The sample of two hubs, as somebody who tries it sees it: people of two countries talk in the channel that their hubs share. */
let hubs: TwoHubs;
let browser: Browser;

beforeAll(async () => {
	[hubs, browser] = await Promise.all([TwoHubs.start(), openBrowser()]);
}, 90_000);

afterAll(async () => {
	await browser?.close();
	await hubs?.stop();
});

async function sit(language: "fa-AF" | "uz", user: string, url: string): Promise<Reader> {
	const reader = await Reader.sitDown(browser, language);
	await reader.page.setViewportSize(phone);
	await reader.signIn(url, { user, passphrase: "panah sample network" });
	await reader.go("#/talk");
	await reader.page.getByRole("link", { name: /Hayraton/ }).first().click();
	await reader.timeline().waitFor();
	return reader;
}

test("a post crosses from each country's hub to the other's", async () => {
	const [here, there] = hubs.urls;
	expect(new URL(here).hostname).not.toBe(new URL(there).hostname);
	const farida = await sit("fa-AF", "farida", here);
	const dilnoza = await sit("uz", "dilnoza", there);
	await farida.sees("Bizda hammasi koʻrinyapti.");
	await dilnoza.sees("سلام به همکاران آن سوی پل.");
	await farida.say("ساعت هشت می‌آییم");
	await dilnoza.sees("ساعت هشت می‌آییم");
	await dilnoza.say("Kutamiz");
	await farida.sees("Kutamiz");
	await shoot(farida.page, "twohubs-here");
	await shoot(dilnoza.page, "twohubs-there");
}, 60_000);
