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

	test("no page has broken", () => {
		for (const reader of [farida, olga]) expect(reader.errors).toEqual([]);
	});
});
