import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "./harness/browser";
import { phone, shoot } from "./harness/pictures";
import { Reader } from "./harness/reader";
import { TwoHubs } from "./harness/twohubs";
import { said } from "./harness/words";

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

async function sit(language: "fa-AF" | "uz", user: string, url: string, before?: (page: Page) => Promise<unknown>): Promise<Reader> {
	const reader = await Reader.sitDown(browser, language);
	await before?.(reader.page);
	await reader.page.setViewportSize(phone);
	await reader.signIn(url, { user, passphrase: "panah sample network" });
	await reader.go("#/talk");
	await reader.page.getByRole("link", { name: /Hayraton/ }).first().click();
	await reader.timeline().waitFor();
	return reader;
}

/** Above the post stands which country and hub its writer is of. */
async function comesFrom(reader: Reader, post: string, country: string): Promise<void> {
	const origin = reader.post(post).locator(".of");
	await expect.poll(() => origin.innerText(), { timeout: 15_000 }).toContain(reader.w(country)); // the other hub's list comes a while after its posts
	expect(await origin.innerText()).toMatch(/localhost:\d+/);
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
	await comesFrom(farida, "Bizda hammasi koʻrinyapti.", "country.uz");
	await comesFrom(dilnoza, "سلام به همکاران آن سوی پل.", "country.af");
	await shoot(farida.page, "twohubs-here");
	await shoot(dilnoza.page, "twohubs-there");
}, 60_000);

test("whose hub has not told its organisations yet is asked about again", async () => {
	const [here] = hubs.urls;
	const lists = "**/_panah/v1/hubs";
	const farida = await sit("fa-AF", "farida", here, (page) => page.route(lists, (route) => route.fulfill({ json: { hubs: [] } })));
	const origin = farida.post("Bizda hammasi koʻrinyapti.").locator(".of");
	await expect.poll(() => origin.innerText()).toMatch(/localhost:\d+/);
	expect(await origin.innerText()).not.toContain(farida.w("country.uz"));
	await farida.page.unroute(lists);
	await comesFrom(farida, "Bizda hammasi koʻrinyapti.", "country.uz");
}, 60_000);

test("the organisations of the other hub stand in the directory, and are found by their names", async () => {
	const [here, there] = hubs.urls;
	for (const [reader, name, other] of [
		[await sit("fa-AF", "farida", here), "Yangi umid boshpanasi", "country.uz"],
		[await sit("uz", "dilnoza", there), "رهنما: مشوره حقوقی", "country.af"],
	] as const) {
		await reader.go("#/people");
		const row = reader.page.locator(".group .row-item").filter({ hasText: name });
		await row.filter({ hasText: reader.w(other) }).waitFor();
		await row.scrollIntoViewIfNeeded();
		await shoot(reader.page, `twohubs-directory-${reader.language}`);
		await reader.page.setViewportSize(phone);
		await reader.page.getByRole("searchbox", { name: reader.w("people.search") }).fill(name.slice(0, 5));
		await row.waitFor();
		await expect.poll(() => reader.page.locator(".group .row-item .title").filter({ hasNotText: name }).filter({ hasText: /Yangi|رهنما/ }).count()).toBe(0);
		expect(reader.errors).toEqual([]);
	}
}, 60_000);

test("an alert crosses from one country's hub to the other's, and its answer comes back", async () => {
	const [here, there] = hubs.urls;
	const farida = await sit("fa-AF", "farida", here);
	const dilnoza = await sit("uz", "dilnoza", there);
	const main = farida.page.locator("main");
	const press = (key: string) => main.getByRole("button", { name: farida.w(key), exact: true }).click();
	await farida.go("#/alerts/new");
	await main.getByRole("button", { name: said("fa-AF", "alert.code.transit") }).click();
	await press("new_alert.next");
	await main
		.getByLabel(new RegExp(`^\\u2068?${said("fa-AF", "alert.slot.from")}`))
		.first()
		.selectOption("AF-BAL");
	await press("new_alert.next");
	await main.getByRole("checkbox", { name: /Yangi umid/ }).check();
	await shoot(farida.page, "twohubs-alert-who");
	await farida.page.setViewportSize(phone);
	await press("new_alert.next");
	await main.locator(".sheet h3").waitFor();
	await press("new_alert.send");
	await main.getByRole("link", { name: farida.w("new_alert.see") }).click();
	const row = farida.page.getByRole("table", { name: farida.w("alerts.delivery") }).getByRole("row", { name: /Yangi umid/ });
	await row.waitFor();

	await dilnoza.go("#/alerts");
	const card = dilnoza.page.locator("main .alert-card").filter({ has: dilnoza.page.locator(".from-hub") });
	await card.waitFor({ timeout: 30_000 });
	await card.locator(".sentence").filter({ hasText: "رهنما: مشوره حقوقی" }).waitFor(); // whom to call, though it is of the other hub
	await shoot(dilnoza.page, "twohubs-alert-there");
	await dilnoza.page.setViewportSize(phone);
	await card.getByRole("button", { name: dilnoza.w("alerts.can_act"), exact: true }).click();
	await row.getByText(farida.w("alerts.truth_acknowledged")).waitFor({ timeout: 30_000 });
	await shoot(farida.page, "twohubs-alert-delivery");
	expect([...farida.errors, ...dilnoza.errors]).toEqual([]);
}, 120_000);

