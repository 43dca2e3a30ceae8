import type { Browser, JSHandle, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "./harness/browser";
import { Hub } from "./harness/hub";
import { phone, shoot } from "./harness/pictures";
import { Reader } from "./harness/reader";
import { bare, type Language, rightToLeft } from "./harness/words";

/** An urgent alert on its way through the sample network: its sender in Herat, and those who have it, each in their own language. */
let hub: Hub;
let browser: Browser;
let farida: Reader;
const readers = new Map<Language, Reader>();

const passphrase = "panah sample network";

/** Who reads, where, and what the alert must say to them. */
const wanted: readonly { language: Language; user: string; says: string }[] = [
	{
		language: "tg",
		user: "mavzuna",
		says: "Гумон меравад, ки интиқоли 2 нафар бо мақсади савдои одам идома дорад. Роҳ аз вилояти Ҳирот (Афғонистон) ба вилояти Марӣ (Туркманистон) мебарад. Воситаи сафар: микроавтобус.",
	},
	{
		language: "uz",
		user: "dilnoza",
		says: "Odam savdogarlari olib ketayotgani gumon qilinmoqda: 2 kishi. Yoʻl Hirot viloyatidan (Afgʻoniston) Mari viloyatiga (Turkmaniston) olib boradi. Transport turi: mikroavtobus.",
	},
	{
		language: "tk",
		user: "ogulgerek",
		says: "Adam söwdagärleriniň alyp barýandygy güman edilýär: 2 adam. Ýol Hyrat welaýatyndan (Owganystan) Mary welaýatyna (Türkmenistan) barýar. Ulag görnüşi: mikroawtobus.",
	},
	{
		language: "ur",
		user: "ayesha",
		says: "شبہ ہے کہ 2 افراد کی اسمگلنگ ہو رہی ہے۔ راستہ صوبہ ہرات (افغانستان) سے صوبہ ماری (ترکمانستان) کی طرف ہے۔ سفر کا ذریعہ: منی بس۔",
	},
	{
		language: "ps",
		user: "imran",
		says: "شک شته چې د ۲ کسانو قاچاق روان دی. لار له هرات ولایت (افغانستان) څخه ماري ولایت (ترکمنستان) ته ده. د سفر وسیله: ميني بس.",
	},
	{
		language: "ru",
		user: "rustam",
		says: "Есть подозрение на перевозку 2 человек торговцами людьми. Путь ведёт из провинции Герат (Афганистан) в Марыйский велаят (Туркменистан). Способ передвижения: микроавтобус.",
	},
];

const text = "موتر سفید از دروازهٔ شمالی بیرون شد.";

beforeAll(async () => {
	[hub, browser] = await Promise.all([Hub.start("demo"), openBrowser()]);
	farida = await sit("fa-AF", "farida");
	for (const { language, user } of wanted) readers.set(language, await sit(language, user));
});

afterAll(async () => {
	await browser?.close();
	await hub?.stop();
});

async function sit(language: Language, user: string): Promise<Reader> {
	const reader = await Reader.sitDown(browser, language);
	await reader.page.setViewportSize(phone);
	await chooses(user, language);
	await reader.signIn(hub.url, { user, passphrase });
	return reader;
}

/** Has somebody's screens speak a language, as they would choose in their settings. */
async function chooses(user: string, language: Language): Promise<void> {
	const login = { type: "m.login.password", identifier: { type: "m.id.user", user }, password: passphrase };
	const answer = await fetch(`${hub.url}/_matrix/client/v3/login`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(login) });
	const { access_token: token, user_id: id } = (await answer.json()) as { access_token: string; user_id: string };
	const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
	const kept = `${hub.url}/_matrix/client/v3/user/${encodeURIComponent(id)}/account_data/network.panah.settings`;
	const set = await fetch(kept, { method: "PUT", headers, body: JSON.stringify({ language }) });
	expect(set.status).toBe(200);
	await fetch(`${hub.url}/_matrix/client/v3/logout`, { method: "POST", headers, body: "{}" });
}

const of = (language: Language): Reader => {
	const reader = readers.get(language);
	if (!reader) throw new Error(`nobody reads ${language}`);
	return reader;
};

interface Answered {
	status: number;
	body: Record<string, string>;
}

