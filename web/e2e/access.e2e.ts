import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBrowser } from "./harness/browser";
import { Hub } from "./harness/hub";
import { Keys } from "./harness/keys";
import { desk, phone } from "./harness/pictures";
import { Reader } from "./harness/reader";
import { bare, type Language, nativeNames } from "./harness/words";

/** For everyone: without a mouse, without seeing, without colours, without motion. */
let hub: Hub;
let browser: Browser;
const passphrase = "panah sample network";

beforeAll(async () => {
	[hub, browser] = await Promise.all([Hub.start("demo"), openBrowser()]);
});

afterAll(async () => {
	await browser?.close();
	await hub?.stop();
});

async function sit(language: Language, user: string): Promise<Reader> {
	const reader = await Reader.sitDown(browser, language);
	await reader.signIn(hub.url, { user, passphrase });
	return reader;
}

/** An invitation by the steward, made without a screen. */
async function invitation(): Promise<string> {
	const asked = async (path: string, body: unknown, token?: string) => {
		const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
		const answer = await fetch(hub.url + path, { method: "POST", headers, body: JSON.stringify(body) });
		return (await answer.json()) as { access_token: string; token: string };
	};
	const identifier = { type: "m.id.user", user: "samira" };
	const { access_token } = await asked("/_matrix/client/v3/login", { type: "m.login.password", identifier, password: passphrase });
	return `${hub.url}/#/invite/${(await asked("/_panah/v1/invitations", { role: "steward" }, access_token)).token}`;
}