test("what is needed for an arrival is written on one hub's device and read on the other's", async () => {
	const [here, there] = hubs.urls;
	const farida = await sit("fa-AF", "farida", here);
	const dilnoza = await sit("uz", "dilnoza", there);
	const { id: shelter } = await dilnoza.calls<{ id: string }>("POST", "/places/shelters", {
		txn_id: "shelter", name: "Yangi umid", country: "UZ", province: "UZ-SU", facility: "emergency", languages: ["uz"], seen_by: "network", zone: 300,
	});
	await dilnoza.calls("POST", `/places/shelters/${shelter}/count`, { txn_id: "count", capacity: { women: { total: 2 } } });
	const shown = async () => (await farida.calls<{ shelters: { id: string }[] }>("GET", "/places/shelters")).shelters.find(({ id }) => id.startsWith(`${shelter}:`))?.id;
	await expect.poll(shown, { timeout: 15_000 }).toBeDefined();
	const abroad = await shown();
	const { requests } = await farida.calls<{ requests: { id: string }[] }>("POST", "/places/requests", {
		txn_id: "ask", category: "women", group: 1, urgency: "urgent", from: "AF-BAL", shelters: [abroad], consent: { given: "none" },
	});
	const request = `#/places/request/${requests[0]?.id}`;
	const keys = `/places/requests/${requests[0]?.id}/keys`;
	const title = (reader: Reader) => reader.page.getByRole("heading", { name: reader.w("sealed.title") });
	await farida.go(request);
	await dilnoza.go("#/now");
	await dilnoza.button("place_request.accept").click({ timeout: 30_000 });
	await dilnoza.go(request);
	for (const [writer, name, reader, words] of [
		[dilnoza, "Dilnoza Yoʻldosheva", farida, "Koʻprik boshida, koʻk roʻmol"],
		[farida, "فریده نوری", dilnoza, "ساعت هشت می‌رسیم، دو کیف"],
	] as const) {
		await title(writer).waitFor({ timeout: 30_000 });
		await title(reader).waitFor({ timeout: 30_000 });
		const { device_id } = await reader.calls<{ device_id: string }>("GET", "/me");
		const sealedTo = async () => (await writer.calls<{ keys: { device_id: string }[] }>("GET", keys)).keys.map((key) => key.device_id);
		await expect.poll(sealedTo, { timeout: 15_000 }).toContain(device_id);
		await writer.button("sealed.write").click();
		await writer.page.getByLabel(writer.w("sealed.text"), { exact: true }).fill(words);
		await writer.button("sealed.send").click();
		const note = reader.page.locator(".place-note").filter({ has: reader.page.locator(".words", { hasText: words }) });
		await note.waitFor({ timeout: 30_000 });
		await note.filter({ hasText: name }).waitFor();
	}
	await shoot(farida.page, "twohubs-note-here");
	await shoot(dilnoza.page, "twohubs-note-there");
	expect([...farida.errors, ...dilnoza.errors]).toEqual([]);
}, 120_000);

test("a channel that is replaced on one hub takes the other's people along", async () => {
	const [here, there] = hubs.urls;
	const farida = await sit("fa-AF", "farida", here);
	const dilnoza = await sit("uz", "dilnoza", there);
	const { user_id } = await dilnoza.calls<{ user_id: string }>("GET", "/me");
	const { room_id: old } = await farida.matrix<{ room_id: string }>("POST", "/createRoom", { name: "گذرگاه", preset: "private_chat", invite: [user_id] });
	await dilnoza.matrix("POST", `/join/${encodeURIComponent(old)}`, {});
	for (const reader of [farida, dilnoza]) await reader.go(`#/talk/${encodeURIComponent(old)}`);
	await farida.say("این‌جا آغاز کردیم");
	await dilnoza.sees("این‌جا آغاز کردیم");
	const { replacement_room: next } = await farida.matrix<{ replacement_room: string }>("POST", `/rooms/${encodeURIComponent(old)}/upgrade`, { new_version: "11" });
	for (const reader of [dilnoza, farida]) {
		const onward = reader.button("channel.to_new");
		await onward.waitFor({ timeout: 30_000 });
		await reader.page.getByRole("status").filter({ hasText: reader.w("room.replaced") }).waitFor();
		await shoot(reader.page, `twohubs-upgrade-${reader.language}`);
		await reader.page.setViewportSize(phone);
		await onward.click();
		await expect.poll(() => reader.page.url(), { timeout: 15_000 }).toContain(encodeURIComponent(next));
	}
	await dilnoza.say("Men ham shu yerdaman");
	await farida.sees("Men ham shu yerdaman");
	await farida.say("خوش آمدید");
	await dilnoza.sees("خوش آمدید");
	expect([...farida.errors, ...dilnoza.errors]).toEqual([]);
}, 120_000);
