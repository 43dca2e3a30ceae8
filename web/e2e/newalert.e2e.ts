import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axeOn } from "./harness/axe";
import { openBrowser } from "./harness/browser";
import { fitsOn } from "./harness/fits";
import { Hub } from "./harness/hub";
import { phone, shoot } from "./harness/pictures";
import { Reader } from "./harness/reader";
import { bare, type Language, nativeNames, said } from "./harness/words";

/** Writing urgent alerts by thumb, by those of the sample network: a member in Herat reads Dari, his administrator too, an interpreter Russian. */
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
	await reader.page.setViewportSize(phone);
	await reader.signIn(hub.url, { user, passphrase });
	return reader;
}

/** Somebody who reads another language than the sample network has of them: they choose it in the settings. */
async function sitReading(language: Language, user: string): Promise<Reader> {
	const reader = await Reader.sitDown(browser, language);
	const { page } = reader;
	await page.setViewportSize(phone);
	await page.goto(hub.url);
	await reader.field("sign_in.user").fill(user);
	await reader.field("sign_in.passphrase").fill(passphrase);
	await reader.button("sign_in.act").click();
	await page.locator("nav.tabs").waitFor();
	await reader.go("#/settings");
	await page.getByRole("radio", { name: nativeNames[language], exact: true }).first().click();
	await page.locator(`html[lang="${language}"]`).waitFor();
	return reader;
}

const main = (reader: Reader) => reader.page.locator("main");
const inMain = (reader: Reader, key: string) => main(reader).getByRole("button", { name: reader.w(key), exact: true });
/** Picks a value of a slot, by the beginning of its name, isolated or not: "откуда" ends as "куда" does. */
const pick = (reader: Reader, slot: string, value: string) =>
	main(reader)
		.getByLabel(new RegExp(`^\\u2068?${said(reader.language, `alert.slot.${slot}`)}`))
		.first()
		.selectOption(value);

/** Begins an alert: one touch for what happened. */
async function begin(reader: Reader, code: string): Promise<void> {
	await reader.go("#/alerts/new");
	await main(reader).getByRole("button", { name: said(reader.language, `alert.code.${code}`) }).click();
	await inMain(reader, "new_alert.next").waitFor();
}

test("an alert is sent by thumb in four steps, in Dari and in Russian", async () => {
	for (const [language, user] of [
		["fa-AF", "hamid"],
		["ru", "mavzuna"],
	] as const) {
		const reader = await sitReading(language, user);
		const { page } = reader;
		await reader.tab("alerts.title").click();
		await page.getByRole("link", { name: reader.w("alerts.new"), exact: true }).click();
		await main(reader).getByRole("button", { name: said(language, "alert.code.transit") }).waitFor();
		await shoot(page, `${language}-new-alert-what`);
		await page.setViewportSize(phone);
		await begin(reader, "transit");
		expect(await page.evaluate(() => document.activeElement?.matches("input, textarea"))).toBe(false); // no keyboard came up
		await inMain(reader, "new_alert.more").click();
		await inMain(reader, "new_alert.next").click();
		await page.getByRole("alert").filter({ hasText: said(language, "alert.slot.from") }).waitFor();
		await pick(reader, "from", "AF-HER");
		await pick(reader, "to", "TM-M");
		await shoot(page, `${language}-new-alert-details`);
		await page.setViewportSize(phone);
		await inMain(reader, "new_alert.next").click();
		await main(reader).getByText("Ak ýol").waitFor();
		expect(await main(reader).getByText("Раёсати муҳоҷират").count()).toBe(0); // officials are not asked unless chosen
		await shoot(page, `${language}-new-alert-who`);
		await page.setViewportSize(phone);
		await inMain(reader, "new_alert.next").click();
		await main(reader).locator(".sheet h3").waitFor();
		await shoot(page, `${language}-new-alert-look`);
		await page.setViewportSize(phone);
		await main(reader).getByLabel(reader.w("new_alert.look_in")).selectOption("tk");
		await main(reader).locator('.sheet [lang="tk"] h3').waitFor();
		await inMain(reader, "new_alert.send").click();
		await main(reader).getByText(reader.w("new_alert.sent")).waitFor();
		await main(reader).getByRole("link", { name: reader.w("new_alert.see") }).click();
		await main(reader).locator(".alert-page .alert-card").waitFor();
		expect(reader.errors).toEqual([]);
		await reader.leave();
	}
});

