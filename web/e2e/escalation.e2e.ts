import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "./harness/browser";
import { Hub } from "./harness/hub";
import { phone, shoot } from "./harness/pictures";
import { Reader } from "./harness/reader";
import { bare, type Language } from "./harness/words";

/** An urgent alert to three organisations of the sample network: one can act, one cannot, and one is silent while its time runs out. */
let hub: Hub;
let browser: Browser;
let farida: Reader;
let ayesha: Reader;
let imran: Reader;
let zarghuna: Reader;
let samira: Reader;

const silent = "د امان کور";

beforeAll(async () => {
	[hub, browser] = await Promise.all([Hub.start("demo"), openBrowser()]);
	farida = await sit("fa-AF", "farida");
	ayesha = await sit("ur", "ayesha");
	imran = await sit("ur", "imran");
	zarghuna = await sit("ps", "zarghuna");
	samira = await sit("en", "samira");
});

afterAll(async () => {
	await browser?.close();
	await hub?.stop();
});

async function sit(language: Language, user: string): Promise<Reader> {
	const reader = await Reader.sitDown(browser, language);
	await reader.page.setViewportSize(phone);
	await reader.signIn(hub.url, { user, passphrase: "panah sample network" });
	return reader;
}

let alert = "";

const card = (reader: Reader): Locator =>
	reader.page.locator("main .alert-card").filter({ has: reader.page.locator(`a[href="#/alerts/${encodeURIComponent(alert)}"]`), visible: true });

const press = (reader: Reader, within: Locator, key: string) => within.getByRole("button", { name: reader.w(key), exact: true }).click();

/** The hub has what a reader said of the alert: on the screen it stands before. */
const hubHas = (reader: Reader) =>
	reader.page.waitForResponse((got) => got.request().method() === "POST" && got.url().includes(encodeURIComponent(alert)) && got.ok());

const wish = {
	txn_id: "e1",
	code: "transit",
	slots: { count: 2, from: "AF-HER", to: "PK-PB", transport: "minibus" },
	language: "fa-AF",
	audience: { countries: ["AF", "PK"] },
};

/** The hub ends in the middle of whatever it does, and comes back when so much more time has passed. */
async function comesBack(by: string): Promise<void> {
	await hub.kill();
	await hub.start(by);
}

/** What the sender sees of how far the question went, the newest first; how long ago that was changes while one looks. */
async function life(): Promise<string[]> {
	await farida.go("#/now");
	await farida.go(`#/alerts/${encodeURIComponent(alert)}`);
	const lines = farida.page.locator(".life > li.step p:first-child");
	await lines.first().waitFor();
	const said = await lines.evaluateAll((all) =>
		all.map((line) => {
			const copy = line.cloneNode(true) as Element;
			for (const time of copy.querySelectorAll("time")) time.remove();
			return copy.textContent ?? "";
		}),
	);
	return said.map(bare);
}

test("one can act and one cannot, while one is asked and silent", async () => {
	alert = await farida.page.evaluate(async (body) => {
		const answer = await fetch("/_panah/v1/alerts", { method: "POST", headers: { "Content-Type": "application/json" }, body });
		return ((await answer.json()) as { alert_id: string }).alert_id;
	}, JSON.stringify(wish));
	await Promise.all([hubHas(ayesha), press(ayesha, card(ayesha), "alerts.can_act")]);
	await press(imran, card(imran), "alerts.cannot");
	const why = imran.page.getByRole("dialog");
	await why.getByRole("radio", { name: imran.w("alerts.why_unsafe") }).check();
	await Promise.all([hubHas(imran), press(imran, why, "alerts.say_cannot")]);
	await card(zarghuna).getByText(zarghuna.w("alerts.notice_admin")).waitFor();
	await card(imran).waitFor({ state: "detached" });
	expect(await card(samira).getByText(silent).count()).toBe(0);
});

test("the hub is killed and comes back when the time is over: the stewards are asked for the silent one alone", async () => {
	await comesBack("11m");
	const asked = card(samira).locator(".why");
	await asked.waitFor({ timeout: 60_000 });
	await asked.getByText(silent).waitFor();
	expect(bare(await asked.innerText())).toBe(`${samira.w("alerts.notice_steward")} ${silent}`);
	await shoot(samira.page, "en-alert-escalated");
	const told = farida.w("alerts.step_steward").replace("{{.Name}}", silent);
	expect((await life()).filter((line) => line.includes(told))).toHaveLength(1);
});

test("once is once: another end of the hub, and hours, ask nobody again", async () => {
	const before = await life();
	await comesBack("55m");
	await samira.comesBack();
	expect(await card(samira).locator(".why").count()).toBe(1);
	expect(await life()).toEqual(before);
});

test("an answer of the silent one ends it", async () => {
	await press(zarghuna, card(zarghuna), "alerts.can_act");
	await card(samira).locator(".why").waitFor({ state: "detached" });
	const row = farida.page.getByRole("table", { name: farida.w("alerts.delivery") }).getByRole("row").filter({ has: farida.page.getByRole("rowheader", { name: silent }) });
	await farida.go("#/now");
	await farida.go(`#/alerts/${encodeURIComponent(alert)}`);
	await row.getByText(farida.w("alerts.truth_acknowledged")).waitFor();
});

test("no page had an error", () => {
	for (const reader of [farida, ayesha, imran, zarghuna, samira]) expect(reader.errors).toEqual([]);
});
