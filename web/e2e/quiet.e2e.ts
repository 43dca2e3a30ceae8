import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "./harness/browser";
import { Hub } from "./harness/hub";
import { phone, shoot } from "./harness/pictures";
import { Reader } from "./harness/reader";

/** An alert comes while whoever holds the phone may not be its owner: nothing of it is shown, and nothing is heard. */
let hub: Hub;
let browser: Browser;
let farida: Reader;
let mavzuna: Reader;

const passphrase = "panah sample network";

beforeAll(async () => {
	[hub, browser] = await Promise.all([Hub.start("demo"), openBrowser()]);
	[farida, mavzuna] = await Promise.all([sit("fa-AF", "farida"), sit("tg", "mavzuna")]);
});

afterAll(async () => {
	await browser?.close();
	await hub?.stop();
});

/** Somebody whose page notes what it sounds. */
async function sit(language: "fa-AF" | "tg", user: string): Promise<Reader> {
	const reader = await Reader.sitDown(browser, language);
	await reader.context.addInitScript(() => {
		const heard: string[] = [];
		Object.assign(window, { heard });
		window.AudioContext = class extends AudioContext {
			constructor() {
				super();
				heard.push("sound");
			}
		};
		navigator.vibrate = (pattern) => heard.push(`vibrates ${String(pattern)}`) > 0;
	});
	await reader.page.setViewportSize(phone);
	await reader.signIn(hub.url, { user, passphrase });
	return reader;
}

const heard = (reader: Reader) => reader.page.evaluate(() => (window as unknown as { heard: string[] }).heard);
const banner = (reader: Reader) => reader.page.locator(".incoming");

let sent = 0;

/** Has somebody in Herat send an alert, which the hub then has and tells. */
async function send(): Promise<string> {
	const wish = { txn_id: `q${++sent}`, audience: { countries: ["AF", "TJ"] }, code: "transit", slots: { count: 2, from: "AF-HER", to: "TM-M", transport: "minibus" } };
	const id = await farida.page.evaluate(async (body) => {
		const answer = await fetch("/_panah/v1/alerts", { method: "POST", headers: { "Content-Type": "application/json" }, body });
		return ((await answer.json()) as { alert_id?: string }).alert_id;
	}, JSON.stringify(wish));
	expect(id).toMatch(/^\$/);
	return id ?? "";
}

/** Somebody else has it by now: what the hub tells has gone out. */
async function told(id: string): Promise<void> {
	const other = await sit("tg", "mavzuna");
	await other.page.locator(`main .alert-card a[href="#/alerts/${encodeURIComponent(id)}"]`).first().waitFor();
	await other.leave();
}

async function typePin(pin: string): Promise<void> {
	const pad = mavzuna.page.locator(".lock .pad");
	await pad.waitFor();
	for (const digit of pin) await pad.locator("button:not(.button)").nth(digit === "0" ? 9 : Number(digit) - 1).click();
	await mavzuna.button("lock.open").click();
}

test("in the open app it is seen and heard, and locking ends both", async () => {
	await mavzuna.go("#/settings/lock");
	for (const [key, pin] of [["lock.new", "4711"], ["lock.again", "4711"], ["lock.second", "0815"]] as const) await mavzuna.field(key).fill(pin);
	await mavzuna.button("lock.set").click();
	await mavzuna.page.getByText(mavzuna.w("lock.pin_saved")).waitFor();
	await mavzuna.go("#/people");
	await send();
	await banner(mavzuna).waitFor();
	await expect.poll(() => heard(mavzuna)).toContain("sound");
	await shoot(mavzuna.page, "tg-incoming");
	await mavzuna.page.setViewportSize(phone);
	expect((await banner(mavzuna).boundingBox())?.height).toBeLessThanOrEqual(96);
});

test("under another name and picture it is seen in the app and makes no sound, unless that is turned on there", async () => {
	const { page } = mavzuna;
	await mavzuna.go("#/settings/lock");
	await page.getByRole("radio", { name: mavzuna.w("face.clock"), exact: true }).check();
	await banner(mavzuna).getByRole("button", { name: mavzuna.w("alerts.later"), exact: true }).click();
	const before = (await heard(mavzuna)).filter((one) => one === "sound").length;
	await send();
	await banner(mavzuna).waitFor();
	expect(await page.title()).toBe(mavzuna.w("face.clock"));
	expect((await heard(mavzuna)).filter((one) => one === "sound").length).toBe(before);
	await mavzuna.go("#/alerts");
	expect(await mavzuna.button("alerts.sound").getAttribute("aria-pressed")).toBe("false");
});

test("behind the PIN nothing of it is shown or heard", async () => {
	const { page } = mavzuna;
	await page.reload();
	await page.locator(".lock .pad").waitFor();
	const title = await page.title();
	await told(await send());
	expect(await heard(mavzuna)).toEqual([]);
	expect(await page.title()).toBe(title);
	expect(await page.locator(".incoming, .alert-card, .toast, .badge").count()).toBe(0);
	await shoot(page, "tg-locked-alert");
	await page.setViewportSize(phone);
});

test("whoever leaves quickly is followed by nothing", async () => {
	const { page } = mavzuna;
	await typePin("4711");
	await mavzuna.tab("now.title").waitFor();
	await page.locator("main .alert-card").first().waitFor();
	await page.locator("h1").first().click();
	for (let n = 0; n < 3; n++) await page.keyboard.press("Shift");
	await page.waitForURL("**/time.html");
	await told(await send());
	expect(await heard(mavzuna)).toEqual([]);
	expect(await page.locator(".incoming, .alert-card").count()).toBe(0);
	expect(await page.title()).toMatch(/^\d\d:\d\d$/);
});

test("in the empty account of the second PIN nothing of it is shown or heard", async () => {
	const { page } = mavzuna;
	await page.goto(`${hub.url}/#/now`);
	await typePin("0815");
	await mavzuna.tab("now.title").waitFor();
	await page.evaluate(() => (window as unknown as { heard: string[] }).heard.splice(0));
	await told(await send());
	for (const place of ["now", "alerts", "alerts/past", "alerts/map"]) {
		await mavzuna.go(`#/${place}`);
		await page.locator(".outline").first().waitFor({ state: "detached" });
		expect(await page.locator(".incoming, .alert-card, .badge, .notice").count(), place).toBe(0);
	}
	expect(await heard(mavzuna)).toEqual([]);
	for (const reader of [farida, mavzuna]) expect(reader.errors).toEqual([]);
});
