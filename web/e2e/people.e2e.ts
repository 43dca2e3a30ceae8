import { readFileSync } from "node:fs";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBrowser } from "./harness/browser";
import { Hub } from "./harness/hub";
import { phone, shoot } from "./harness/pictures";
import { Reader } from "./harness/reader";
import { bare, unanchored } from "./harness/words";

/** Looking after people, by those of the sample network: a steward reads English, an administrator Dari, others Pashto and Tajik. */
let hub: Hub;
let browser: Browser;
let samira: Reader;
let farida: Reader;
let hamid: Reader;
let mavzuna: Reader;

const passphrase = "panah sample network";

beforeAll(async () => {
	[hub, browser] = await Promise.all([Hub.start("demo"), openBrowser()]);
	[samira, farida, hamid, mavzuna] = await Promise.all([sit("en", "samira"), sit("fa-AF", "farida"), sit("fa-AF", "hamid"), sit("tg", "mavzuna")]);
});

afterAll(async () => {
	await browser?.close();
	await hub?.stop();
});

async function sit(language: "en" | "fa-AF" | "tg" | "ur" | "uz", user: string): Promise<Reader> {
	const reader = await Reader.sitDown(browser, language);
	await reader.page.setViewportSize(phone);
	await reader.signIn(hub.url, { user, passphrase });
	return reader;
}

const main = (reader: Reader) => reader.page.locator("main");
const dialog = (reader: Reader) => reader.page.getByRole("dialog");
const inMain = (reader: Reader, key: string) => main(reader).getByRole("button", { name: reader.w(key), exact: true });
const person = (user: string) => `#/person/${encodeURIComponent(`@${user}:localhost`)}`;