test("each step fits and can be used by everybody", async () => {
	const reader = await sit("fa-AF", "hamid");
	const wrong: string[] = [];
	const look = async (step: string) => {
		for (const fault of [...(await axeOn(reader.page)), ...(await fitsOn(reader.page))]) wrong.push(`${step}: ${fault}`);
		await reader.page.setViewportSize(phone);
	};
	await reader.go("#/alerts/new");
	await main(reader).getByRole("button", { name: said("fa-AF", "alert.code.transit") }).waitFor();
	await look("what");
	await begin(reader, "unaccompanied");
	await pick(reader, "area", "AF-HER");
	await main(reader).locator("details.grades summary").click();
	await look("details");
	await inMain(reader, "new_alert.next").click();
	await main(reader).locator(".who").waitFor();
	await main(reader).locator("details.more summary").click();
	await look("who");
	await inMain(reader, "new_alert.next").click();
	await main(reader).locator(".sheet h3").waitFor();
	await look("look");
	await reader.leave();
	expect(wrong).toEqual([]);
});

test("what is written survives a closed tab, and goes out once when there is a line", async () => {
	const reader = await sit("fa-AF", "hamid");
	await begin(reader, "medical");
	await pick(reader, "area", "AF-HER");
	await main(reader).getByLabel(reader.w("new_alert.text"), { exact: true }).fill("نزدیک گذرگاه");
	await reader.page.close();
	const page = await reader.context.newPage();
	await page.goto(`${hub.url}/#/alerts/new`);
	const words = page.getByLabel(reader.w("new_alert.text"), { exact: true });
	await words.waitFor();
	expect(await words.inputValue()).toBe("نزدیک گذرگاه");
	const button = (key: string) => page.locator("main").getByRole("button", { name: reader.w(key), exact: true });
	await button("new_alert.next").click();
	await button("new_alert.next").click();
	await page.locator(".sheet h3").waitFor();
	await reader.context.setOffline(true);
	await button("new_alert.send").click();
	await page.getByText(reader.w("new_alert.later")).waitFor();
	await reader.context.setOffline(false);
	await page.locator('a.notice[href="#/outbox"]').waitFor({ state: "detached", timeout: 60_000 });
	await page.evaluate(() => {
		location.hash = "#/alerts";
	});
	await page.locator(".board .alert-card").filter({ hasText: "نزدیک گذرگاه" }).waitFor();
	expect(await page.locator(".board .alert-card").filter({ hasText: "نزدیک گذرگاه" }).count()).toBe(1);
	await reader.leave();
});

test("the guard asks, and what describes a person waits for its second approver", async () => {
	const [hamid, farida] = await Promise.all([sit("fa-AF", "hamid"), sit("fa-AF", "farida")]);
	await begin(hamid, "safe_place");
	await pick(hamid, "area", "AF-HER");
	await main(hamid).getByLabel(hamid.w("new_alert.text"), { exact: true }).fill("زنگ بزنید: ۰۷۰۰۱۲۳۴۵۶");
	await inMain(hamid, "new_alert.next").click();
	const asked = hamid.page.getByRole("dialog");
	await asked.getByText(hamid.w("guard.phone")).waitFor();
	await asked.getByText("۰۷۰۰۱۲۳۴۵۶").waitFor();
	await shoot(hamid.page, "fa-AF-new-alert-guard");
	await hamid.page.setViewportSize(phone);
	await asked.getByRole("button", { name: hamid.w("guard.leave_in"), exact: true }).click();
	await inMain(hamid, "new_alert.next").click();
	await inMain(hamid, "new_alert.send").click();
	await main(hamid).getByText(hamid.w("new_alert.waits")).waitFor();

	await farida.go("#/alerts/waiting");
	await main(farida).getByText(farida.w("waiting_alert.cause_guard")).waitFor();
	await shoot(farida.page, "fa-AF-waiting-alert");
	await farida.page.setViewportSize(phone);
	await inMain(farida, "waiting_alert.refuse").click();
	const dialog = farida.page.getByRole("dialog");
	await dialog.getByRole("button", { name: farida.w("waiting_alert.refuse_act"), exact: true }).click();
	await dialog.getByText(farida.w("waiting_alert.reason_missing")).waitFor();
	await dialog.getByLabel(farida.w("waiting_alert.reason")).fill("شماره را بردارید");
	await dialog.getByRole("button", { name: farida.w("waiting_alert.refuse_act"), exact: true }).click();
	await main(farida).getByText(farida.w("waiting_alert.none")).waitFor();

	await hamid.go("#/alerts/waiting");
	await main(hamid).getByText("شماره را بردارید").waitFor();
	await begin(hamid, "unaccompanied");
	await pick(hamid, "area", "AF-HER");
	await main(hamid).getByText(hamid.w("new_alert.second")).waitFor();
	await inMain(hamid, "new_alert.next").click();
	await inMain(hamid, "new_alert.next").click();
	await inMain(hamid, "new_alert.send").click();
	await main(hamid).getByText(hamid.w("new_alert.waits")).waitFor();

	await farida.page.reload();
	await farida.go("#/alerts/waiting");
	await inMain(farida, "waiting_alert.approve").click();
	await main(farida).getByText(farida.w("waiting_alert.none")).waitFor();
	await hamid.go("#/alerts");
	await main(hamid).locator(".board .alert-card").filter({ hasText: said("fa-AF", "alert.one.child") }).first().waitFor();
	await Promise.all([hamid.leave(), farida.leave()]);
});