/** Asks the hub from somebody's page, as their client does. */
function ask(reader: Reader, path: string, body: object): Promise<Answered> {
	return reader.page.evaluate(
		async ([to, wish]) => {
			const answer = await fetch(`/_panah/v1/alerts${to}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: wish });
			return { status: answer.status, body: await answer.json() };
		},
		[path, JSON.stringify(body)] as const,
	);
}

const everywhere = { countries: ["AF", "PK", "TJ", "TM", "UZ"] };
let sent = 0;

async function send(wish: object): Promise<string> {
	const { status, body } = await ask(farida, "", { txn_id: `t${++sent}`, audience: everywhere, ...wish });
	expect(status, JSON.stringify(body)).toBe(200);
	expect(body["state"]).toBe("sent");
	return body["alert_id"] ?? "";
}

const transit = { code: "transit", slots: { count: 2, from: "AF-HER", to: "TM-M", transport: "minibus" }, text, language: "fa-AF" };

/** The card of an alert: on the first screen it is the only link there. */
const card = (reader: Reader, id: string): Locator =>
	reader.page.locator("main .alert-card").filter({ has: reader.page.locator(`a[href="#/alerts/${encodeURIComponent(id)}"]`), visible: true });

const press = (reader: Reader, within: Locator, key: string) => within.getByRole("button", { name: reader.w(key), exact: true }).click();

let alert = "";

/** When the first card with its sentence stands in a page, by the clock that the page shares with the test. To ask the page takes longer than that. */
function firstCard(page: Page): Promise<JSHandle<{ when: Promise<number> }>> {
	return page.evaluateHandle(() => ({
		when: new Promise<number>((stands) => {
			const look = new MutationObserver(() => {
				if (!document.querySelector("main .alert-card .sentence")) return;
				look.disconnect();
				stands(Date.now());
			});
			look.observe(document.body, { childList: true, subtree: true });
		}),
	}));
}

test("an alert from Herat stands on six screens in six languages, before anybody asked for it", async () => {
	const standing = new Map(await Promise.all([...readers].map(async ([language, reader]) => [language, await firstCard(reader.page)] as const)));
	const began = Date.now();
	alert = await send(transit);
	await Promise.all(
		wanted.map(async ({ language, says }) => {
			const reader = of(language);
			const one = card(reader, alert);
			await one.waitFor();
			const stood = await standing.get(language)?.evaluate(({ when }) => when);
			console.log(`the alert stood in ${language} after ${(stood ?? Number.NaN) - began} ms`);
			expect(bare(await one.locator(".sentence").innerText())).toBe(says);
			expect(await one.locator(".sentence").evaluate((line) => getComputedStyle(line).direction)).toBe(rightToLeft.has(language) ? "rtl" : "ltr");
			expect(await one.locator(".tlp").innerText()).toBe("TLP:AMBER");
			expect(await one.locator(".urgency").innerText()).toBe(reader.w("alerts.immediate"));
			expect(await one.locator(".free-text .words").evaluate((words) => [words.getAttribute("lang"), getComputedStyle(words).direction])).toEqual(["fa-AF", "rtl"]);
			await reader.page.getByRole("alert", { name: reader.w("alerts.new") }).waitFor();
		}),
	);
	expect(await card(farida, alert).count()).toBe(0); // her own needs nothing of her
});

test.each([
	["ur", 3 * 86_400_000],
	["ru", -3 * 86_400_000],
] as const)("a phone in %s whose clock is off by %d ms shows what lives, since when, and no other", async (language, off) => {
	const other = await Reader.sitDown(browser, language); // a clock is that of all pages of a device
	await other.page.clock.setSystemTime(Date.now() + off);
	await other.signIn(hub.url, { user: wanted.find((one) => one.language === language)?.user ?? "", passphrase });
	await other.go("#/alerts");
	await card(other, alert).waitFor();
	const since = (reader: Reader) => card(reader, alert).locator("time").first().innerText();
	await expect.poll(async () => (await since(other)) === (await since(of(language)))).toBe(true); // each page's minutes pass at moments of its own
	await other.leave();
});

test.each(["ur", "ru"] as const)("an answer that was under way when an alert came takes it from no screen, in %s", async (language) => {
	const reader = of(language);
	const { page } = reader;
	let release: () => void = () => undefined;
	const held = new Promise<void>((go) => {
		release = go;
	});
	let asked: () => void = () => undefined;
	const waits = new Promise<void>((on) => {
		asked = on;
	});
	await page.route(
		/_panah\/v1\/alerts\?/,
		async (route) => {
			const response = await route.fetch();
			asked();
			await held;
			await route.fulfill({ response });
		},
		{ times: 1 },
	);
	const first = await send(transit);
	await waits;
	const second = await send(transit);
	await card(reader, second).waitFor();
	release();
	await page.unrouteAll({ behavior: "wait" });
	const band = page.getByRole("alert", { name: reader.w("alerts.new") });
	await band.locator(`a[href="#/alerts/${encodeURIComponent(second)}"]`).waitFor();
	expect(await card(reader, second).count()).toBe(1);
	for (const id of [first, second]) expect((await ask(farida, `/${encodeURIComponent(id)}/cancel`, { reason: text, language: "fa-AF" })).status).toBe(200);
	await card(reader, first).waitFor({ state: "detached" });
	await card(reader, second).waitFor({ state: "detached" });
});

test("one can act, one cannot, one is silent, and the sender sees it so", async () => {
	await press(of("tg"), card(of("tg"), alert), "alerts.can_act");
	await card(of("tg"), alert).waitFor({ state: "detached" });
	await press(of("ur"), card(of("ur"), alert), "alerts.cannot");
	const why = of("ur").page.getByRole("dialog");
	await why.getByRole("radio", { name: of("ur").w("alerts.why_unsafe") }).check();
	await press(of("ur"), why, "alerts.say_cannot");
	await card(of("ur"), alert).waitFor({ state: "detached" });
	await farida.go(`#/alerts/${encodeURIComponent(alert)}`);
	const table = farida.page.getByRole("table", { name: farida.w("alerts.delivery") });
	const row = (name: string) => table.getByRole("row").filter({ has: farida.page.getByRole("rowheader", { name }) });
	await row("Меҳрубон").getByText(farida.w("alerts.truth_acknowledged")).waitFor();
	await row("سایہ ٹرسٹ").getByText(farida.w("alerts.truth_acknowledged")).waitFor();
	await row("Yangi umid boshpanasi").getByText(farida.w("alerts.truth_reached")).waitFor();
	await row("د امان کور").locator(".truth.unknown").waitFor();
	const answers = farida.page.locator(".answers-by");
	await answers.getByText(farida.w("alerts.why_unsafe")).waitFor();
	await shoot(farida.page, "fa-AF-alert-delivery");
	await farida.page.setViewportSize(phone);
});

test("whoever opens it has seen it, and no more than that is said", async () => {
	const dilnoza = of("uz");
	await card(dilnoza, alert).getByRole("link").click();
	await dilnoza.page.locator(".alert-page").waitFor();
	const seen = farida.page.getByRole("row").filter({ has: farida.page.getByRole("rowheader", { name: "Yangi umid boshpanasi" }) });
	await expect
		.poll(
			async () => {
				await farida.page.reload();
				await seen.waitFor();
				return bare(await seen.locator(".truth").innerText());
			},
			{ timeout: 15_000, interval: 300 },
		)
		.toBe(farida.w("alerts.truth_seen"));
	await dilnoza.go("#/now");
});

test("an update stands in its place, and taking it back clears every board", async () => {
	const { status } = await ask(farida, `/${encodeURIComponent(alert)}/update`, { txn_id: "u1", slots: { ...transit.slots, count: 5 }, text: "", language: "fa-AF" });
	expect(status).toBe(200);
	await card(of("ru"), alert).filter({ hasText: "5" }).waitFor();
	await farida.page.getByRole("button", { name: farida.w("alerts.cancel") }).click();
	const dialog = farida.page.getByRole("dialog");
	await dialog.getByLabel(farida.w("alerts.cancel_reason")).fill("خطر رفع شد");
	await press(farida, dialog, "alerts.cancel");
	for (const { language } of wanted) await card(of(language), alert).waitFor({ state: "detached" });
	await of("ru").go("#/alerts/past");
	await card(of("ru"), alert).getByText(of("ru").w("alerts.cancelled")).waitFor();
});

test("an alert is shown in a channel as far as its label lets it, and its card there stands as the alert does", async () => {
	const id = await send(transit);
	await farida.go(`#/alerts/${encodeURIComponent(id)}`);
	await farida.page.locator(".alert-page").waitFor();
	await farida.button("alert_quote.act").click();
	const dialog = farida.page.getByRole("dialog");
	await dialog.getByRole("list").waitFor();
	await shoot(farida.page, "fa-AF-alert-quoting");
	await farida.page.setViewportSize(phone);
	expect(await dialog.getByText("Coordination").count()).toBe(0); // others of the network are there
	await dialog.getByRole("button").filter({ hasText: "رهنما" }).first().click();
	const shown = (reader: Reader) => reader.timeline().locator(".quoted-alert").last();
	await shown(farida).getByRole("link", { name: farida.w("new_alert.see") }).waitFor();
	expect(await shown(farida).getByText(text).count()).toBe(0);
	const hamid = await sit("ru", "hamid");
	await hamid.page.goto(farida.page.url());
	await shown(hamid).getByText(hamid.w("alerts.immediate")).waitFor();
	await shoot(hamid.page, "ru-alert-quoted");
	await hamid.page.setViewportSize(phone);
	expect((await ask(farida, `/${encodeURIComponent(id)}/cancel`, {})).status).toBe(200);
	await shown(hamid).getByText(hamid.w("alerts.cancelled")).waitFor();
	await hamid.page.reload(); // one that is over is on no board any more
	await shown(hamid).getByText(hamid.w("alerts.cancelled")).waitFor();
	await shown(hamid).getByRole("link").click();
	await hamid.page.locator(".alert-page .over-line").waitFor();
	expect(hamid.errors).toEqual([]);
	await hamid.leave();
});

test("without a line what was read opens, and an answer goes out with the next one", async () => {
	const id = await send({ code: "route", slots: { change: "border_closed", from: "AF-HER", to: "TM-M" } });
	const ogulgerek = of("tk");
	await card(ogulgerek, id).waitFor();
	await ogulgerek.context.setOffline(true);
	await ogulgerek.lineIs("line.offline_since");
	await ogulgerek.tab("alerts.title").click();
	await press(ogulgerek, card(ogulgerek, id), "alerts.can_act");
	await card(ogulgerek, id).getByText(ogulgerek.w("alerts.mine_can_act")).waitFor();
	await ogulgerek.context.setOffline(false);
	await farida.go(`#/alerts/${encodeURIComponent(id)}`);
	await farida.page.locator(".answers-by").getByText("Ogulgerek Amanowa").waitFor();
});

test("the board is narrowed, and the map leads to a province", async () => {
	const mavzuna = of("tg");
	await send({ code: "closed", slots: { service: "clinic", area: "UZ-TK" } });
	await mavzuna.go("#/alerts");
	const cards = mavzuna.page.locator(".board .alert-card");
	await expect.poll(() => cards.count(), { timeout: 15_000 }).toBe(2);
	await mavzuna.page.getByLabel(mavzuna.w("alerts.country")).selectOption("UZ");
	await expect.poll(() => cards.count()).toBe(1);
	await mavzuna.go("#/alerts/map");
	await mavzuna.page.locator(".tile-button.immediate").filter({ hasText: "Ҳирот" }).click();
	await cards.filter({ hasText: "Ҳирот" }).waitFor();
	await expect.poll(() => cards.count()).toBe(1);
});

test("an exercise says so wherever it stands", async () => {
	const id = await send({ code: "drill", slots: { scenario: "transit", area: "AF-HER" } });
	const one = card(of("ru"), id);
	await of("ru").go("#/now");
	await one.waitFor();
	expect(await one.locator(".practise").innerText()).toBe(of("ru").w("alerts.exercise"));
});

test("an alert that describes somebody waits, and whoever may agree is told", async () => {
	const { status, body } = await ask(farida, "", {
		txn_id: "d1",
		audience: everywhere,
		code: "unaccompanied",
		slots: { count: 1, sex: "female", age: "13-15", area: "AF-HER" },
	});
	expect([status, body["state"]]).toEqual([200, "waiting"]);
	const samira = await sit("en", "samira");
	await samira.page.getByText(samira.w("alerts.notice_approve")).waitFor();
	await samira.leave();
});

test("no page had an error", () => {
	for (const reader of [farida, ...readers.values()]) expect(reader.errors).toEqual([]);
});
