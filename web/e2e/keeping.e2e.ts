import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBrowser } from "./harness/browser";
import { Hub } from "./harness/hub";
import { phone, shoot } from "./harness/pictures";
import { Reader } from "./harness/reader";
import { bare } from "./harness/words";

/** How long a channel keeps its posts: everybody reads it, moderators set it. One reads from right to left, one from left to right. */
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

describe("keeping", () => {
	test("a member reads how long posts are kept, and cannot change it", async () => {
		await olga.go("#/talk");
		await olga.page.getByRole("link", { name: "Interpreters" }).first().click();
		await olga.page.getByRole("link", { name: olga.w("channel.details"), exact: true }).click();
		await olga.page.getByText(olga.w("keeping.is_two_years")).waitFor();
		expect(await olga.page.getByRole("group", { name: olga.w("keeping.title") }).count()).toBe(0);
	});

	test("whoever moderates sets it, and it stays so", async () => {
		await farida.go("#/talk/new");
		await farida.field("new_channel.name").fill("نگهداری");
		await farida.button("new_channel.act").click();
		await farida.timeline().waitFor();
		await farida.page.getByRole("link", { name: farida.w("channel.details"), exact: true }).click();
		const group = farida.page.getByRole("group", { name: farida.w("keeping.title") });
		expect(await group.getByRole("radio", { name: farida.w("keeping.most"), exact: true }).isChecked()).toBe(true);
		await group.getByRole("radio", { name: farida.w("keeping.month"), exact: true }).check();
		await expect.poll(() => group.innerText().then(bare)).toContain(bare(farida.w("keeping.is_month")));
		await group.scrollIntoViewIfNeeded();
		await shoot(farida.page, "fa-AF-keeping");
		await farida.page.setViewportSize(phone);
		await farida.page.reload();
		await group.getByRole("radio", { name: farida.w("keeping.month"), exact: true, checked: true }).waitFor();
		await group.getByRole("radio", { name: farida.w("keeping.most"), exact: true }).check();
		await expect.poll(() => group.innerText().then(bare)).toContain(bare(farida.w("keeping.is_two_years")));
	});

	test("what its time is over for goes from everybody's screen, its file as well", async () => {
		await farida.page.getByRole("group", { name: farida.w("keeping.title") }).getByRole("radio", { name: farida.w("keeping.month"), exact: true }).check();
		await farida.button("channel.invite").click();
		const dialog = farida.page.getByRole("dialog");
		await dialog.getByRole("button").filter({ hasText: "Ольга Мельникова" }).click();
		await dialog.getByRole("button", { name: farida.w("channel.invite_act"), exact: true }).click();
		await dialog.waitFor({ state: "detached" });
		await farida.page.getByRole("link", { name: farida.w("act.back"), exact: true }).click();
		await farida.say("یک ماه می‌ماند");
		await farida.button("media.attach").click();
		const choosing = farida.page.waitForEvent("filechooser");
		await dialog.getByRole("button", { name: farida.w("media.choose_file"), exact: true }).click();
		await (await choosing).setFiles({ name: "فهرست.txt", mimeType: "text/plain", buffer: Buffer.from("یک دو سه") });
		await dialog.locator('button[type="submit"]:not([aria-disabled])').click();
		await dialog.waitFor({ state: "detached" });

		await olga.go("#/now");
		await olga.page.locator(".card").filter({ hasText: "نگهداری" }).locator(".button.main").click();
		await olga.timeline().waitFor();
		await olga.sees("یک ماه می‌ماند");
		const file = olga.page.locator(".document");
		await file.waitFor();
		const [answer] = await Promise.all([olga.page.waitForResponse(/\/media\/download\//), file.getByRole("button").click()]);
		expect(answer.status()).toBe(200);

		await hub.kill();
		await hub.start("768h"); // 32 days
		for (const reader of [farida, olga]) {
			await expect.poll(() => reader.page.getByText("یک ماه می‌ماند").count(), { timeout: 45_000 }).toBe(0); // as long as coming back by itself may take
			await expect.poll(() => reader.page.locator(".document").count(), { timeout: 45_000 }).toBe(0);
			await reader.lineIs("line.connected");
			await reader.timeline().waitFor();
		}
		await expect.poll(() => olga.page.evaluate(async (url) => (await fetch(url)).status, answer.url()), { timeout: 45_000 }).toBe(404);
	});

	test("no page has broken", () => {
		for (const reader of [farida, olga]) expect(reader.errors).toEqual([]);
	});
});