test("a rota, hand-over notes and a drill with its report", async () => {
	const farida = await sit("fa-AF", "farida");
	await farida.go("#/people");
	await farida.go("#/alerts");
	await farida.page.getByRole("link", { name: farida.w("rota.title"), exact: true }).click();
	await inMain(farida, "rota.add").click();
	await farida.page.getByRole("dialog").getByRole("button", { name: farida.w("act.save"), exact: true }).click();
	await main(farida).locator(".week dt").first().waitFor();
	expect(await main(farida).locator(".week dt").count()).toBe(7);
	await main(farida).getByLabel(farida.w("rota.note"), { exact: true }).fill("دو هشدار باز است");
	await inMain(farida, "rota.leave_note").click();
	await main(farida).locator(".own-words").filter({ hasText: "دو هشدار باز است" }).waitFor();
	await shoot(farida.page, "fa-AF-rota");
	await farida.page.setViewportSize(phone);
	await begin(farida, "drill");
	await pick(farida, "scenario", "missing");
	await pick(farida, "area", "AF-HER");
	await inMain(farida, "new_alert.next").click();
	await inMain(farida, "new_alert.next").click();
	await main(farida).getByText(farida.w("status.exercise_what")).waitFor();
	await inMain(farida, "new_alert.send").click();
	await main(farida).getByRole("link", { name: farida.w("new_alert.see") }).click();
	await main(farida).getByRole("link", { name: farida.w("drill.title") }).click();
	await main(farida).getByText(farida.w("drill.score")).waitFor();
	await shoot(farida.page, "fa-AF-drill");
	expect(farida.errors).toEqual([]);
	await farida.leave();
});

test("without a line the screens of the hub stand as they were read last, and what is typed there waits", async () => {
	const farida = await sit("fa-AF", "farida");
	const { page } = farida;
	const organisation = await page.evaluate(async () => ((await (await fetch("/_panah/v1/me")).json()) as { organisation: { id: string } }).organisation.id);
	const rota = `#/people/${encodeURIComponent(organisation)}/rota`;
	await farida.go(rota);
	await main(farida).locator(".week dt").first().waitFor();
	await farida.go("#/alerts/waiting");
	await main(farida).getByText(farida.w("waiting_alert.none")).waitFor();
	await farida.go("#/now");
	await page.evaluate(() => navigator.serviceWorker.ready);
	await page.reload();
	await page.locator("nav.tabs").waitFor();
	await farida.context.setOffline(true);
	await page.reload();
	await farida.lineIs("line.offline_since");
	await farida.go(rota);
	await main(farida).locator(".week dt").first().waitFor();
	await main(farida).locator(".list-as-of").waitFor();
	await main(farida).getByText(farida.w("reading.needs_line")).first().waitFor();
	const note = main(farida).getByLabel(farida.w("rota.note"), { exact: true });
	await note.fill("کلید نزد همسایه است");
	expect(await inMain(farida, "rota.leave_note").isDisabled()).toBe(true);
	await shoot(page, "fa-AF-rota-offline");
	await page.setViewportSize(phone);
	await farida.go("#/alerts/waiting");
	await main(farida).getByText(farida.w("waiting_alert.none")).waitFor();
	await farida.go("#/people/another/rota");
	await main(farida).getByText(farida.w("reading.unread")).waitFor();
	await shoot(page, "fa-AF-rota-unread");
	await page.setViewportSize(phone);
	await farida.context.setOffline(false);
	await farida.go(rota);
	expect(await note.inputValue()).toBe("کلید نزد همسایه است");
	await inMain(farida, "rota.leave_note").click();
	await main(farida).locator(".own-words").filter({ hasText: "کلید نزد همسایه است" }).waitFor();
	expect(farida.errors).toEqual([]);
	await farida.leave();
});

