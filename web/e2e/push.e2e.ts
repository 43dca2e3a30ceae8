import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "./harness/browser";
import { Hub } from "./harness/hub";
import { programKept } from "./harness/program";
import { Delivery, PushService } from "./harness/pushed";
import { Reader } from "./harness/reader";
import type { Language } from "./harness/words";

/**
 * Being told while the app is closed, on the real hub, from the press on the button to what the phone shows. Only the push service itself
 * is one of this machine, since no test reaches the real ones: the hub encrypts for keys of the test, and the browser's worker is handed
 * what they decrypt.
 */
let hub: Hub;
let service: PushService;
let browser: Browser;

const passphrase = "panah sample network";

beforeAll(async () => {
	service = await PushService.start();
	process.env.PANAH_OUTSIDE_ALLOWED = service.host;
	[hub, browser] = await Promise.all([Hub.start("demo"), openBrowser()]);
});

afterAll(async () => {
	await browser?.close();
	await Promise.all([hub?.stop(), service?.stop()]);
});

/** A session of somebody else, through the API. */
async function asked(user: string): Promise<(method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>> {
	const call = async (method: string, path: string, body?: unknown, token = "") => {
		const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
		const answer = await fetch(hub.url + path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
		expect(answer.status, path).toBe(200);
		return (await answer.json()) as Record<string, unknown>;
	};
	const identifier = { type: "m.id.user", user };
	const { access_token } = await call("POST", "/_matrix/client/v3/login", { type: "m.login.password", identifier, password: passphrase });
	return (method, path, body) => call(method, path, body, String(access_token));
}

async function setPin(reader: Reader, pin: string): Promise<void> {
	await reader.go("#/settings/lock");
	await reader.field("lock.new").fill(pin);
	await reader.field("lock.again").fill(pin);
	await reader.button("lock.set").click();
	await reader.page.getByText(reader.w("lock.pin_saved")).waitFor();
}

/** Presses the button that tries, until the hub lets them: it does so once in ten seconds. */
async function tryNotices(reader: Reader): Promise<void> {
	const press = async () => {
		const [answer] = await Promise.all([reader.page.waitForResponse(/\/push\/test$/), reader.button("notices.try").click()]);
		return answer.status();
	};
	await expect.poll(press, { timeout: 30_000, interval: 1000 }).toBe(200);
}

/** The notice that was asked for: what happens in the network meanwhile may be told before it, and is left to whoever has the app open. */
const trialOf = (from: PushService) => from.next(({ kind }) => kind === "test");

/** What an alert says in its sender's own words. */
const words = "by the eastern gate";

/** Who is told, who sends, and the country that the alert is for. */
const cases: readonly (readonly [Language, string, string, string, string, RegExp])[] = [
	["fa-AF", "farida", "hamid", "AF", "rtl", /^\u2068?۱\u2069? چیز تازه$/],
	["ru", "olga", "mavzuna", "UZ", "ltr", /^\u2068?1\u2069? новая запись$/],
];

test.each(cases)(
	"in %s a device is told what its person wants, and nothing once it is locked or emptied",
	async (language, user, by, country, dir, one) => {
		const reader = await Reader.sitDown(browser, language);
		await service.standIn(reader.context);
		await reader.context.grantPermissions(["notifications"], { origin: hub.url });
		await reader.signIn(hub.url, { user, passphrase });
		await expect.poll(() => programKept(reader.page), { timeout: 60_000 }).not.toEqual([]);
		await reader.page.waitForFunction(async () => (await navigator.serviceWorker.getRegistration())?.active?.state === "activated");

		// The person presses the button, tries, and the worker shows it in their language.
		await reader.go("#/settings/notices");
		await reader.button("notices.turn_on").click();
		await reader.page.getByText(reader.w("notices.is_on")).waitFor();
		await tryNotices(reader);
		const trial = await trialOf(service);
		const delivery = await Delivery.to(reader.page);
		await delivery.deliver(trial.text);
		await expect.poll(() => delivery.shown()).toHaveLength(1);
		expect((await delivery.shown())[0]).toMatchObject({ title: reader.w("push.test"), icon: "/faces/notes-192.png", lang: language, dir });
		await delivery.clear();

		// An alert that is Immediate arrives at once: encrypted, of the same length, with nothing of the content.
		const sender = await asked(by);
		const wish = { code: "transit", slots: { count: 2, from: "AF-HER", to: "TM-M" }, text: words, language: "en" };
		const alert = async (txn: string) => {
			const sent = await sender("POST", "/_panah/v1/alerts", { txn_id: txn, audience: { countries: [country], officials: true }, ...wish });
			expect(sent["state"]).toBe("sent");
			return service.next(({ urgent }) => urgent);
		};
		const discreet = await alert("1");
		expect(discreet.size).toBe(trial.size);
		expect(discreet.text).not.toMatch(/gate|Herat|هرات|Герат|hamid|حمید|mavzuna|Мавзуна/i);
		await reader.page.evaluate(() => Object.defineProperty(document, "visibilityState", { value: "hidden" }));

		// Behind a PIN it says no more than that, also to those who want more when it is open.
		await reader.page.getByRole("radio", { name: reader.w("notices.more"), exact: true }).check();
		await setPin(reader, "4711");
		await reader.page.reload();
		await reader.page.locator(".lock .pad").waitFor();
		const open = await alert("2");
		expect(open.text).toContain(words);
		await delivery.deliver(open.text);
		await expect.poll(() => delivery.shown()).toHaveLength(1);
		const [shown] = await delivery.shown();
		expect(shown).toMatchObject({ title: expect.stringMatching(one), body: "", lang: language, dir });
		await delivery.clear();

		// A device that was emptied shows nothing, whatever is still under way to it.
		await reader.button("lock.forgotten").click();
		await reader.button("lock.forgotten_act").click();
		await reader.button("sign_in.act").waitFor();
		await delivery.deliver(open.text);
		await delivery.deliver(trial.text);
		await reader.signIn(hub.url, { user, passphrase });
		await reader.go("#/settings/notices");
		await reader.button("notices.turn_on").click();
		await reader.page.getByText(reader.w("notices.is_on")).waitFor();
		await tryNotices(reader);
		const again = await trialOf(service);
		await delivery.deliver(again.text);
		await expect.poll(() => delivery.shown()).toEqual([expect.objectContaining({ title: reader.w("push.test") })]);
		expect(reader.errors).toEqual([]);
		await reader.leave();
	},
);
