import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBrowser } from "./harness/browser";
import { Hub } from "./harness/hub";
import { phone, shoot } from "./harness/pictures";
import { Reader } from "./harness/reader";
import { bare } from "./harness/words";

/** What people expect of a messenger, by two of the sample network: one reads from right to left, one from left to right. */
let hub: Hub;
let browser: Browser;
let farida: Reader;
let olga: Reader;
let samira: Reader;

const passphrase = "panah sample network";

beforeAll(async () => {
	[hub, browser] = await Promise.all([Hub.start("demo"), openBrowser()]);
	[farida, olga, samira] = await Promise.all([sit("fa-AF", "farida"), sit("ru", "olga"), sit("en", "samira")]);
});

afterAll(async () => {
	await browser?.close();
	await hub?.stop();
});

async function sit(language: "fa-AF" | "ru" | "en", user: string): Promise<Reader> {
	const reader = await Reader.sitDown(browser, language);
	await reader.page.setViewportSize(phone);
	await reader.signIn(hub.url, { user, passphrase });
	return reader;
}

/** Opens a channel, by default that of all interpreters. */
async function enter(reader: Reader, channel = "Interpreters"): Promise<void> {
	await reader.go("#/talk");
	await reader.page.getByRole("link", { name: channel }).first().click();
	await reader.timeline().waitFor();
}

/** Opens what can be done with a post. */
async function open(reader: Reader, text: string): Promise<Locator> {
	await reader.post(text).first().locator(".again button").click();
	const dialog = reader.page.getByRole("dialog");
	await dialog.waitFor();
	return dialog;
}

async function choose(reader: Reader, text: string, key: string): Promise<void> {
	const dialog = await open(reader, text);
	await dialog.getByRole("button", { name: reader.w(key), exact: true }).click();
}

