import { readFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBrowser } from "./harness/browser";
import { Hub } from "./harness/hub";
import { phone } from "./harness/pictures";
import { Reader } from "./harness/reader";
import { bare, type Language } from "./harness/words";

/** Help inside the app: the guide before and behind the door, and wrong words that reach the stewards. */
let hub: Hub;
let browser: Browser;

beforeAll(async () => {
	[hub, browser] = await Promise.all([Hub.start("demo"), openBrowser()]);
});

afterAll(async () => {
	await browser?.close();
	await hub?.stop();
});

async function sit(language: Language, user: string): Promise<Reader> {
	const reader = await Reader.sitDown(browser, language);
	await reader.page.setViewportSize(phone);
	await reader.signIn(hub.url, { user, passphrase: "panah sample network" });
	return reader;
}

describe("the guide", () => {
	test.each(["ps", "tk"] as const)("is read at the door, in %s, and asks nothing of who is not in", async (language) => {
		const reader = await Reader.sitDown(browser, language);
		await reader.page.goto(hub.url);
		await reader.page.getByRole("link", { name: reader.w("guide.open"), exact: true }).click();
		for (const key of ["guide.first_1", "guide.write_1", "guide.leave_3", "guide.phone_1", "guide.line_2", "guide.hub_1"]) {
			await reader.page.getByText(reader.w(key)).waitFor();
		}
		expect(await reader.button("correct.open").count()).toBe(0);
		await reader.page.getByRole("link", { name: reader.w("act.back"), exact: true }).click();
		await reader.button("sign_in.act").waitFor();
		await reader.leave();
	});

	test.each([["ur", "ayesha"], ["tk", "ogulgerek"]] as const)("help on a screen says what is there, in %s", async (language, user) => {
		const reader = await sit(language, user);
		await reader.go("#/talk");
		await reader.button("help.title").click();
		const dialog = reader.page.getByRole("dialog");
		await dialog.getByText(reader.w("guide.at_talk")).waitFor();
		await dialog.getByRole("link", { name: reader.w("guide.open"), exact: true }).click();
		await reader.page.getByText(reader.w("guide.line_2")).waitFor();
		await reader.leave();
	});
});

describe("wrong words", () => {
	test.each([["ur", "imran"], ["tg", "mavzuna"]] as const)("can be pointed at from every screen, in %s", async (language, user) => {
		const reader = await sit(language, user);
		const { page } = reader;
		await reader.go("#/talk");
		const channel = await page.locator('a[href^="#/talk/!"]').first().getAttribute("href");
		const settings = ["about", "blocked", "passphrase", "leaving", "lock", "notices", "sign-in"].map((place) => `#/settings/${place}`);
		const others = ["now", "alerts", "alerts/new", "talk", "talk/new", "talk/open", "search", "people", "outbox", "guide", "settings"].map((place) => `#/${place}`);
		for (const place of [...others, ...settings, `#/person/${encodeURIComponent(`@${user}:localhost`)}`, channel ?? "", `${channel}/details`]) {
			await reader.go(place);
			await page.waitForFunction((hash) => location.hash === hash, place);
			await reader.button("help.title").click();
			const dialog = page.getByRole("dialog");
			await dialog.getByRole("button", { name: reader.w("correct.open"), exact: true }).waitFor();
			await page.keyboard.press("Escape");
			await dialog.waitFor({ state: "detached" });
		}
		expect(reader.errors).toEqual([]);
		await reader.leave();
	});

	test("are pointed at on any screen, and come to the stewards by the sentence that they belong to", async () => {
		const farida = await sit("fa-AF", "farida");
		await farida.go("#/people");
		await farida.button("help.title").click();
		await farida.button("correct.open").click();
		await farida.page.getByText(farida.w("correct.pick")).waitFor();
		await farida.tab("talk.title").click();
		const dialog = farida.page.getByRole("dialog");
		const words = dialog.getByLabel(farida.w("correct.words"), { exact: true });
		expect(bare(await words.inputValue())).toContain(bare(farida.w("talk.title")));
		expect(farida.page.url()).toContain("#/people"); // the touch took the words and did nothing else
		await words.fill(farida.w("talk.title"));
		await dialog.getByLabel(farida.w("correct.better"), { exact: true }).fill("گپ");

		// Without a line it says so, and what was typed stays.
		await farida.context.setOffline(true);
		await farida.button("correct.send").click();
		await dialog.getByText(farida.w("error.unreachable")).waitFor();
		await farida.context.setOffline(false);
		await farida.button("correct.send").click();
		await farida.page.getByText(farida.w("correct.sent")).waitFor();

		const samira = await sit("en", "samira");
		await samira.go("#/corrections");
		const one = samira.page.getByRole("listitem").filter({ hasText: "گپ" });
		await one.waitFor();
		await samira.page.getByLabel(samira.w("settings.language"), { exact: true }).selectOption("fa-AF");
		const [file] = await Promise.all([samira.page.waitForEvent("download"), samira.button("corrections.export").click()]);
		const proposed = JSON.parse(readFileSync(await file.path(), "utf8")) as Record<string, Record<string, { better: string; screen: string }[]>>;
		expect(proposed["fa-AF"]?.["talk.title"]).toEqual([{ words: farida.w("talk.title"), better: "گپ", screen: "people" }]);
		await one.getByRole("button", { name: samira.w("corrections.settle"), exact: true }).click();
		await one.waitFor({ state: "detached" });
		expect(farida.errors.concat(samira.errors)).toEqual([]);
		await farida.leave();
		await samira.leave();
	});

	test("are not what people wrote themselves", async () => {
		const olga = await sit("ru", "olga");
		await olga.go("#/talk");
		await olga.page.getByRole("link", { name: "Interpreters" }).first().click();
		await olga.timeline().waitFor();
		await olga.button("help.title").click();
		await olga.button("correct.open").click();
		await olga.page.getByText(olga.w("correct.pick")).waitFor();
		await olga.timeline().locator(".post .body").last().click();
		await olga.page.getByText(olga.w("correct.own")).waitFor();
		expect(await olga.page.getByRole("dialog").count()).toBe(0);

		// The words of the app beside them can be, from left to right as well.
		await olga.button("media.attach").click();
		const dialog = olga.page.getByRole("dialog");
		expect(bare(await dialog.getByLabel(olga.w("correct.words"), { exact: true }).inputValue())).toContain(bare(olga.w("media.attach")));
		await dialog.getByLabel(olga.w("correct.better"), { exact: true }).fill("Добавить снимок");
		await olga.button("correct.send").click();
		await olga.page.getByText(olga.w("correct.sent")).waitFor();
		const samira = await sit("en", "samira");
		await samira.go("#/corrections");
		await samira.page.getByRole("listitem").filter({ hasText: "Добавить снимок" }).waitFor();
		await samira.leave();

		await olga.button("help.title").click();
		await olga.button("correct.open").click();
		await olga.page.getByText(olga.w("correct.pick")).waitFor();
		await olga.page.keyboard.press("Escape");
		await olga.page.getByText(olga.w("correct.pick")).waitFor({ state: "detached" });
		await olga.leave();
	});
});
