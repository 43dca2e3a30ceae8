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

/** Writes so many posts into the channel of all interpreters, without a screen. */
async function many(user: string, count: number): Promise<void> {
	const asked = async (method: string, path: string, body: object, token?: string) => {
		const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
		const answer = await fetch(`${hub.url}/_matrix/client/v3/${path}`, { method, headers, body: JSON.stringify(body) });
		expect(answer.status, path).toBe(200);
		return (await answer.json()) as { access_token: string };
	};
	const { access_token } = await asked("POST", "login", { type: "m.login.password", identifier: { type: "m.id.user", user }, password: passphrase });
	const href = await olga.page.getByRole("link", { name: /Interpreters/ }).first().getAttribute("href");
	const room = /#\/talk\/([^/]+)/.exec(href ?? "")?.[1];
	for (let n = 1; n <= count; n++) {
		await asked("PUT", `rooms/${room}/send/m.room.message/${user}${n}`, { msgtype: "m.text", body: `${user} ${n}` }, access_token);
	}
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
		const calls = [
			[olga, "رهنما: مشوره حقوقی", "role.admin", farida, ["как дела?", "завтра встреча"]],
			[farida, "Региональное бюро в Ташкенте", "role.interpreter", olga, ["وقت دارید؟", "متن رسید"]],
		] as const;
		for (const [by, organisation, role, called, words] of calls) {
			const field = by.page.getByRole("textbox", { name: by.w("composer.label"), exact: true });
			const label = by.w("composer.call_role").replace("{{.Name}}", by.w(role));
			for (const [n, name] of [organisation, label].entries()) {
				await field.fill(`@${name.split(n === 0 ? " " : ":")[0]?.replace(":", "")}`);
				await by.page.getByRole("option").filter({ hasText: name }).first().click();
				expect(await field.inputValue()).toBe(`@${name} `);
				await field.pressSequentially(words[n] ?? "");
				await by.button("composer.send").click();
				await called.page.locator(".post.calls").filter({ hasText: words[n] ?? "" }).waitFor();
			}
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

	test("a link to a post is copied, sent, and leads there without leaving the page", async () => {
		for (const [by, reader] of [[olga, farida], [farida, olga]] as const) {
			await enter(by);
			await by.context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: hub.url });
			await choose(by, "завтра встреча", "post.copy_link");
			await by.page.getByText(by.w("post.link_copied")).waitFor();
			const field = by.page.getByRole("textbox", { name: by.w("composer.label"), exact: true });
			await field.fill("");
			await by.page.keyboard.press("ControlOrMeta+V");
			await expect.poll(() => field.inputValue()).toMatch(/#\/talk\/.+\/post\//);
			await by.button("composer.send").click();
			await enter(reader);
			const opened: unknown[] = [];
			reader.context.on("page", (page) => opened.push(page));
			await reader.page.locator('.post .body a[href*="/post/"]').last().click();
			await reader.page.locator(".post.shown").filter({ hasText: "завтра встреча" }).waitFor();
			expect(opened).toEqual([]);
		}
	});

	test("a post is passed on only where the channel allows it", async () => {
		const offered = async (reader: Reader) => {
			const dialog = await open(reader, "ساعت پنج");
			const there = await dialog.getByRole("button", { name: reader.w("post.forward"), exact: true }).count();
			await reader.page.keyboard.press("Escape");
			await dialog.waitFor({ state: "detached" });
			return there;
		};
		const allow = async (key: string) => {
			await enter(samira);
			await samira.page.getByRole("link", { name: samira.w("channel.details"), exact: true }).click();
			await samira.page.getByRole("radio", { name: samira.w(key) }).check();
		};
		for (const reader of [olga, farida]) {
			await enter(reader);
			expect(await offered(reader), reader.language).toBe(0);
		}
		await allow("channel.sharing_leaves");
		for (const reader of [olga, farida]) {
			await expect.poll(() => offered(reader)).toBe(1);
			await choose(reader, "ساعت پنج", "post.forward");
			await reader.page.getByRole("dialog").getByRole("button", { name: "Coordination" }).click();
			await enter(reader, "Coordination");
			await reader.page.locator(".post.mine").filter({ has: reader.page.locator(".passed-on", { hasText: "فریده نوری" }) }).waitFor();
			await enter(reader);
		}
		await allow("channel.sharing_stays");
		for (const reader of [olga, farida]) await expect.poll(() => offered(reader)).toBe(0);
	});

	test("a muted channel is silent, and one can be marked as unread", async () => {
		for (const [reader, writer, words] of [[olga, farida, "یک چیز تازه"], [farida, olga, "Ещё одно"]] as const) {
			await enter(writer);
			await enter(reader);
			await reader.page.getByRole("link", { name: reader.w("channel.details"), exact: true }).click();
			await reader.page.getByRole("radio", { name: reader.w("channel.muted"), exact: true }).check();
			await reader.page.getByText(reader.w("channel.muted_hint")).waitFor();
			await reader.button("channel.mark_unread").click();
			const row = reader.page.getByRole("link", { name: /Interpreters/ }).first();
			await row.locator(".quiet-sign").waitFor();
			await row.getByText(reader.w("talk.marked")).waitFor({ state: "attached" });
			await writer.say(words);
			await row.locator(".badge.still [aria-hidden]").filter({ hasText: reader.language === "ru" ? "1" : "۱" }).waitFor();
			await enter(reader);
			await reader.timeline().locator("li.fresh + li").filter({ hasText: words }).waitFor();
		}
	});

	test("a channel is marked as unread from a post", async () => {
		for (const [reader, words] of [[olga, "یک چیز تازه"], [farida, "Ещё одно"]] as const) {
			await choose(reader, words, "post.mark_unread");
			await reader.go("#/talk");
			const row = reader.page.getByRole("link", { name: /Interpreters/ }).first();
			await row.getByText(reader.w("talk.marked")).waitFor({ state: "attached" });
		}
	});

	test("taking a post back takes all its wordings back", async () => {
		await enter(olga);
		await olga.sees("ساعت پنج");
		await enter(farida);
		const dialog = await open(farida, "ساعت پنج");
		await dialog.getByRole("button", { name: farida.w("post.remove"), exact: true }).click();
		await dialog.getByRole("button", { name: farida.w("post.remove_sure"), exact: true }).click();
		await expect.poll(() => olga.timeline().getByText("ساعت پنج").count()).toBe(0);
	});

	test("whoever comes to many new posts begins at the first of them, however far back it is", async () => {
		for (const reader of [farida, olga]) {
			await enter(reader);
			await reader.go("#/talk");
			await expect.poll(() => reader.page.getByRole("link", { name: /Interpreters/ }).first().locator(".badge").count()).toBe(0);
		}
		await many("rustam", 60);
		for (const [language, user] of [["fa-AF", "farida"], ["ru", "olga"]] as const) {
			const device = await sit(language, user); // one that has nothing yet
			await enter(device);
			await device.button("timeline.to_unread").click();
			const mark = device.timeline().locator("li.fresh");
			await mark.waitFor();
			expect(bare(await mark.innerText())).toBe(bare(device.w("timeline.new")));
			await expect.poll(() => mark.evaluate((line) => line.nextElementSibling?.querySelector(".body")?.textContent)).toBe("rustam 1");
			await device.page.locator(".new-below").click();
			await device.sees("rustam 60");
			expect(device.errors).toEqual([]);
			await device.leave();
		}
		expect(farida.errors.concat(olga.errors, samira.errors)).toEqual([]);
	});
});
