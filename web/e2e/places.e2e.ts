import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "./harness/browser";
import { Hub } from "./harness/hub";
import { phone, shoot } from "./harness/pictures";
import { Reader } from "./harness/reader";
import { type Language, pattern } from "./harness/words";

/** A shelter in Khatlon (Tajik) with three places, and caseworkers in Kunduz (Dari) and Termez (Uzbek) who both need the last one. */
let hub: Hub;
let browser: Browser;
let mavzuna: Reader;
let hamid: Reader;
let dilnoza: Reader;

/** The way to the first request, of two places. */
let request = "";

const passphrase = "panah sample network";
const alias = "Хонаи офтобӣ";
/** What nobody but the two sides may ever read. */
const address = "کولاب، سرک سوم، دروازهٔ سبز";
/** What is free text of a request, and forgotten with it. */
const note = "یکی از آنها شب‌ها می‌ترسد";

beforeAll(async () => {
	[hub, browser] = await Promise.all([Hub.start("demo"), openBrowser()]);
	mavzuna = await sit("tg", "mavzuna");
	hamid = await sit("fa-AF", "hamid");
	dilnoza = await sit("uz", "dilnoza");
});

afterAll(async () => {
	await browser?.close();
	await hub?.stop();
});

async function sit(language: Language, user: string): Promise<Reader> {
	const reader = await Reader.sitDown(browser, language);
	await reader.page.setViewportSize(phone);
	await reader.signIn(hub.url, { user, passphrase });
	return reader;
}

const main = (reader: Reader): Locator => reader.page.locator("main");
const button = (reader: Reader, key: string): Locator => main(reader).getByRole("button", { name: reader.w(key), exact: true });
const linkTo = (reader: Reader, key: string): Locator => main(reader).getByRole("link", { name: reader.w(key), exact: true });
const press = (reader: Reader, key: string) => button(reader, key).click();
const place = (reader: Reader, of: string) => reader.w(`place.${of}`);

/** Asks for one woman from a province, as far as the asking itself: what is left is one touch. */
async function getReady(reader: Reader, from: string, group = 1): Promise<void> {
	await reader.tab("places.title").click();
	await linkTo(reader, "find_place.title").click();
	await main(reader).getByLabel(reader.w("find_place.from"), { exact: true }).selectOption(from);
	for (let more = 1; more < group; more++) await press(reader, "new_alert.more");
	await press(reader, "find_place.find");
	const found = main(reader).locator(".found-shelter").filter({ hasText: alias });
	await found.getByRole("button").click();
	await main(reader).getByRole("button", { name: pattern(reader.language, "find_place.ask_some") }).click();
	await main(reader).getByRole("radio", { name: reader.w("find_place.agreed") }).check();
}

/** The only request of a state that is on somebody's list. */
const requestCard = (reader: Reader, state: string): Locator => main(reader).locator(`.place-card.${state}:visible`);

const standing = (reader: Reader): Locator => main(reader).locator(".place-request .standing");

test("a shelter is entered and its places counted in three touches", async () => {
	await mavzuna.tab("places.title").click();
	await linkTo(mavzuna, "shelter.new").click();
	await main(mavzuna).getByLabel(mavzuna.w("shelter.name"), { exact: true }).fill(alias);
	await main(mavzuna).getByLabel(mavzuna.w("shelter.province"), { exact: true }).selectOption("TJ-KT");
	await shoot(mavzuna.page, "tg-shelter-form");
	await mavzuna.page.setViewportSize(phone);
	await press(mavzuna, "act.save");
	await main(mavzuna).getByLabel(mavzuna.w("shelter.category"), { exact: true }).selectOption("women");
	const women = main(mavzuna).getByRole("group", { name: place(mavzuna, "category.women") });
	await women.getByRole("button", { name: mavzuna.w("shelter.more_free") }).click();
	await women.getByRole("button", { name: mavzuna.w("shelter.more_free") }).click();
	await press(mavzuna, "shelter.confirm");
	await main(mavzuna).locator(".count-age:visible").filter({ hasText: place(mavzuna, "freshness.fresh") }).waitFor();
	await shoot(mavzuna.page, "tg-shelter-count");
	await mavzuna.page.setViewportSize(phone);
	expect(await women.locator("output").innerText()).toBe("3");
});