describe("a messenger", () => {
	beforeAll(async () => {
		for (const reader of [farida, olga, samira]) await enter(reader);
	});

	test("a post is changed, and how it read before stays to be seen", async () => {
		await farida.say("ساعت چهار");
		await olga.sees("ساعت چهار");
		await choose(farida, "ساعت چهار", "post.edit");
		const field = farida.page.getByRole("textbox", { name: farida.w("composer.label"), exact: true });
		await expect.poll(() => field.inputValue()).toBe("ساعت چهار");
		await field.fill("ساعت پنج");
		await farida.button("act.save").click();
		await olga.sees("ساعت پنج");
		expect(await olga.post("ساعت چهار").count()).toBe(0);
		await choose(olga, "ساعت پنج", "post.wordings");
		const before = olga.page.getByRole("dialog");
		await before.getByText("ساعت چهار").waitFor();
		await before.getByText("ساعت پنج").waitFor();
		await olga.page.keyboard.press("Escape");
	});

	test("a sign is given with one press, counted, and taken back", async () => {
		await choose(olga, "ساعت پنج", "sign.agree");
		const sign = farida.post("ساعت پنج").locator(".sign");
		await sign.waitFor();
		expect(bare((await sign.getAttribute("aria-label")) ?? "")).toContain("Ольга");
		await sign.click();
		await expect.poll(async () => bare(await olga.post("ساعت پنج").locator(".sign .count").innerText())).toBe("2");
		await olga.post("ساعت پنج").locator(".sign").click();
		await expect.poll(() => sign.locator(".count").innerText().then(bare)).toBe("۱");
	});

	test("a thread goes on beside the channel, and the channel says so", async () => {
		await olga.say("Кто переводит в пятницу?");
		await farida.sees("Кто переводит в пятницу?");
		await choose(farida, "Кто переводит в пятницу?", "post.thread");
		const field = farida.page.getByPlaceholder(farida.w("thread.placeholder"));
		await field.fill("من می‌توانم");
		await farida.page.locator(".thread").getByRole("button", { name: farida.w("composer.send"), exact: true }).click();
		const news = olga.page.locator(".answered").filter({ hasText: "من می‌توانم" });
		await news.waitFor();
		expect(await olga.timeline().locator(".post .body").filter({ hasText: "من می‌توانم" }).count()).toBe(0);
		await news.getByRole("button").click();
		await olga.page.locator(".thread .post").filter({ hasText: "من می‌توانم" }).waitFor();
		await olga.page.getByRole("link", { name: olga.w("act.back"), exact: true }).click();
		await olga.post("Кто переводит в пятницу?").first().locator(".to-thread").waitFor();
		await farida.page.getByRole("link", { name: farida.w("act.back"), exact: true }).click();
	});

	test("people are called by an @, and see that they were", async () => {
		const field = olga.page.getByRole("textbox", { name: olga.w("composer.label"), exact: true });
		await field.fill("Спасибо, @فر");
		await olga.page.getByRole("option", { name: "فریده نوری" }).waitFor();
		await olga.page.keyboard.press("Enter");
		expect(await field.inputValue()).toBe("Спасибо, @فریده نوری ");
		await field.pressSequentially("и **всем**");
		await olga.button("composer.send").click();
		const called = farida.page.locator(".post.calls");
		await called.waitFor();
		expect(bare(await called.locator(".called.me").innerText())).toBe("@فریده نوری");
		expect(await called.locator(".body strong").innerText()).toBe("всем");
		await shoot(farida.page, "fa-AF-messenger");
	});

	test("organisations and roles are called as people are", async () => {
		const field = olga.page.getByRole("textbox", { name: olga.w("composer.label"), exact: true });
		const role = olga.w("composer.call_role").replace("{{.Name}}", olga.w("role.admin"));
		for (const [typed, label, words] of [
			["@رهنما", "رهنما: مشوره حقوقی", "как дела?"],
			[`@${role.split(":")[0]}`, role, "завтра встреча"],
		] as const) {
			await field.fill(typed);
			await olga.page.getByRole("option").filter({ hasText: label }).first().click();
			expect(await field.inputValue()).toBe(`@${label} `);
			await field.pressSequentially(words);
			await olga.button("composer.send").click();
			await farida.page.locator(".post.calls").filter({ hasText: words }).waitFor();
		}
	});

	test("a reply shows what it answers, and a press leads there", async () => {
		await choose(farida, "завтра встреча", "timeline.reply");
		await farida.say("می‌آیم");
		const quote = olga.post("می‌آیم").first().locator(".quote");
		await quote.waitFor();
		expect(bare(await quote.innerText())).toContain("завтра встреча");
		await quote.click();
		await olga.page.locator(".post.shown").filter({ hasText: "завтра встреча" }).waitFor();
	});

	test("words with marks are cleaned before they are shown", async () => {
		await olga.say("<img src=x onerror=alert(1)> [bank](https://elsewhere.example/login) `кавычки`");
		const post = farida.post("elsewhere.example").first();
		await post.waitFor();
		expect(await post.locator("img").count()).toBe(0);
		expect(await post.locator("a").getAttribute("rel")).toContain("noopener");
		expect(bare(await post.locator("a").innerText())).toContain("(elsewhere.example)");
		expect(await post.locator("code").innerText()).toBe("кавычки");
	});

	test("a post is pinned by who may, and a link leads to it", async () => {
		await choose(samira, "ساعت پنج", "post.pin");
		const bar = olga.page.locator(".pins button");
		await bar.waitFor();
		await bar.click();
		await olga.page.getByRole("dialog").getByRole("button", { name: "ساعت پنج" }).click();
		await olga.page.waitForURL(/\/post\//);
		await olga.page.locator(".post.shown").filter({ hasText: "ساعت پنج" }).waitFor();
		const dialog = await open(olga, "ساعت پنج");
		expect(await dialog.getByRole("button", { name: olga.w("post.pin"), exact: true }).count()).toBe(0);
		await olga.page.keyboard.press("Escape");
	});

	test("a post is passed on only where the channel allows it", async () => {
		let dialog = await open(olga, "ساعت پنج");
		expect(await dialog.getByRole("button", { name: olga.w("post.forward"), exact: true }).count()).toBe(0);
		await olga.page.keyboard.press("Escape");
		await samira.page.getByRole("link", { name: samira.w("channel.details"), exact: true }).click();
		await samira.page.getByRole("radio", { name: samira.w("channel.sharing_leaves") }).check();
		await samira.page.getByRole("link", { name: samira.w("act.back"), exact: true }).click();
		await expect.poll(async () => {
			dialog = await open(olga, "ساعت پنج");
			const there = await dialog.getByRole("button", { name: olga.w("post.forward"), exact: true }).count();
			if (there === 0) await olga.page.keyboard.press("Escape");
			return there;
		}).toBe(1);
		await dialog.getByRole("button", { name: olga.w("post.forward"), exact: true }).click();
		await olga.page.getByRole("dialog").getByRole("button", { name: "Coordination" }).click();
		await enter(olga, "Coordination");
		await olga.page.locator(".passed-on").filter({ hasText: "فریده نوری" }).waitFor();
		await enter(olga);
	});

	test("a muted channel is silent, and one can be marked as unread", async () => {
		await olga.page.getByRole("link", { name: olga.w("channel.details"), exact: true }).click();
		await olga.page.getByRole("radio", { name: olga.w("channel.muted"), exact: true }).check();
		await olga.page.getByText(olga.w("channel.muted_hint")).waitFor();
		await olga.button("channel.mark_unread").click();
		const row = olga.page.getByRole("link", { name: /Interpreters/ }).first();
		await row.locator(".quiet-sign").waitFor();
		await row.getByText(olga.w("talk.marked")).waitFor({ state: "attached" });
		await farida.say("یک چیز تازه");
		await row.locator(".badge.still [aria-hidden]").filter({ hasText: "1" }).waitFor();
		await enter(olga);
	});

	test("taking a post back takes all its wordings back", async () => {
		const dialog = await open(farida, "ساعت پنج");
		await dialog.getByRole("button", { name: farida.w("post.remove"), exact: true }).click();
		await dialog.getByRole("button", { name: farida.w("post.remove_sure"), exact: true }).click();
		await expect.poll(() => olga.timeline().getByText("ساعت پنج").count()).toBe(0);
		expect(farida.errors.concat(olga.errors, samira.errors)).toEqual([]);
	});
});