test("a new version begins as the alert stands, and what is found in the reason of its end is asked about, in Dari and in Russian", async () => {
	const wish = { code: "transit", slots: { count: 1, from: "AF-HER", to: "TM-M" }, urgency: "Future", tlp: "GREEN", audience: { countries: ["TM"] } };
	for (const [language, user, reason, tongue] of [
		["fa-AF", "hamid", "Вызовите: +93 70 123 4567", "ru"],
		["ru", "mavzuna", "تماس بگیرید: +93 70 123 4567", "fa-AF"],
	] as const) {
		const reader = await sitReading(language, user);
		const { page } = reader;
		const ask = (path: string, body?: object) =>
			page.evaluate(
				async ([to, wanted]) => {
					const how = wanted === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(wanted) };
					return (await fetch(`/_panah/v1/alerts${to}`, how)).json();
				},
				[path, body] as const,
			);
		const { alert_id: id } = (await ask("", { ...wish, txn_id: `update-${user}` })) as { alert_id: string };
		const stands = async () => ((await ask(`/${encodeURIComponent(id)}`)) as { alert: { areas: string[]; tlp: string; urgency: string; expires: number; language: string } }).alert;
		const before = await stands();
		await reader.go(`#/alerts/${encodeURIComponent(id)}`);
		await main(reader).getByRole("link", { name: reader.w("new_alert.update"), exact: true }).click();
		await pick(reader, "from", "AF-FRA");
		await main(reader).locator("details.grades summary", { hasText: "TLP:GREEN" }).click();
		expect(await main(reader).getByLabel(reader.w("alerts.urgency"), { exact: true }).inputValue()).toBe("Future");
		await shoot(page, `${language}-update-details`);
		await page.setViewportSize(phone);
		await inMain(reader, "new_alert.next").click();
		await main(reader).locator(".sheet", { hasText: "TLP:GREEN" }).waitFor();
		await shoot(page, `${language}-update-look`);
		await page.setViewportSize(phone);
		await inMain(reader, "new_alert.send_update").click();
		await main(reader).getByText(reader.w("new_alert.sent")).waitFor();
		expect(await stands()).toMatchObject({ areas: ["AF-FRA", "TM-M"], tlp: "GREEN", urgency: "Future", expires: before.expires });
		await reader.go(`#/alerts/${encodeURIComponent(id)}`);
		await main(reader).getByRole("button", { name: reader.w("alerts.cancel"), exact: true }).click();
		const dialog = page.getByRole("dialog", { name: reader.w("alerts.cancel"), exact: true });
		await dialog.getByLabel(reader.w("alerts.cancel_reason")).fill(reason);
		await dialog.getByRole("button", { name: reader.w("alerts.cancel"), exact: true }).click();
		const guard = page.getByRole("dialog", { name: reader.w("guard.title") });
		await guard.getByText("+93 70 123 4567").waitFor();
		await shoot(page, `${language}-cancel-asked`);
		await page.setViewportSize(phone);
		await guard.getByRole("button", { name: reader.w("guard.leave_in"), exact: true }).click();
		await dialog.waitFor({ state: "detached" });
		expect(await stands()).toMatchObject({ language: tongue });
		expect(reader.errors).toEqual([]);
		await reader.leave();
	}
});

