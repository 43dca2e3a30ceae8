import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBrowser } from "./harness/browser";
import { Hub } from "./harness/hub";
import { phone, shoot } from "./harness/pictures";
import { Reader } from "./harness/reader";
import { bare } from "./harness/words";

/** Searching, by two of the sample network on phones: one reads from right to left, one from left to right. */
let hub: Hub;
let browser: Browser;
let farida: Reader;
let olga: Reader;

const passphrase = "panah sample network";

beforeAll(async () => {
	[hub, browser] = await Promise.all([Hub.start("demo"), openBrowser()]);
	[farida, olga] = await Promise.all([sit("fa-AF", "farida"), sit("ru", "olga")]);
});

afterAll(async () => {
	await browser?.close();
	await hub?.stop();
});

async function sit(language: "fa-AF" | "ru", user: string): Promise<Reader> {
	const reader = await Reader.sitDown(browser, language);
	await reader.page.setViewportSize(phone);
	await reader.signIn(hub.url, { user, passphrase });
	return reader;
}

async function enter(reader: Reader, channel = "Interpreters"): Promise<void> {
	await reader.go("#/talk");
	await reader.page.getByRole("link", { name: channel }).first().click();
	await reader.timeline().waitFor();
}

/** Writes a post and waits until the hub has it. */
async function say(reader: Reader, text: string): Promise<void> {
	await reader.say(text);
	await reader.page.locator(".post", { hasText: text }).last().waitFor();
	await expect.poll(() => reader.post(text).last().innerText()).not.toContain(reader.w("timeline.waiting"));
}

/** Looks for something as anybody does: types it and presses Enter. Gives the posts that are found. */
async function look(reader: Reader, words: string): Promise<Locator> {
	if (!reader.page.url().includes("#/search")) await reader.go("#/search");
	const field = reader.page.locator("[data-pane=thing]").getByRole("searchbox", { name: reader.w("search.field") });
	await field.fill(words);
	const answered = reader.page.waitForResponse((answer) => answer.url().includes("/search") && (answer.request().postData() ?? "").includes(JSON.stringify(words).slice(1, -1)));
	await field.press("Enter");
	await answered;
	return reader.page.locator("a.found");
}

async function marked(found: Locator): Promise<string[]> {
	return (await found.locator("mark").allInnerTexts()).map(bare);
}

/** Waits until exactly these words are marked as found. */
async function finds(reader: Reader, words: string, want: string[]): Promise<void> {
	const found = await look(reader, words);
	await expect.poll(() => marked(found), { message: words }).toEqual(want);
}