test("two places are asked for from Kunduz, held, decided on from the first screen, and accepted", async () => {
	await getReady(hamid, "AF-KDZ", 2);
	await main(hamid).getByLabel(hamid.w("find_place.note"), { exact: true }).fill(note);
	await shoot(hamid.page, "fa-AF-place-ask");
	await hamid.page.setViewportSize(phone);
	await press(hamid, "find_place.ask");
	await requestCard(hamid, "held").waitFor();
	await shoot(hamid.page, "fa-AF-places");
	await hamid.page.setViewportSize(phone);
	await mavzuna.tab("now.title").click();
	await requestCard(mavzuna, "held").waitFor();
	await shoot(mavzuna.page, "tg-now-place");
	await mavzuna.page.setViewportSize(phone);
	await press(mavzuna, "place_request.accept");
	await hamid.tab("now.title").click();
	await main(hamid).getByText(hamid.w("place_notice.accepted")).waitFor();
	await linkTo(hamid, "places.open").click();
	await main(hamid).locator(".place-request").waitFor();
	request = new URL(hamid.page.url()).hash;
});

test("two ask at the same moment for the last one: one gets it, the other waits", async () => {
	await getReady(hamid, "AF-KDZ");
	await getReady(dilnoza, "UZ-SU");
	await Promise.all([press(hamid, "find_place.ask"), press(dilnoza, "find_place.ask")]);
	const held = await Promise.all([hamid, dilnoza].map((reader) => requestCard(reader, "held").or(requestCard(reader, "waiting")).first().waitFor().then(() => requestCard(reader, "held").count())));
	expect(held.toSorted()).toEqual([0, 1]);
});

test("who waits is offered the place as soon as it is released", async () => {
	const first = (await requestCard(hamid, "held").count()) === 1 ? hamid : dilnoza;
	const second = first === hamid ? dilnoza : hamid;
	expect(await requestCard(second, "waiting").locator(".standing").innerText()).toMatch(pattern(second.language, "place_request.position"));
	await requestCard(first, "held").getByRole("link").click();
	await press(first, "place_request.withdraw_because");
	const why = first.page.getByRole("dialog");
	await why.getByRole("radio", { name: place(first, "withdraw.elsewhere") }).check();
	await why.getByRole("button", { name: first.w("place_request.withdraw"), exact: true }).click();
	await main(first).locator(".place-request .stations .ended").waitFor();
	await requestCard(second, "held").waitFor();
	await second.tab("now.title").click();
	await main(second).getByText(second.w("place_notice.held")).waitFor();
});

test("accepted, its two sides write a note that the hub cannot read", async () => {
	await mavzuna.tab("now.title").click();
	await requestCard(mavzuna, "held").getByRole("button", { name: mavzuna.w("place_request.accept") }).click();
	for (const reader of [hamid, mavzuna]) await reader.go(request);
	await press(mavzuna, "sealed.write");
	await main(mavzuna).getByLabel(mavzuna.w("sealed.text"), { exact: true }).fill(address);
	await press(mavzuna, "sealed.send");
	await main(mavzuna).locator(".sealed-notes .words").filter({ hasText: address }).waitFor();
	await main(hamid).locator(".sealed-notes .words").filter({ hasText: address }).waitFor();
	await shoot(hamid.page, "fa-AF-place-accepted");
	await hamid.page.setViewportSize(phone);
	expect(hub.holds(address)).toEqual([]);
	await linkTo(hamid, "place_request.talk").click();
	await hamid.sees(hamid.w("place.said.noted"));
	expect(await hamid.posts()).toContain(hamid.w("place.said.accepted"));
	await shoot(hamid.page, "fa-AF-place-channel");
	await hamid.page.setViewportSize(phone);
	await linkTo(hamid, "places.open").click();
});

test("arrival and exit", async () => {
	await press(mavzuna, "place_request.arrive");
	await standing(hamid).filter({ hasText: hamid.w("place.said.arrived") }).waitFor();
	await press(mavzuna, "place_request.leave");
	const how = mavzuna.page.getByRole("dialog");
	await how.getByRole("radio", { name: place(mavzuna, "exit.repatriated") }).check();
	await how.getByRole("button", { name: mavzuna.w("place_request.leave"), exact: true }).click();
	await standing(hamid).filter({ hasText: hamid.w("place.said.left") }).waitFor();
	await shoot(hamid.page, "fa-AF-place-left");
	await hamid.page.setViewportSize(phone);
});

test("a day after the end what was asked, said and sealed is gone, from the screens and from the disk", async () => {
	expect(hub.holds(note)).not.toEqual([]);
	await hub.kill();
	await hub.start("25h");
	await hamid.comesBack();
	await main(hamid).getByText(hamid.w("place_request.forgotten")).waitFor({ timeout: 60_000 });
	expect(await main(hamid).getByText(note).count()).toBe(0);
	expect(await linkTo(hamid, "place_request.talk").count()).toBe(0);
	expect(hub.holds(note)).toEqual([]);
});

test("no page had an error", () => {
	for (const reader of [mavzuna, hamid, dilnoza]) expect(reader.errors).toEqual([]);
});