test("areas are picked by country, beside the places that the alert names, in Dari and in Russian", async () => {
	for (const [language, user] of [
		["fa-AF", "hamid"],
		["ru", "mavzuna"],
	] as const) {
		const reader = await sitReading(language, user);
		await begin(reader, "medical");
		await pick(reader, "area", "AF-HER");
		const areas = main(reader).locator("details.areas");
		await areas.locator("summary").click();
		const listed = areas.locator(".area-list li");
		const add = areas.getByLabel(reader.w("new_alert.area_add"), { exact: true });
		await expect.poll(() => listed.count()).toBe(1);
		await add.selectOption("PK-PB");
		await add.selectOption("TM");
		await expect.poll(() => listed.count()).toBe(3);
		expect(await add.locator('option[value="TM"]').count()).toBe(0); // what is chosen is not offered again
		await listed.nth(1).getByRole("button").click();
		await expect.poll(() => listed.count()).toBe(2);
		const names = await listed.locator("> bdi").allInnerTexts();
		expect(names[1]).toContain(bare(reader.w("country.tm")));
		await shoot(reader.page, `${language}-new-alert-areas`);
		await reader.page.setViewportSize(phone);
		await inMain(reader, "new_alert.next").click();
		await main(reader).getByText("Ak ýol").waitFor(); // whom it concerns now
		await inMain(reader, "new_alert.next").click();
		await main(reader).locator(".sheet h3").waitFor();
		await inMain(reader, "new_alert.send").click();
		await main(reader).getByRole("link", { name: reader.w("new_alert.see") }).click();
		const card = main(reader).locator(".alert-page .alert-card").first();
		await card.waitFor();
		const shown = bare(await card.innerText()).toLocaleLowerCase(language);
		expect(shown).toContain(bare(names[0] ?? "").toLocaleLowerCase(language));
		expect(shown).toContain(bare(reader.w("country.tm")).toLocaleLowerCase(language));
		expect(reader.errors).toEqual([]);
		await reader.leave();
	}
});

test.each([
	["ps", "zarghuna"],
	["tk", "ogulgerek"],
] as const)("without a line the queue, the figures and a drill stand as they were read last, in %s", async (language, user) => {
	const reader = await sit(language, user);
	const { page } = reader;
	const drill = await page.evaluate(async () => {
		const wish = { txn_id: "drill", code: "drill", slots: { scenario: "transit", area: "PK-PB" }, audience: { countries: ["PK"] } };
		const answer = await fetch("/_panah/v1/alerts", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(wish) });
		return ((await answer.json()) as { alert_id: string }).alert_id;
	});
	const screens = [
		["#/alerts/translate", ".own-words"],
		["#/alerts/figures", ".figure"],
		[`#/alerts/${encodeURIComponent(drill)}/drill`, ".score"],
	] as const;
	const read = async () => {
		const words: string[] = [];
		for (const [screen, part] of screens) {
			await reader.go(screen);
			await main(reader).locator(part).first().waitFor();
			words.push(await main(reader).locator(part).first().innerText());
		}
		return words;
	};
	const before = await read();
	await reader.go("#/now");
	await page.evaluate(() => navigator.serviceWorker.ready);
	await page.reload();
	await page.locator("nav.tabs").waitFor();
	await reader.context.setOffline(true);
	await page.reload();
	await reader.lineIs("line.offline_since");
	expect(await read()).toEqual(before);
	for (const [screen] of screens) {
		await reader.go(screen);
		await main(reader).locator(".list-as-of").filter({ visible: true }).waitFor();
	}
	await reader.go("#/alerts/translate");
	await inMain(reader, "translate.take").first().waitFor();
	expect(await inMain(reader, "translate.take").first().isDisabled()).toBe(true);
	await shoot(page, `${language}-translate-offline`);
	await page.setViewportSize(phone);
	await reader.go("#/alerts/%24another/drill");
	await main(reader).getByText(reader.w("reading.unread")).waitFor();
	await reader.context.setOffline(false);
	await reader.go("#/alerts/translate");
	await inMain(reader, "translate.take").first().click();
	await main(reader).locator("textarea").first().waitFor();
	expect(reader.errors).toEqual([]);
	await reader.leave();
});