describe("searching", () => {
	test("is one tap away from the channels, and / leads there", async () => {
		await farida.tab("talk.title").click();
		await farida.page.getByRole("link", { name: farida.w("search.open"), exact: true }).click();
		await farida.page.getByText(farida.w("search.hint")).waitFor();
		await expect.poll(() => farida.page.evaluate(() => document.activeElement?.getAttribute("type"))).toBe("search");
		await olga.go("#/settings");
		await olga.page.getByRole("heading", { name: olga.w("settings.title"), level: 1 }).waitFor();
		await olga.page.keyboard.press("/");
		await olga.page.getByText(olga.w("search.hint")).waitFor();
	});

	test("finds words in all their spellings", async () => {
		await enter(farida);
		await enter(olga);
		for (const text of ["این کتاب ژرفا دارد", "نیم‌روز می‌رسیم", "شماره ۱۲۷۳ را ببرید"]) await say(farida, text);
		for (const text of ["Ёлка стоит", "Забони тоҷикӣ зебост"]) await say(olga, text);
		await finds(olga, "كتاب ژرفا", ["کتاب", "ژرفا"]);
		await finds(olga, "نيمروز", ["نیم‌روز"]);
		await finds(olga, "نيم روز", ["نیم‌روز"]);
		await finds(olga, "1273", ["۱۲۷۳"]);
		await finds(farida, "елка", ["Ёлка"]);
		await finds(farida, "зебост точики", ["тоҷикӣ", "зебост"]); // in any order
		await finds(farida, "зебо", ["зебост"]); // by its beginning
		await finds(farida, "бост", []); // not by its end
		await farida.page.getByText(farida.w("search.nothing")).waitFor();
	});

	test("shows a post in its own direction and language, and opens it in its channel", async () => {
		const found = await look(olga, "ژرفا");
		await expect.poll(() => found.count()).toBe(1);
		const text = found.locator(".text");
		expect(await text.evaluate((e) => [getComputedStyle(e).direction, e.getAttribute("lang")])).toEqual(["rtl", "fa-AF"]);
		await shoot(olga.page, "ru-search-found");
		await olga.page.setViewportSize(phone);
		await look(farida, "елка");
		await shoot(farida.page, "fa-AF-search-found");
		await farida.page.setViewportSize(phone);
		await found.click();
		await olga.timeline().waitFor();
		await olga.sees("این کتاب ژرفا دارد");
		await olga.page.goBack();
		await expect.poll(() => marked(olga.page.locator("a.found"))).toEqual(["ژرفا"]); // and back it is still there
	});

	test("finds a post by what it says now, and one that was taken back not at all", async () => {
		await enter(olga);
		await say(olga, "перваяредакция");
		await finds(farida, "перваяредакция", ["перваяредакция"]);
		await act(olga, "перваяредакция", "post.edit");
		await olga.page.getByRole("textbox", { name: olga.w("composer.label"), exact: true }).fill("втораяредакция");
		await olga.button("act.save").click();
		await olga.sees("втораяредакция");
		await expect.poll(async () => marked(await look(farida, "втораяредакция"))).toEqual(["втораяредакция"]);
		await finds(farida, "перваяредакция", []);
		await enter(olga);
		await act(olga, "втораяредакция", "post.remove");
		const sure = olga.page.getByRole("dialog").getByRole("button", { name: olga.w("post.remove_sure"), exact: true });
		if (await sure.count()) await sure.click();
		await olga.page.locator(".post", { hasText: olga.w("timeline.removed") }).first().waitFor();
		await expect.poll(async () => marked(await look(farida, "втораяредакция"))).toEqual([]);
	});

	test("finds nothing in a channel that one is not in", async () => {
		await farida.go("#/talk/new");
		await farida.field("new_channel.name").fill("کانال بسته");
		await farida.button("new_channel.act").click();
		await farida.timeline().waitFor();
		await say(farida, "رازنهان");
		await finds(farida, "رازنهان", ["رازنهان"]);
		await finds(olga, "رازنهان", []);
	});

	test("is narrowed down by channel, person and time", async () => {
		const found = await look(farida, "رازنهان");
		await expect.poll(() => found.count()).toBe(1);
		await farida.page.getByLabel(farida.w("search.by_whom"), { exact: true }).selectOption({ label: farida.w("search.by_me") });
		await expect.poll(() => found.count()).toBe(1);
		await farida.page.getByLabel(farida.w("search.where"), { exact: true }).selectOption({ label: "Interpreters" });
		await farida.page.getByText(farida.w("search.nothing")).waitFor();
		await farida.page.getByLabel(farida.w("search.where"), { exact: true }).selectOption({ label: farida.w("search.everywhere") });
		await farida.page.getByLabel(farida.w("search.when"), { exact: true }).selectOption({ label: farida.w("search.week") });
		await expect.poll(() => found.count()).toBe(1);
		await farida.page.getByLabel(farida.w("search.by_whom"), { exact: true }).selectOption({ index: 0 });
		await farida.page.getByLabel(farida.w("search.when"), { exact: true }).selectOption({ index: 0 });
	});

	test("without a line looks on the device, in the same way, and says so", async () => {
		await enter(farida);
		await farida.sees("Ёлка стоит");
		await farida.go("#/search");
		await farida.context.setOffline(true);
		try {
			await farida.page.locator("[data-pane=thing]").getByRole("searchbox").fill("елка");
			await farida.page.locator("[data-pane=thing]").getByRole("searchbox").press("Enter");
			await farida.page.getByText(farida.w("search.here")).waitFor();
			await expect.poll(() => marked(farida.page.locator("a.found"))).toEqual(["Ёлка"]);
			await shoot(farida.page, "fa-AF-search-here");
			await farida.page.setViewportSize(phone);
		} finally {
			await farida.context.setOffline(false);
		}
	});

	test("keeps nothing of what was looked for on the device", async () => {
		await look(farida, "точики");
		const kept = await farida.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href, document.title]));
		expect(kept).not.toContain("точики");
		await farida.page.reload();
		await farida.page.getByText(farida.w("search.hint")).waitFor();
	});

	test("no page has broken", () => {
		for (const reader of [farida, olga]) expect(reader.errors).toEqual([]);
	});
});

/** Chooses what to do with a post. */
async function act(reader: Reader, text: string, key: string): Promise<void> {
	await reader.post(text).first().locator(".again button").click();
	await reader.page.getByRole("dialog").getByRole("button", { name: reader.w(key), exact: true }).click();
}