/** Goes on with a session that another app was given: nobody has shown there who they are. */
async function carried(reader: Reader): Promise<void> {
	const token = await reader.page.evaluate(async (password) => {
		const ask = async (path: string, body: object) =>
			(await fetch(`/_matrix/client/${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) })).json();
		const { login_token } = await ask("v1/login/get_token", { auth: { type: "m.login.password", password } });
		return (await ask("v3/login", { type: "m.login.token", token: login_token })).access_token as string;
	}, passphrase);
	await reader.context.addCookies([{ name: "panah_session", value: token, url: hub.url, httpOnly: true, sameSite: "Strict" }]);
}

/** Opens somebody's page. */
async function see(reader: Reader, user: string, name: string): Promise<void> {
	await reader.go(person(user));
	await main(reader).getByRole("heading", { name, level: 2 }).waitFor();
}

test.each(["fa-AF", "tg"] as const)("what was typed into a form stands there when one comes back, in %s", async (language) => {
	const reader = language === "tg" ? mavzuna : farida;
	for (const [hash, key] of [["people/new", "new_organisation.name"], ["talk/new", "new_channel.name"], ["talk/new", "new_channel.purpose"], ["settings/about", "about.ask"]] as const) {
		const field = main(reader).getByLabel(reader.w(key), { exact: true });
		await reader.go(`#/${hash}`);
		await field.fill("۱۲۳ Хуҷанд");
		await reader.go("#/talk");
		await field.waitFor({ state: "detached" });
		await reader.go(`#/${hash}`);
		await expect.poll(() => field.inputValue(), { message: key }).toBe("۱۲۳ Хуҷанд");
		await field.fill("");
	}
	await reader.go("#/now");
});

describe("organisations", () => {
	test("a steward names who coordinates a country, and everybody finds it in the directory", async () => {
		const coordinates = unanchored(hamid.language, "leads.coordinates");
		await samira.go("#/people/coordinators");
		const country = main(samira).locator(".card").filter({ has: samira.page.getByRole("heading", { name: samira.w("country.af") }) });
		await country.getByText(samira.w("leads.nobody")).waitFor();
		await country.getByRole("button", { name: samira.w("leads.name") }).click();
		await expect.poll(() => country.getByRole("combobox").locator("option").last().innerText()).toBe(samira.w("leads.none"));
		await country.getByRole("combobox").selectOption({ index: 0 });
		await shoot(samira.page, "en-leads");
		await samira.page.setViewportSize(phone);
		await country.getByRole("button", { name: samira.w("act.save") }).click();
		const named = await country.getByRole("link").innerText();
		await hamid.go("#/people");
		const row = hamid.page.getByRole("link").filter({ hasText: named }).filter({ hasText: coordinates });
		await row.click();
		await main(hamid).getByRole("paragraph").filter({ hasText: coordinates }).filter({ hasText: hamid.w("country.af") }).waitFor();
		expect(await hamid.page.getByRole("link", { name: hamid.w("leads.title") }).count()).toBe(0); // only stewards say who
	});

	test("an administrator proposes one, a steward sees it wait and admits or refuses it", async () => {
		for (const name of ["Дафтари нав", "Такрорӣ"]) {
			await mavzuna.go("#/people/new");
			await mavzuna.field("new_organisation.name").fill(name);
			await mavzuna.button("new_organisation.propose").click();
			await mavzuna.page.getByRole("heading", { name, level: 2 }).waitFor();
		}
		await samira.page.reload();
		const tab = samira.tab("people.title");
		await tab.locator(".badge [aria-hidden]").filter({ hasText: "2" }).waitFor();
		await tab.click();
		await samira.page.getByRole("link", { name: samira.w("overview.title") }).click();
		await main(samira).getByRole("link", { name: "Такрорӣ" }).waitFor();
		await shoot(samira.page, "en-network");
		await samira.page.setViewportSize(phone);
		await main(samira).getByRole("link", { name: "Дафтари нав" }).click();
		await inMain(samira, "organisation.vet").click();
		await main(samira).locator(".chip.good").filter({ hasText: samira.w("standing.vetted") }).waitFor();
		await samira.go("#/network");
		await main(samira).getByRole("link", { name: "Такрорӣ" }).click();
		await inMain(samira, "organisation.refuse").click();
		await main(samira).getByText(samira.w("organisation.refuse_what")).waitFor();
		await main(samira).getByLabel(samira.w("reason.why")).selectOption("duplicate");
		await inMain(samira, "organisation.refuse").click();
		await main(samira).locator(".chip.bad").filter({ hasText: samira.w("standing.refused"), visible: true }).first().waitFor();
		await mavzuna.go("#/people");
		await mavzuna.page.reload();
		await mavzuna.page.getByRole("link", { name: "Такрорӣ" }).click();
		await main(mavzuna).getByText(mavzuna.w("reason.duplicate")).waitFor();
	});

	test("suspending ends its people's sessions, lifting lets them in again", async () => {
		const imran = await sit("ur", "imran");
		await samira.go("#/people");
		await samira.page.getByRole("link", { name: "سنوائی ہیلپ لائن" }).click();
		await inMain(samira, "organisation.suspend").click();
		await main(samira).getByText(samira.w("organisation.suspend_what")).waitFor();
		await inMain(samira, "organisation.suspend").click();
		await imran.button("sign_in.act").waitFor();
		await inMain(samira, "organisation.lift").click();
		await inMain(samira, "organisation.suspend").waitFor();
		await imran.signIn(hub.url, { user: "imran", passphrase });
		await imran.leave();
	});

	test("the same is done from right to left", async () => {
		const bahar = await Reader.sitDown(browser, "fa-AF");
		await bahar.signUp(hub.stewardLink(), { user: "bahar", name: "بهار کریمی", passphrase });
		await farida.go("#/people/new");
		await farida.field("new_organisation.name").fill("خانهٔ نو");
		await farida.button("new_organisation.propose").click();
		await farida.page.getByRole("heading", { name: "خانهٔ نو", level: 2 }).waitFor();
		await bahar.go("#/network");
		await main(bahar).getByRole("link", { name: "خانهٔ نو" }).click();
		await inMain(bahar, "organisation.vet").click();
		await main(bahar).locator(".chip.good").filter({ hasText: bahar.w("standing.vetted") }).waitFor();
		await inMain(bahar, "organisation.suspend").click();
		await main(bahar).getByText(bahar.w("organisation.suspend_what")).waitFor();
		await inMain(bahar, "organisation.suspend").click();
		await main(bahar).locator(".chip.bad").filter({ hasText: bahar.w("standing.suspended"), visible: true }).first().waitFor();
		await inMain(bahar, "organisation.lift").click();
		await main(bahar).locator(".chip.good").filter({ hasText: bahar.w("standing.vetted") }).waitFor();
		expect(bahar.errors).toEqual([]);
		await bahar.leave();
	});

	test("its name is changed by its administrator", async () => {
		await mavzuna.go("#/people");
		await mavzuna.page.getByRole("link", { name: "Меҳрубон" }).first().click();
		await inMain(mavzuna, "organisation.edit").click();
		await main(mavzuna).getByLabel(mavzuna.w("new_organisation.name")).fill("Меҳрубон ва ёрӣ");
		expect(await main(mavzuna).getByRole("group", { name: mavzuna.w("new_organisation.country") }).count()).toBe(0);
		await inMain(mavzuna, "act.save").click();
		await main(mavzuna).getByRole("heading", { name: "Меҳрубон ва ёрӣ", level: 2 }).waitFor();
	});
});

describe("people", () => {
	test("the directory is narrowed by country, kind, language and by name as it is spelt elsewhere", async () => {
		await farida.go("#/people");
		await farida.page.getByRole("searchbox").or(farida.page.getByRole("textbox", { name: farida.w("people.search") })).first().fill("фируз");
		await farida.page.getByRole("link", { name: "Фирӯз Назаров" }).waitFor();
		await farida.page.getByRole("textbox", { name: farida.w("people.search") }).or(farida.page.getByRole("searchbox")).first().fill("");
		await farida.page.getByRole("button", { name: farida.w("people.narrow") }).click();
		await farida.page.getByLabel(farida.w("new_organisation.country")).selectOption("PK");
		await farida.page.getByRole("link", { name: "سایہ ٹرسٹ" }).waitFor();
		await farida.page.getByRole("link", { name: "Ak ýol" }).waitFor({ state: "detached" });
		await farida.page.getByLabel(farida.w("new_organisation.kind")).selectOption("hotline");
		await expect.poll(() => farida.page.getByRole("link", { name: "سایہ ٹرسٹ" }).count()).toBe(0);
		await farida.page.getByRole("button", { name: farida.w("people.widen") }).click();
		await farida.page.getByLabel(farida.w("about.speaks")).selectOption("uz");
		await farida.page.getByRole("link", { name: "Rustam Saidov" }).waitFor();
		await shoot(farida.page, "fa-AF-directory");
		await farida.page.setViewportSize(phone);
		await farida.page.getByRole("button", { name: farida.w("people.widen") }).click();

		await mavzuna.go("#/people");
		await mavzuna.button("people.narrow").click();
		await mavzuna.page.getByLabel(mavzuna.w("new_organisation.country")).selectOption("UZ");
		await mavzuna.page.getByLabel(mavzuna.w("new_organisation.kind")).selectOption("shelter");
		await expect.poll(() => mavzuna.page.getByRole("link", { name: "Региональное бюро в Ташкенте" }).count()).toBe(0);
		await mavzuna.page.getByRole("link", { name: "Yangi umid boshpanasi" }).waitFor();
		await mavzuna.page.getByRole("button", { name: mavzuna.w("people.widen") }).click();
	});

	test("what somebody says of themselves is on their page, and never a phone number", async () => {
		await hamid.go("#/settings/about");
		await hamid.field("about.ask").fill("اوراق محکمه");
		await hamid.page.getByRole("checkbox", { name: "دری" }).check();
		await hamid.page.getByRole("checkbox", { name: hamid.w("tongue.haz") }).check();
		await shoot(hamid.page, "fa-AF-about");
		await hamid.page.setViewportSize(phone);
		await hamid.button("act.save").click();
		await hamid.page.getByText(hamid.w("about.saved")).waitFor();
		await mavzuna.page.reload();
		await see(mavzuna, "hamid", "حمید سروری");
		await main(mavzuna).getByText("اوراق محکمه").waitFor();
		await main(mavzuna).getByText(mavzuna.w("tongue.haz")).waitFor();
		await shoot(mavzuna.page, "tg-person");
		await mavzuna.page.setViewportSize(phone);

		await mavzuna.go("#/settings/about");
		await mavzuna.page.getByRole("checkbox", { name: "русский" }).check();
		await mavzuna.button("act.save").click();
		await mavzuna.page.getByText(mavzuna.w("about.saved")).waitFor();
		await hamid.page.reload();
		await see(hamid, "mavzuna", "Мавзуна Шарифова");
		await main(hamid).getByText("русский").waitFor();
	});

	test("whoever goes on duty is on top for everybody at once, and off it again", async () => {
		await farida.go("#/people");
		await hamid.go(person("hamid"));
		await inMain(hamid, "duty.begin").click();
		await dialog(hamid).getByRole("radio").nth(0).check();
		await dialog(hamid).getByLabel(hamid.w("duty.note")).fill("شب");
		await shoot(hamid.page, "fa-AF-duty");
		await hamid.page.setViewportSize(phone);
		await dialog(hamid).getByRole("button", { name: hamid.w("duty.confirm") }).click();
		const onTop = farida.page.locator("section.group").first();
		await onTop.getByRole("heading", { name: farida.w("duty.now") }).waitFor();
		await onTop.getByRole("link", { name: "حمید سروری" }).waitFor();
		await see(farida, "hamid", "حمید سروری");
		await main(farida).getByText("شب", { exact: true }).first().waitFor();
		await inMain(farida, "duty.end").click();
		await main(hamid).getByText(unanchored("fa-AF", "duty.you_until")).waitFor({ state: "detached" });

		await mavzuna.go(person("mavzuna"));
		await inMain(mavzuna, "duty.begin").click();
		await dialog(mavzuna).getByRole("radio").nth(0).check();
		await dialog(mavzuna).getByRole("button", { name: mavzuna.w("duty.confirm") }).click();
		await mavzuna.go("#/people");
		const first = mavzuna.page.locator("section.group").first();
		await first.getByRole("heading", { name: mavzuna.w("duty.now") }).waitFor();
		await first.getByRole("link", { name: "Мавзуна Шарифова" }).waitFor();
	});

	test("an administrator changes a role, and the last one is warned", async () => {
		await see(farida, "hamid", "حمید سروری");
		await inMain(farida, "care.role").click();
		await main(farida).getByRole("radio", { name: farida.w("role.interpreter") }).check();
		await shoot(farida.page, "fa-AF-care");
		await farida.page.setViewportSize(phone);
		await inMain(farida, "care.confirm").click();
		await main(farida).locator(".person-head").getByText(farida.w("role.interpreter")).waitFor();
		expect(await inMain(farida, "care.move").count()).toBe(0);
		await see(samira, "farida", "فریده نوری");
		await inMain(samira, "care.suspend").click();
		await main(samira).getByText(samira.w("care.suspend_what")).waitFor();
		await inMain(samira, "care.confirm").click();
		await main(samira).getByText(samira.w("error.last_admin")).waitFor();
		await inMain(samira, "care.confirm_anyway").waitFor();
		await see(hamid, "farida", "فریده نوری");
		expect(await main(hamid).getByText(hamid.w("care.title")).count()).toBe(0);

		const dilnoza = await sit("uz", "dilnoza");
		await see(dilnoza, "rustam", "Rustam Saidov");
		await inMain(dilnoza, "care.role").click();
		await main(dilnoza).getByRole("radio", { name: dilnoza.w("role.member") }).check();
		await inMain(dilnoza, "care.confirm").click();
		await main(dilnoza).locator(".person-head").getByText(dilnoza.w("role.member")).waitFor();
		expect(dilnoza.errors).toEqual([]);
		await dilnoza.leave();
	});

	test("somebody is signed out everywhere, suspended, and let in again", async () => {
		const rustam = await sit("uz", "rustam");
		await see(samira, "rustam", "Rustam Saidov");
		await main(samira).getByText(/Signed in at \S+ device/).waitFor();
		await inMain(samira, "care.end_sessions").click();
		await inMain(samira, "care.confirm").click();
		await rustam.button("sign_in.act").waitFor();
		await rustam.signIn(hub.url, { user: "rustam", passphrase });
		await inMain(samira, "care.suspend").click();
		await inMain(samira, "care.confirm").click();
		await rustam.button("sign_in.act").waitFor();
		await main(samira).getByText(samira.w("care.is_suspended")).waitFor();
		await inMain(samira, "care.lift").click();
		await inMain(samira, "care.confirm").click();
		await main(samira).getByText(samira.w("care.is_suspended")).waitFor({ state: "detached" });
		await rustam.leave();
	});

	test("nobody without the role reaches what stewards see", async () => {
		await hamid.go("#/people");
		expect(await hamid.page.getByRole("link", { name: hamid.w("overview.title") }).count()).toBe(0);
		await hamid.go("#/network");
		await main(hamid).getByText(hamid.w("error.role_may_not")).waitFor();
		for (const place of ["reports", "audit", "homeless"]) {
			await hamid.go(`#/network/${place}`);
			await main(hamid).getByText(hamid.w("error.role_may_not")).waitFor();
		}
	});
});

describe("speaking and not hearing", () => {
	test("a person's page leads to a channel of two", async () => {
		await see(mavzuna, "hamid", "حمید سروری");
		await inMain(mavzuna, "person.write").click();
		await mavzuna.timeline().waitFor();
		await mavzuna.say("Салом, Ҳамид!");
		await mavzuna.sees("Салом, Ҳамид!");
		await hamid.go("#/now");
		await hamid.page.getByText("Мавзуна Шарифова").first().waitFor();
		await hamid.page.locator(".card").filter({ hasText: "Мавзуна" }).locator(".button.main").click();
		await hamid.sees("Салом, Ҳамид!");
		await see(mavzuna, "hamid", "حمید سروری");
		const before = await mavzuna.page.locator("h1").innerText();
		await inMain(mavzuna, "person.write").click();
		await mavzuna.sees("Салом, Ҳамид!");
		expect(before).not.toBe("");
	});

	test("somebody blocked is not heard, and comes back when the block is lifted", async () => {
		await see(hamid, "mavzuna", "Мавзуна Шарифова");
		await inMain(hamid, "blocked.act").click();
		await main(hamid).getByText(hamid.w("blocked.this")).waitFor();
		await mavzuna.say("Мешунавӣ?");
		await mavzuna.sees("Мешунавӣ?");
		await hamid.go("#/talk");
		expect(await hamid.page.getByText("Мешунавӣ?").count()).toBe(0);
		expect(await hamid.page.getByText("Салом, Ҳамид!").count()).toBe(0);
		await hamid.go("#/settings/blocked");
		await main(hamid).getByText("Мавзуна Шарифова").waitFor();
		await shoot(hamid.page, "fa-AF-blocked");
		await hamid.page.setViewportSize(phone);
		await inMain(hamid, "blocked.lift").click();
		await main(hamid).getByText(hamid.w("blocked.nobody")).waitFor();
		await hamid.go("#/talk");
		await hamid.page.getByText("Мешунавӣ?").first().waitFor();

		await see(mavzuna, "hamid", "حمید سروری");
		await inMain(mavzuna, "blocked.act").click();
		await main(mavzuna).getByText(mavzuna.w("blocked.this")).waitFor();
		await mavzuna.go("#/settings/blocked");
		await main(mavzuna).getByText("حمید سروری").waitFor();
		await inMain(mavzuna, "blocked.lift").click();
		await main(mavzuna).getByText(mavzuna.w("blocked.nobody")).waitFor();
	});

	test("a post is reported to the stewards, who remove it and settle the report", async () => {
		await hamid.page.getByRole("link", { name: "Мавзуна Шарифова" }).first().click();
		await hamid.sees("Мешунавӣ?");
		await hamid.post("Мешунавӣ?").first().locator(".again button").click();
		await dialog(hamid).getByRole("button", { name: hamid.w("report.act"), exact: true }).click();
		await dialog(hamid).getByRole("radio", { name: hamid.w("report.harassment") }).check();
		await dialog(hamid).getByLabel(hamid.w("report.words")).fill("آزار می‌دهد");
		await shoot(hamid.page, "fa-AF-report");
		await hamid.page.setViewportSize(phone);
		await dialog(hamid).getByRole("button", { name: hamid.w("report.send") }).click();
		await hamid.page.getByText(hamid.w("report.sent")).waitFor();
		await samira.go("#/network/reports");
		const one = main(samira).locator(".entry");
		await one.getByText("آزار می‌دهد").waitFor();
		await one.getByText("Мешунавӣ?").waitFor();
		await shoot(samira.page, "en-reports");
		await samira.page.setViewportSize(phone);
		await one.getByRole("button", { name: samira.w("reports.take") }).click();
		await one.getByText(unanchored("en", "reports.taken_by")).waitFor();
		await one.getByRole("button", { name: samira.w("reports.remove_post") }).click();
		await expect.poll(() => hamid.timeline().getByText("Мешунавӣ?").count()).toBe(0);
		await one.getByRole("button", { name: samira.w("reports.settle"), exact: true }).click();
		await one.getByRole("button", { name: samira.w("reports.settle_confirm") }).click();
		await main(samira).getByText(samira.w("reports.none")).waitFor();

		await see(mavzuna, "hamid", "حمید سروری");
		await inMain(mavzuna, "report.act").click();
		await dialog(mavzuna).getByRole("radio", { name: mavzuna.w("report.spam") }).check();
		await dialog(mavzuna).getByRole("button", { name: mavzuna.w("report.send") }).click();
		await mavzuna.page.getByText(mavzuna.w("report.sent")).waitFor();
		await samira.go("#/now");
		await samira.go("#/network/reports");
		await main(samira).locator(".entry").getByText("حمید سروری").first().waitFor();
	});
});

describe("the log, invitations, and one's own", () => {
	test("what was done is read as sentences, chosen by act and day, and taken away as a file", async () => {
		await samira.go("#/network/audit");
		await main(samira).locator(".entry").first().waitFor();
		expect(await main(samira).getByRole("combobox").count()).toBe(0);
		await inMain(samira, "audit.narrow").click();
		await main(samira).getByRole("combobox", { name: samira.w("audit.act"), exact: true }).selectOption("suspend_person");
		await expect.poll(async () => bare(await main(samira).locator(".entry p").first().innerText())).toContain("suspended Rustam Saidov");
		await shoot(samira.page, "en-audit");
		await samira.page.setViewportSize(phone);
		const download = samira.page.waitForEvent("download");
		await main(samira).getByRole("button", { name: "CSV" }).click();
		const text = readFileSync(await (await download).path(), "utf8");
		expect(text.startsWith("\ufeff")).toBe(true);
		expect(text).toContain("suspend_person");
		const from = main(samira).getByRole("group", { name: samira.w("audit.from") });
		await from.getByLabel(samira.w("date.year")).selectOption({ index: 1 });
		await main(samira).locator(".entry").first().waitFor();
		const to = main(samira).getByRole("group", { name: samira.w("audit.to") });
		await to.getByLabel(samira.w("date.year")).selectOption({ index: 2 });
		await main(samira).getByText(samira.w("audit.none")).waitFor();
		await farida.go("#/network/audit");
		await inMain(farida, "audit.narrow").click();
		await main(farida).getByRole("group", { name: farida.w("audit.from") }).getByLabel(farida.w("date.month")).getByText("حمل").waitFor({ state: "attached" });
		await main(farida).locator(".entry").first().waitFor();
		expect(await main(farida).locator(".entry").filter({ hasText: "Rustam Saidov" }).count()).toBe(0);
		const taken = farida.page.waitForEvent("download");
		await main(farida).getByRole("button", { name: "CSV" }).click();
		const own = readFileSync(await (await taken).path(), "utf8");
		expect(own).toContain("set_role");
		expect(own).not.toContain("suspend_person"); // of another organisation
		await shoot(farida.page, "fa-AF-audit");
		await farida.page.setViewportSize(phone);
	});

	test("an invitation is open until it is taken back, and is listed afterwards", async () => {
		await farida.go("#/people/invite");
		await farida.button("invite_person.act").click();
		await farida.page.getByRole("img", { name: farida.w("invite_person.qr") }).waitFor();
		await farida.go("#/people/invitations");
		await inMain(farida, "invitations.revoke").first().click();
		await main(farida).getByRole("radio", { name: farida.w("invitations.over_ones") }).check();
		await main(farida).getByText(unanchored("fa-AF", "invitations.revoked_at")).first().waitFor();
		await main(farida).getByRole("radio", { name: farida.w("invitations.used_ones") }).check();
		await main(farida).getByText(unanchored("fa-AF", "invitations.used_by")).first().waitFor();
		await shoot(farida.page, "fa-AF-invitations-used");
		await farida.page.setViewportSize(phone);
	});

	test("a new passphrase opens, and the old one does not", async () => {
		await mavzuna.go("#/settings/passphrase");
		await mavzuna.field("passphrase.old").fill("wrong wrong wrong");
		await mavzuna.field("passphrase.fresh").fill("чор дарёи ором");
		await mavzuna.button("passphrase.change").click();
		await main(mavzuna).locator(".wrong").waitFor();
		await mavzuna.field("passphrase.old").fill(passphrase);
		await mavzuna.button("passphrase.change").click();
		await mavzuna.page.getByText(mavzuna.w("passphrase.changed")).waitFor();
	});

	test("the directory stands without a line", async () => {
		await mavzuna.go("#/people");
		await mavzuna.page.getByRole("link", { name: "Ak ýol" }).waitFor();
		await mavzuna.context.setOffline(true);
		await mavzuna.go("#/now");
		await mavzuna.go("#/people");
		await mavzuna.page.getByRole("link", { name: "Ak ýol" }).waitFor();
		await see(mavzuna, "olga", "Ольга Мельникова");
		await mavzuna.context.setOffline(false);
	});

	test("whoever leaves takes their data along and is gone for the others", async () => {
		await hamid.go("#/settings/leaving");
		await main(hamid).getByText(hamid.w("leaving.stays_copies")).waitFor();
		await shoot(hamid.page, "fa-AF-leaving");
		await hamid.page.setViewportSize(phone);
		await carried(hamid);
		const download = hamid.page.waitForEvent("download");
		await main(hamid).getByRole("button", { name: hamid.w("leaving.take_act") }).click();
		await dialog(hamid).getByText(hamid.w("error.prove_first")).waitFor();
		await dialog(hamid).getByLabel(hamid.w("sign_in.passphrase"), { exact: true }).fill(passphrase);
		await dialog(hamid).getByRole("button", { name: hamid.w("second.act"), exact: true }).click();
		expect(readFileSync(await (await download).path()).subarray(0, 2).toString()).toBe("PK");
		await inMain(hamid, "leaving.begin").click();
		await main(hamid).getByRole("checkbox").check();
		await hamid.field("sign_in.passphrase").fill(passphrase);
		await inMain(hamid, "leaving.confirm").click();
		await hamid.button("sign_in.act").waitFor();
		await farida.go("#/people");
		await farida.page.reload();
		await farida.page.getByRole("link", { name: "Ak ýol" }).waitFor();
		expect(await farida.page.getByText("حمید سروری").count()).toBe(0);

		const rustam = await sit("uz", "rustam");
		await rustam.go("#/settings/leaving");
		const taken = rustam.page.waitForEvent("download");
		await main(rustam).getByRole("button", { name: rustam.w("leaving.take_act") }).click();
		expect(readFileSync(await (await taken).path()).subarray(0, 2).toString()).toBe("PK");
		await inMain(rustam, "leaving.begin").click();
		for (const box of await main(rustam).getByRole("checkbox").all()) await box.check();
		await rustam.field("sign_in.passphrase").fill(passphrase);
		await inMain(rustam, "leaving.confirm").click();
		await rustam.button("sign_in.act").waitFor();
		expect(rustam.errors).toEqual([]);
		await rustam.leave();
		expect(samira.errors.concat(farida.errors, hamid.errors, mavzuna.errors)).toEqual([]);
	});
});