describe("by keyboard alone", () => {
	test.each([
		["fa-AF", phone, "زهره کریمی", "سلام به همه"],
		["uz", phone, "Zulfiya Karimova", "Hammaga salom"],
		["ps", desk, "زهره کریمي", "ټولو ته سلام"],
	] as const)("from the invitation to signing out, in %s", async (language, size, name, words) => {
		const reader = await Reader.sitDown(browser, language);
		const { page } = reader;
		await page.setViewportSize(size);
		await page.goto(await invitation());
		await reader.button("invited.act").waitFor();
		const keys = new Keys(page);

		await keys.write(reader.w("invited.name"), name);
		await keys.write(reader.w("sign_in.user"), `zuhra-${language.slice(0, 2).toLowerCase()}`);
		await keys.take(reader.w("invited.propose"));
		await page.locator(".passphrase").waitFor();
		await keys.take(reader.w("invited.act"));
		await reader.tab("talk.title").waitFor();
		await keys.look("after signing up");

		// To the first channel: by the skip link to the news, by j to its line, by Enter into it.
		await reader.go("#/talk");
		await page.locator("[data-row]").first().waitFor();
		await keys.look("in Talk");
		await keys.press("j");
		await keys.press("Enter");
		await reader.timeline().waitFor();
		await keys.look("in the channel");
		await keys.to(reader.w("composer.label"));
		await page.keyboard.type(words);
		await keys.take(reader.w("composer.send"));
		await reader.post(words).getByText(reader.w("timeline.sent"), { exact: true }).waitFor();
		await keys.look("after sending");

		// The post: opened by k and Enter, given a sign, reworded, pinned; each time the focus comes back.
		const openMine = async () => {
			if (await page.evaluate(() => document.activeElement?.tagName === "TEXTAREA")) await keys.press("Escape");
			for (let step = 0; step < 40; step++) {
				if (await page.evaluate(() => document.activeElement?.matches(".post.mine"))) break;
				await keys.press("k");
			}
			await keys.press("Enter");
			await page.getByRole("dialog").waitFor();
			await keys.look("in the post’s dialog");
		};
		await openMine();
		await keys.take(reader.w("sign.agree"));
		await page.getByRole("dialog").waitFor({ state: "detached" });
		await reader.post(words).locator(".sign").waitFor();
		await keys.look("after a sign");
		await openMine();
		await keys.take(reader.w("post.edit"));
		await page.getByRole("dialog").waitFor({ state: "detached" });
		await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("TEXTAREA");
		await page.keyboard.press("Control+End");
		await page.keyboard.type(" ۲");
		await keys.press("Control+Enter");
		await reader.sees(`${words} ۲`);
		await keys.look("after rewording");
		await openMine();
		await keys.take(reader.w("post.thread"));
		await page.locator(".thread").waitFor();
		await keys.to(reader.w("post.thread"));
		await page.keyboard.type("۳");
		await keys.press("Control+Enter");
		await page.locator(".thread .post .body").filter({ hasText: "۳" }).waitFor();
		await keys.look("in the thread");
		await keys.press("Escape");
		await keys.press("Escape");
		await reader.timeline().waitFor();
		await openMine();
		await keys.take(reader.w("post.pin"));
		await page.locator(".pins button").waitFor();
		await keys.look("after pinning");

		// Out of the channel to where one came from; searching by /; help by ?; settings; out.
		await keys.press("Escape");
		await keys.press("Escape");
		await page.waitForURL(/#\/talk$/);
		await expect.poll(() => page.evaluate(() => document.activeElement?.hasAttribute("data-row"))).toBe(true);
		await keys.press("/");
		await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("INPUT");
		await keys.press("Escape");
		await keys.press("?");
		await page.getByRole("dialog").waitFor();
		await keys.press("Tab");
		await keys.press("Escape");
		await page.getByRole("dialog").waitFor({ state: "detached" });
		await keys.look("after the help");
		await keys.press("Escape");
		await reader.go("#/settings");
		await reader.button("settings.sign_out").waitFor();
		await keys.look("in the settings");
		await keys.to(reader.w("settings.theme_system"));
		await keys.press("ArrowDown");
		await expect.poll(() => page.evaluate(() => document.documentElement.dataset["theme"])).toBe("light");
		await keys.take(reader.w("settings.sign_out"));
		await reader.button("sign_in.act").waitFor();
		await keys.look("at the door");

		expect(keys.lost).toEqual([]);
		expect(reader.errors).toEqual([]);
		await reader.leave();
	});
});

/** Things done with the keyboard alone that are not on the way from an invitation to signing out. */
test.each([
	["fa-AF", "farida", "زرغونه وردګ", "نوبت شب", "سلام و علیک"],
	["uz", "dilnoza", "Мавзуна Шарифова", "Tungi navbat", "Xayrli tun"],
] as const)("a channel, its people, a file, searching, duty, a report and a PIN by keyboard alone, in %s", async (language, user, guest, name, words) => {
	const reader = await sit(language, user);
	const { page } = reader;
	const keys = new Keys(page);
	const at = async (hash: string, there: string) => {
		await reader.go(hash);
		await page.getByText(there).first().waitFor();
		await keys.look(`at ${hash}`);
	};
	const closed = () => page.getByRole("dialog").waitFor({ state: "detached" });

	await page.keyboard.press("Tab"); // from here on nothing is done by hand
	await at("#/talk/new", reader.w("new_channel.purpose"));
	await keys.write(reader.w("new_channel.name"), name);
	await keys.take(reader.w("new_channel.act"));
	await reader.timeline().waitFor();
	await keys.take(reader.w("channel.details"));
	await page.getByText(reader.w("channel.leave")).waitFor();
	await keys.to(reader.w("channel.loud"));
	await keys.press("ArrowDown");
	await page.getByText(reader.w("channel.muted_hint")).waitFor();
	await keys.take(reader.w("channel.invite"));
	await page.getByRole("dialog").waitFor();
	await keys.write(reader.w("people.search"), guest);
	await page.getByRole("dialog").locator("[data-row]").filter({ hasText: guest }).waitFor();
	await keys.press("Tab");
	await keys.press("Enter");
	await page.getByRole("dialog").locator('[aria-pressed="true"]').waitFor();
	await keys.take(reader.w("channel.invite_act"));
	await closed();
	await page.getByRole("listitem").filter({ hasText: guest }).getByText(reader.w("channel.asked")).waitFor();
	await keys.look("after inviting");

	await keys.press("Escape");
	await reader.timeline().waitFor();
	await keys.to(reader.w("media.attach"));
	await keys.press("Enter");
	await page.getByRole("dialog").waitFor();
	const choosing = page.waitForEvent("filechooser");
	await keys.take(reader.w("media.choose_file"));
	await (await choosing).setFiles({ name: "1.txt", mimeType: "text/plain", buffer: Buffer.from(words) });
	await keys.write(reader.w("media.caption"), words);
	await keys.take(reader.w("composer.send"));
	await closed();
	await reader.post(words).getByText(reader.w("timeline.sent"), { exact: true }).waitFor();
	await keys.look("after sending a file");

	await keys.press("Escape");
	await page.waitForURL(/#\/talk$/);
	await reader.go("#/search");
	await page.getByText(reader.w("search.hint")).waitFor();
	await page.keyboard.type(words);
	await page.keyboard.press("Enter");
	await page.locator("a.found").waitFor();
	for (let step = 0; step < 20 && !(await page.evaluate(() => document.activeElement?.matches("a.found"))); step++) await keys.press("Tab");
	await keys.press("Enter");
	await reader.timeline().waitFor();
	await reader.sees(words);

	await at(`#/person/${encodeURIComponent(`@${user}:localhost`)}`, reader.w("duty.begin"));
	await keys.take(reader.w("duty.begin"));
	await page.getByRole("dialog").waitFor();
	await keys.take(reader.w("duty.confirm"));
	await closed();
	await keys.take(reader.w("duty.end"));
	await reader.button("duty.end").waitFor({ state: "detached" });
	await at(`#/person/${encodeURIComponent("@ogulgerek:localhost")}`, "Ogulgerek Amanowa");
	await keys.take(reader.w("report.act"));
	await page.getByRole("dialog").waitFor();
	await keys.to(reader.w("report.words"));
	await page.keyboard.type(words);
	await keys.take(reader.w("report.send"));
	await closed();
	await keys.look("after reporting");

	await at("#/settings/lock", reader.w("lock.pin_what"));
	await keys.write(reader.w("lock.new"), "4711");
	await keys.write(reader.w("lock.again"), "4711");
	await keys.take(reader.w("lock.set"));
	await page.getByText(reader.w("lock.pin_saved")).waitFor();
	await page.reload();
	await page.locator(".lock .pad").waitFor();
	await page.keyboard.type("4711");
	await page.keyboard.press("Enter");
	await page.locator("nav.tabs").waitFor();
	expect(keys.lost).toEqual([]);
	expect(reader.errors).toEqual([]);
	await reader.leave();
});

test.each([["fa-AF", "hamid"], ["uz", "dilnoza"]] as const)("text grows as one chooses in the settings, in %s", async (language, user) => {
	const reader = await sit(language, user);
	const size = () => reader.page.evaluate(() => Number.parseFloat(getComputedStyle(document.querySelector("main p, main label") ?? document.body).fontSize));
	await reader.go("#/settings");
	await reader.page.getByRole("radio", { name: reader.w("settings.text_largest"), exact: true }).waitFor();
	const usual = await size();
	await reader.page.getByRole("radio", { name: reader.w("settings.text_largest"), exact: true }).check();
	await expect.poll(size).toBeGreaterThan(usual * 1.25);
	await reader.page.reload();
	await reader.page.getByRole("radio", { name: reader.w("settings.text_largest"), exact: true, checked: true }).waitFor();
	expect(await reader.page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth)).toBe(true);
	await reader.leave();
});

describe("without seeing", () => {
	test.each([
		["fa-AF", "farida", "Салом ба шумо"],
		["ru", "olga", "Салом ба дӯстон"],
	] as const)("new posts are said in %s, many by their number", async (language, user, hello) => {
		const listener = await sit(language, user);
		const speaker = await sit("tg", "mavzuna");
		for (const reader of [listener, speaker]) await reader.go(await coordination(reader));
		await Promise.all([listener.timeline().waitFor(), speaker.timeline().waitFor()]);
		const log = listener.page.getByRole("log");
		await speaker.say(hello);
		await log.filter({ hasText: hello }).waitFor();
		expect(bare(await log.innerText())).toBe(
			`${bare(listener.w("timeline.post_by").replace("{{.Name}}", "Мавзуна Шарифова"))} ${hello}`,
		);
		expect(await log.locator("span").getAttribute("lang")).toBe("tg");
		expect(await listener.post(hello).locator(".body").getAttribute("lang")).toBe("tg");

		// What was missed while the line was down comes at once, and is not read out one by one.
		await listener.context.setOffline(true);
		await listener.lineIs("line.offline_since");
		for (const text of ["як", "ду", "се"]) {
			await speaker.say(text);
			await speaker.sees(text);
		}
		await listener.context.setOffline(false);
		await listener.sees("се");
		await expect.poll(() => log.innerText().then(bare)).toMatch(language === "ru" ? /^3 новых сообщения$/ : /^۳ پیام تازه$/);
		for (const reader of [listener, speaker]) await reader.leave();
	});

	test("who goes somewhere arrives at the heading, and no frame goes round a whole part of the page", async () => {
		const reader = await sit("tg", "mavzuna");
		const focus = () =>
			reader.page.evaluate(() => {
				const outline = (one: Element | null) => (one ? getComputedStyle(one).outlineStyle : "");
				const frames = [...document.querySelectorAll("main, .pane")].map(outline);
				return { at: document.activeElement?.tagName ?? "", heading: outline(document.querySelector(".top h1")), frames: frames.filter((style) => style !== "none") };
			});
		await reader.page.keyboard.press("Tab");
		await reader.go("#/people");
		await reader.go("#/talk");
		await expect.poll(focus).toEqual({ at: "H1", heading: "solid", frames: [] });
		await reader.page.locator('[data-row][href^="#/talk/!"]').first().waitFor(); // where there is no line yet, nobody moves to one
		await reader.page.keyboard.press("j");
		await expect.poll(async () => (await focus()).at).toBe("A");
		await reader.page.evaluate(() => document.activeElement?.closest<HTMLElement>("[data-pane]")?.focus());
		expect((await focus()).frames).toEqual([]);
		expect((await focus()).heading).toBe("solid");
		await reader.leave();
	});

	test("a form says what is wrong at the field, and goes there", async () => {
		const reader = await Reader.sitDown(browser, "ps");
		await reader.page.goto(await invitation());
		await reader.button("invited.act").click();
		const wrong = reader.page.getByRole("textbox", { name: reader.w("invited.name"), exact: true });
		await expect.poll(() => wrong.evaluate((field) => document.activeElement === field)).toBe(true);
		const described = await wrong.evaluate((field) =>
			(field.getAttribute("aria-describedby") ?? "").split(" ").map((id) => document.getElementById(id)?.textContent).join(" "),
		);
		expect(bare(described)).toContain(bare(reader.w("invited.name_missing")));
		await reader.leave();
	});

	test.each(["fa-AF", "ur", "ps", "tg", "uz", "tk", "ru"] as const)("the page, its title and its parts speak %s", async (language) => {
		const reader = await Reader.sitDown(browser, language);
		await reader.page.goto(hub.url);
		await reader.field("sign_in.user").fill("samira");
		await reader.field("sign_in.passphrase").fill(passphrase);
		await reader.button("sign_in.act").click();
		await reader.page.locator("nav.tabs").waitFor(); // in the language of the account, until it is changed
		await reader.go("#/settings");
		await reader.page.getByRole("radio", { name: nativeNames[language], exact: true }).first().click();
		await reader.page.locator(`html[lang="${language}"]`).waitFor();
		await expect.poll(() => reader.page.title()).toContain(reader.w("settings.title"));
		await reader.page.getByRole("main").waitFor();
		await reader.page.getByRole("navigation", { name: reader.w("app.tabs"), exact: true }).waitFor();
		await reader.page.getByRole("heading", { level: 1, name: reader.w("settings.title") }).waitFor();
		await reader.page.getByRole("region", { name: reader.w("settings.title"), exact: true }).waitFor();
		await reader.leave();
	});
});

/** The address of the channel of all five countries. */
async function coordination(reader: Reader): Promise<string> {
	await reader.go("#/talk");
	const line = reader.page.getByRole("link", { name: /Coordination/ }).first();
	return (await line.getAttribute("href")) ?? "";
}

describe("as the device is set", () => {
	test.each([["tk", "ogulgerek"], ["ur", "ayesha"]] as const)("nothing moves for those who ask for stillness, in %s", async (language, user) => {
		const reader = await sit(language, user);
		await reader.page.emulateMedia({ reducedMotion: "reduce" });
		await reader.go("#/talk");
		await reader.page.locator("[data-row]").first().waitFor();
		const moving = await reader.page.evaluate(() =>
			[...document.querySelectorAll("*")].filter((one) => {
				const { animationName, animationDuration, transitionDuration } = getComputedStyle(one);
				const longest = Math.max(...transitionDuration.split(",").map(Number.parseFloat), animationName === "none" ? 0 : Number.parseFloat(animationDuration));
				return longest > 0.001;
			}).length,
		);
		expect(moving).toBe(0);
		await reader.leave();
	});

	test("more contrast is taken up without being asked twice", async () => {
		const reader = await Reader.sitDown(browser, "uz");
		await reader.page.emulateMedia({ contrast: "more" });
		await reader.page.goto(`${hub.url}/#/sign-in`);
		await reader.button("sign_in.act").waitFor();
		await expect.poll(() => reader.page.evaluate(() => document.documentElement.dataset["theme"])).toBe("contrast");
		await reader.leave();
	});

	test("in forced colours what can be pressed and what is chosen has a frame", async () => {
		const reader = await sit("fa-AF", "farida");
		await reader.page.emulateMedia({ forcedColors: "active" });
		await reader.go("#/settings");
		await reader.page.locator(".option").first().waitFor();
		const bare = await reader.page.evaluate(() => {
			const framed = (one: Element) => Number.parseFloat(getComputedStyle(one).borderTopWidth) >= 1 || Number.parseFloat(getComputedStyle(one).outlineWidth) >= 1;
			const pressed = [...document.querySelectorAll(".button:not(.quiet), .option")].filter((one) => one.checkVisibility() && !framed(one));
			const chosen = [...document.querySelectorAll(".option:has(:checked)")].filter((one) => getComputedStyle(one).outlineStyle === "none");
			return [...pressed, ...chosen].map((one) => one.outerHTML.slice(0, 120));
		});
		expect(bare).toEqual([]);
		await reader.leave();
	});
});
