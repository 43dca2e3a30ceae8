import type { Browser, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBrowser } from "./harness/browser";
import { Hub } from "./harness/hub";
import { phone, shoot } from "./harness/pictures";
import { programKept, screens } from "./harness/program";
import { Reader } from "./harness/reader";
import { type Language, unanchored } from "./harness/words";

/** What protects whoever holds the device, and what works without a line, on the real hub, from right to left and from left to right. */
let hub: Hub;
let browser: Browser;

const passphrase = "panah sample network";
const users: Partial<Record<Language, string>> = { "fa-AF": "farida", ru: "olga" };

beforeAll(async () => {
	[hub, browser] = await Promise.all([Hub.start("demo"), openBrowser()]);
});

afterAll(async () => {
	await browser?.close();
	await hub?.stop();
});

async function sit(language: Language): Promise<Reader> {
	const reader = await Reader.sitDown(browser, language);
	await reader.signIn(hub.url, { user: users[language] ?? "", passphrase });
	return reader;
}

async function look(page: Page, name: string): Promise<void> {
	await shoot(page, name);
	await page.setViewportSize(phone);
}

/** Waits until the worker has the program, all screens with it, and the page has kept what it read. */
async function installed(reader: Reader): Promise<void> {
	await expect
		.poll(() => programKept(reader.page), { timeout: 60_000, interval: 500 })
		.toEqual(expect.arrayContaining([...screens, expect.stringContaining(`active.${reader.language}-`), "time.html", "icon.svg"]));
	await reader.page.waitForFunction(async () => (await navigator.serviceWorker.getRegistration())?.active?.state === "activated", undefined, { polling: 250 });
	await expect.poll(() => counted(reader.page, "rooms")).toBeGreaterThan(0);
}

/** How many things the browser keeps in a drawer of the vault. */
const counted = (page: Page, store: string) =>
	page.evaluate(async (name) => {
		const opening = indexedDB.open("panah");
		const db = await new Promise<IDBDatabase>((done) => {
			opening.onsuccess = () => done(opening.result);
		});
		const reading = db.transaction(name).objectStore(name).count();
		await new Promise<void>((done) => {
			reading.onsuccess = () => done();
		});
		db.close();
		return reading.result;
	}, store);

/** Everything that the browser keeps for the hub's pages. */
const kept = (page: Page) =>
	page.evaluate(async () => ({
		databases: (await indexedDB.databases()).map((one) => one.name),
		marks: [...Object.keys(localStorage), ...Object.keys(sessionStorage)],
		caches: await caches.keys(),
		workers: (await navigator.serviceWorker.getRegistrations()).length,
	}));

const nothing = { databases: [], marks: [], caches: [], workers: 0 };

/** All words that the browser's database has in clear, whatever their place. */
const readable = (page: Page) =>
	page.evaluate(async () => {
		const opening = indexedDB.open("panah");
		const db = await new Promise<IDBDatabase>((done) => {
			opening.onsuccess = () => done(opening.result);
		});
		const words: string[] = [];
		const decoder = new TextDecoder();
		const walk = (value: unknown): void => {
			if (typeof value === "string") words.push(value);
			else if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) words.push(decoder.decode(value as ArrayBuffer));
			else if (value && typeof value === "object") Object.values(value).forEach(walk);
		};
		for (const store of db.objectStoreNames) {
			const all = db.transaction(store).objectStore(store);
			for (const reading of [all.getAll(), all.getAllKeys()]) {
				await new Promise<void>((done) => {
					reading.onsuccess = () => done();
				});
				walk(reading.result);
			}
		}
		db.close();
		return words.join("\n");
	});

async function ask(path: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
	const answer = await fetch(hub.url + path, { ...init, headers: { "Content-Type": "application/json", ...init.headers } });
	return (await answer.json()) as Record<string, unknown>;
}

const tokens = new Map<string, Promise<Record<string, unknown>>>();

/** A second device of a person, which asks the hub what it knows, and does things meanwhile. */
async function witness(user: string): Promise<(path: string, init?: RequestInit) => Promise<Record<string, unknown>>> {
	const body = { type: "m.login.password", identifier: { type: "m.id.user", user }, password: passphrase, device_id: "WITNESS" };
	const signIn = tokens.get(user) ?? ask("/_matrix/client/v3/login", { method: "POST", body: JSON.stringify(body) });
	tokens.set(user, signIn);
	const { access_token } = await signIn;
	return (path, init) => ask(path, { ...init, headers: { Authorization: `Bearer ${access_token}` } });
}

async function sessions(user: string): Promise<number> {
	const { devices } = await (await witness(user))("/_matrix/client/v3/devices");
	return (devices as { device_id: string }[]).filter(({ device_id }) => !["WITNESS", "SAMPLE"].includes(device_id)).length;
}

/** How often the hub has a post with one of these wordings. */
async function posted(user: string, ...texts: string[]): Promise<number> {
	const { rooms } = await (await witness(user))("/_matrix/client/v3/sync?timeout=0");
	const joined = Object.values((rooms as { join: Record<string, { timeline: { events: { content: { body?: string } }[] } }> }).join);
	return joined.flatMap(({ timeline }) => timeline.events).filter(({ content }) => texts.includes(content.body ?? "")).length;
}

/** Channels that nobody needs any more once their person has been taken out of them. */
const shut: Record<"fa-AF" | "ru", string> = { "fa-AF": "سرحدی رابطہ", ru: "گزارش سالانه" };

async function setPin(reader: Reader, pin: string, second = ""): Promise<void> {
	await reader.go("#/settings/lock");
	await reader.field("lock.new").fill(pin);
	await reader.field("lock.again").fill(pin);
	await reader.field("lock.second").fill(second);
	await reader.button("lock.set").click();
	await reader.page.getByText(reader.w("lock.pin_saved")).waitFor();
}

/** Types a PIN with the pad on the screen, in the digits that it has. */
async function typePin(reader: Reader, pin: string): Promise<void> {
	const pad = reader.page.locator(".lock .pad");
	await pad.waitFor();
	for (const digit of pin) await pad.locator("button:not(.button)").nth(digit === "0" ? 9 : Number(digit) - 1).click();
	await reader.button("lock.open").click();
}

/** Strikes digits on the keys of a keyboard, which gives those of the person's language. */
async function strike(page: Page, digits: string): Promise<void> {
	const tools = await page.context().newCDPSession(page);
	for (const key of digits) {
		const code = `Digit${key.replace(/[۰-۹]/, (one) => String(one.charCodeAt(0) - 0x06f0))}`;
		for (const type of ["keyDown", "keyUp"] as const) await tools.send("Input.dispatchKeyEvent", { type, key, code, ...(type === "keyDown" && { text: key }) });
	}
}

/** The worker's registration as the browser's own tools see it. */
async function workerOf(session: CDPSession, origin: string): Promise<string> {
	const found = new Promise<string>((done) => {
		session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
			const own = registrations.find(({ scopeURL }) => scopeURL.startsWith(origin));
			if (own) done(own.registrationId);
		});
	});
	await session.send("ServiceWorker.enable");
	return found;
}

describe.each(["fa-AF", "ru"] as const)("without a line, in %s", (language) => {
	const user = users[language] ?? "";
	const early = `پیش از قطع شدن ${language}`;
	const late = `بدون خط ${language}`;
	let reader: Reader;

	test("every screen opens and says as of when it stands", async () => {
		reader = await sit(language);
		const { page } = reader;
		await reader.openGeneral();
		await reader.say(early);
		await reader.sees(early);
		await reader.go("#/people");
		await page.locator('.list-pane a[href^="#/people/"]').first().waitFor();
		await installed(reader);
		const tools = await reader.context.newCDPSession(page);
		const { installabilityErrors } = await tools.send("Page.getInstallabilityErrors");
		expect(installabilityErrors.map(({ errorId }) => errorId).filter((id) => id !== "in-incognito")).toEqual([]); // as is every page of a test
		await reader.context.setOffline(true);
		await page.goto("about:blank");
		await page.goto(`${hub.url}/`);
		await reader.tab("now.title").waitFor();
		await reader.lineIs("line.offline_since");
		for (const name of ["talk", "people", "settings", "settings/lock", "guide", "talk/open"]) {
			await reader.go(`#/${name}`);
			await page.locator(".outline").first().waitFor({ state: "detached" });
			await look(page, `${language}-offline-${name.replace("/", "-")}`);
		}
		await reader.go("#/guide");
		for (const key of ["guide.first_1", "guide.write_1", "guide.leave_3", "guide.phone_1", "guide.line_1", "guide.hub_1"]) await page.getByText(reader.w(key)).waitFor();
		await reader.go("#/people");
		await page.locator('.list-pane a[href^="#/people/"]').first().waitFor();
		await reader.openGeneral();
		await reader.sees(early);
		expect(await page.evaluate(() => caches.keys())).toHaveLength(1);
		expect(await page.evaluate(async () => (await (await caches.open((await caches.keys())[0] ?? "")).keys()).filter(({ url }) => /_matrix|_panah/.test(url)))).toEqual([]);
	});

	test("it still opens after thirteen days without one", async () => {
		const page = await reader.context.newPage();
		await page.clock.setSystemTime(Date.now() + 13 * 86_400_000);
		await page.goto(reader.page.url());
		await page.locator(".post .body", { hasText: early }).waitFor();
		await page.close();
	});

	test("what is written and changed waits in one place", async () => {
		const { page } = reader;
		await reader.say(late);
		await reader.sees(late);
		await reader.go("#/settings");
		await reader.field("invited.name").fill(`${user} ${language}`);
		await reader.button("act.save").click();
		await page.getByText(reader.w("outbox.later")).waitFor();
		await page.locator("a.notice").click();
		await page.getByText(reader.w("outbox.name"), { exact: true }).waitFor();
		await page.getByText(reader.w("outbox.send"), { exact: true }).waitFor();
		await expect.poll(() => page.getByText(reader.w("outbox.is_waiting"), { exact: true }).count()).toBe(2); // each is tried now and then
		await look(page, `${language}-outbox`);
		for (const secret of [early, late, user]) expect(await readable(page)).not.toContain(secret);
	});

	test("the worker sends it when the line is back, though the tab is closed", async () => {
		const { page, context } = reader;
		await page.goto(`${hub.url}/time.html`); // no page of the app is open any more
		await context.setOffline(false);
		const tools = await context.newCDPSession(page);
		const registrationId = await workerOf(tools, hub.url);
		// The browser may have woken the worker already, since that was asked of it; waking it again must not send twice.
		await tools.send("ServiceWorker.dispatchSyncEvent", { origin: hub.url, registrationId, tag: "send", lastChance: false });
		await expect.poll(() => posted(user, late), { timeout: 15_000 }).toBe(1);
		await expect.poll(async () => (await (await witness(user))("/_panah/v1/me"))["name"]).toBe(`${user} ${language}`);
	});

	test("several tabs send nothing twice, and each shows how it stands", async () => {
		const { page, context } = reader;
		await page.goto(`${hub.url}/#/talk`);
		const other = await context.newPage();
		await other.goto(`${hub.url}/#/outbox`);
		await other.getByText(reader.w("outbox.empty")).waitFor();
		await reader.openGeneral();
		await context.setOffline(true);
		await reader.lineIs("line.offline_since");
		await reader.say(`${late} 2`);
		await other.getByText(`${late} 2`).waitFor();
		await context.setOffline(false);
		await other.getByText(reader.w("outbox.empty")).waitFor({ timeout: 45_000 });
		await expect.poll(() => posted(user, `${late} 2`)).toBe(1);
		expect(await posted(user, late)).toBe(1);
		await other.close();
	});

	test("what was changed meanwhile and what the hub refuses says so, and its writer decides", async () => {
		const { page, context } = reader;
		const elsewhere = await witness(user);
		const room = /#\/talk\/([^/]+)/.exec(page.url())?.[1];
		const original = await reader.post(`${late} 2`).last().getAttribute("data-key");
		await context.setOffline(true);
		await reader.lineIs("line.offline_since");
		await reader.post(`${late} 2`).last().locator(".again button").click();
		await page.getByRole("dialog").getByRole("button", { name: reader.w("post.edit"), exact: true }).click();
		await page.getByRole("textbox", { name: reader.w("composer.label"), exact: true }).fill(`${late} 3`);
		await reader.button("act.save").click();
		const changed = { msgtype: "m.text", body: `${late} 4` };
		const edit = { ...changed, "m.new_content": changed, "m.relates_to": { rel_type: "m.replace", event_id: original } };
		await elsewhere(`/_matrix/client/v3/rooms/${room}/send/m.room.message/meanwhile-${language}`, { method: "PUT", body: JSON.stringify(edit) });

		// A post into a channel from which its writer is gone by the time that there is a line.
		await reader.go("#/talk");
		await page.getByRole("link", { name: shut[language] }).first().click();
		await reader.timeline().waitFor();
		await reader.say(`${late} 5`);
		const gone = /#\/talk\/([^/]+)/.exec(page.url())?.[1];
		await elsewhere(`/_matrix/client/v3/rooms/${gone}/leave`, { method: "POST", body: "{}" });
		await reader.go("#/outbox");
		await expect.poll(() => page.getByText(reader.w("outbox.is_waiting"), { exact: true }).count()).toBe(2);
		await context.setOffline(false);
		await page.getByText(reader.w("error.not_member")).waitFor();
		await page.getByText(reader.w("outbox.is_conflict")).waitFor();
		await page.locator("a.notice").filter({ hasText: unanchored(language, "outbox.troubled") }).waitFor();
		await look(page, `${language}-outbox-troubled`);
		const refused = page.getByRole("listitem").filter({ hasText: reader.w("error.not_member") });
		await refused.getByRole("button", { name: reader.w("post.discard"), exact: true }).click();
		await refused.waitFor({ state: "detached" });

		// The other wording is shown beside mine, and mine is kept.
		await reader.openGeneral();
		await reader.post(late).getByRole("button", { name: reader.w("timeline.conflict"), exact: true }).click();
		const dialog = page.getByRole("dialog");
		await dialog.getByText(reader.w("post.conflict")).waitFor();
		await dialog.getByRole("button", { name: reader.w("conflict.mine"), exact: true }).click();
		await expect.poll(() => posted(user, `* ${late} 3`, `${late} 3`)).toBe(1);
		await reader.sees(`${late} 3`);
	});

	test("signing out destroys what was kept, and its keys", async () => {
		const { page } = reader;
		expect((await kept(page)).databases).toContain("panah");
		await reader.go("#/settings");
		await reader.button("settings.sign_out").click();
		await reader.button("sign_in.act").waitFor();
		for (const store of ["keys", "meta", "rooms", "chunks", "outbox", "drafts"]) await expect.poll(() => counted(page, store), { message: store }).toBe(0);
		expect(await readable(page)).not.toMatch(/[!$@][\w-]{10,}/);
		expect(reader.errors).toEqual([]);
		await reader.leave();
	});
});

describe.each(["fa-AF", "ru"] as const)("a device that somebody else may hold, in %s", (language) => {
	const user = users[language] ?? "";
	let reader: Reader;

	test("a PIN keeps what is here", async () => {
		reader = await sit(language);
		await installed(reader);
		await setPin(reader, "4711", "0815");
		await look(reader.page, `${language}-lock-settings`);
		await reader.page.reload();
		await reader.page.locator(".lock .pad").waitFor();
		await look(reader.page, `${language}-lock`);
		expect(await reader.page.locator("nav.tabs").count()).toBe(0);
		await typePin(reader, "1111");
		await reader.page.getByText(reader.w("lock.wrong")).waitFor();
		await typePin(reader, "4711");
		await reader.tab("now.title").waitFor();
	});

	test("it locks by itself when nobody touches it", async () => {
		const page = await reader.context.newPage();
		await page.clock.install();
		await page.goto(`${hub.url}/`);
		await page.locator(".lock .pad").waitFor();
		await page.clock.runFor(200); // the page's hands move only when the test moves them or time does: until it listens to keys
		await strike(page, language === "fa-AF" ? "۴۷۱۱" : "4711");
		await page.keyboard.press("Enter");
		await page.locator("nav.tabs").waitFor();
		await page.clock.fastForward("04:30");
		expect(await page.locator("nav.tabs").count()).toBe(1);
		await page.clock.fastForward("00:45");
		await page.locator(".lock .pad").waitFor();
		await reader.page.locator(".lock .pad").waitFor(); // and so do the other pages
		await page.close();
	});

	test("nothing is seen of it among the open apps", async () => {
		await typePin(reader, "4711");
		await reader.tab("now.title").waitFor();
		const covered = await reader.page.evaluate(() => {
			Object.defineProperty(document, "visibilityState", { configurable: true, get: () => "hidden" });
			document.dispatchEvent(new Event("visibilitychange"));
			const cover = document.querySelector(".cover")?.getBoundingClientRect();
			const whole = cover?.width === innerWidth && cover.height === innerHeight;
			const top = document.elementFromPoint(innerWidth / 2, innerHeight / 2)?.className;
			Reflect.deleteProperty(document, "visibilityState");
			document.dispatchEvent(new Event("visibilitychange"));
			return { whole, top, left: document.querySelectorAll(".cover").length };
		});
		expect(covered).toEqual({ whole: true, top: "cover", left: 0 });
	});

	test("the second PIN opens an empty account, wipes the device and ends its session, also when the line is back only later", async () => {
		const { page, context } = reader;
		const before = await sessions(user);
		await page.reload();
		await page.locator(".lock .pad").waitFor();
		await context.setOffline(true);
		const asked: string[] = [];
		page.on("request", (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
		page.on("websocket", (socket) => asked.push(`WS ${socket.url()}`));
		await typePin(reader, "0815");
		await reader.tab("now.title").waitFor();
		expect(await sessions(user)).toBe(before);
		for (const name of ["now", "talk", "talk/open", "people", "settings", "settings/lock", "guide", "outbox"]) {
			await reader.go(`#/${name}`);
			await page.locator(".outline").first().waitFor({ state: "detached" });
			expect(await page.getByRole("alert").count(), name).toBe(0);
			expect(await page.getByText(reader.w("lock.second")).count(), name).toBe(0);
			await look(page, `${language}-empty-${name.replace("/", "-")}`);
		}
		const hubs = asked.filter((one) => /_matrix|_panah|^WS /.test(one) && one !== "POST /_panah/v1/sign-out");
		expect(hubs).toEqual([]);
		// The app is closed before the line is back: the worker pays what is owed.
		await page.goto(`${hub.url}/time.html`);
		await context.setOffline(false);
		const tools = await context.newCDPSession(page);
		const registrationId = await workerOf(tools, hub.url);
		await tools.send("ServiceWorker.dispatchSyncEvent", { origin: hub.url, registrationId, tag: "send", lastChance: false });
		await expect.poll(() => sessions(user), { timeout: 15_000 }).toBe(before - 1);
		expect((await context.cookies()).map(({ name }) => name)).toEqual([]);
		await expect.poll(() => readable(page)).not.toContain("end");
	});

	test("from then on the device is one with a new account and a PIN, like any other", async () => {
		const { page } = reader;
		await page.goto(`${hub.url}/`);
		await typePin(reader, "4711");
		await page.getByText(reader.w("lock.wrong")).waitFor();
		await typePin(reader, "0815");
		await reader.tab("now.title").waitFor();
		await reader.lineIs("line.connected");
		await reader.go("#/talk");
		await page.getByText(reader.w("talk.empty")).waitFor();
		expect(reader.errors).toEqual([]);
		await reader.leave();
	});

	test("ten wrong PINs leave nothing, and end the session", async () => {
		const again = await sit(language);
		const before = await sessions(user);
		await setPin(again, "4711");
		await again.page.reload();
		for (let n = 0; n < 10; n++) {
			await typePin(again, "0000");
			await again.page.locator(".lock .dots .full").first().waitFor({ state: "detached" }); // what was typed goes when it was tried
			await again.page.locator(n < 9 ? '.lock [role="alert"]' : "form").waitFor();
		}
		await again.button("sign_in.act").waitFor();
		await expect.poll(() => sessions(user)).toBe(before - 1);
		await again.page.reload();
		await again.button("sign_in.act").waitFor();
		await again.leave();
	});
});

describe.each(["fa-AF", "ru"] as const)("on a device that others use, in %s", (language) => {
	const user = users[language] ?? "";

	test.each(["closing the tab", "leaving quickly", "signing out"])("nothing is left after %s", async (how) => {
		const reader = await Reader.sitDown(browser, language);
		const { page, context } = reader;
		const before = await sessions(user);
		await page.goto(hub.url);
		await page.getByRole("radio", { name: reader.w("sign_in.shared"), exact: true }).check();
		await look(page, `${language}-shared`);
		await reader.field("sign_in.user").fill(user);
		await reader.field("sign_in.passphrase").fill(passphrase);
		await reader.button("sign_in.act").click();
		await reader.tab("now.title").waitFor();
		await reader.openGeneral();
		const words = `از تلفون دیگران، ${language}: ${how}`; // both languages write into the same channel
		await reader.say(words);
		await reader.sees(words);
		await expect.poll(() => posted(user, words)).toBe(1);
		expect(await kept(page)).toEqual(nothing);
		const [cookie] = await context.cookies();
		expect(cookie?.expires).toBe(-1); // gone with the browser
		if (how === "closing the tab") await page.close();
		if (how === "leaving quickly") await page.locator("button.leave").click();
		if (how === "signing out") {
			await reader.go("#/settings");
			await reader.button("settings.sign_out").click();
			await reader.button("sign_in.act").waitFor();
		}
		await expect.poll(() => sessions(user), { timeout: 15_000 }).toBe(before);
		const next = await context.newPage();
		await next.goto(`${hub.url}/time.html`);
		expect(await kept(next)).toEqual(nothing);
		expect(await context.cookies()).toEqual([]);
		await next.goto(hub.url);
		await next.getByRole("button", { name: reader.w("sign_in.act"), exact: true }).waitFor();
		expect(reader.errors).toEqual([]);
		await reader.leave();
	});
});

describe.each(["fa-AF", "ru"] as const)("leaving quickly, in %s", (language) => {
	test("Shift three times empties the screen, and back does not bring it back", async () => {
		const reader = await sit(language);
		const { page } = reader;
		await reader.openGeneral();
		await reader.page.locator("h1").first().click();
		for (let n = 0; n < 3; n++) await page.keyboard.press("Shift");
		await page.waitForURL("**/time.html");
		expect(await page.title()).toMatch(/^\d\d:\d\d$/);
		await look(page, `${language}-left`);
		await page.goBack({ waitUntil: "commit" }).catch(() => undefined); // it is sent away again in the middle of coming
		await page.waitForURL("**/time.html");
		expect(await page.locator("nav.tabs, .post").count()).toBe(0);
		expect(await readable(page)).not.toMatch(/[!$@][\w-]{10,}/);
		// Coming back by the address is coming back: the session is there, and all is read anew.
		await page.goto(`${hub.url}/#/now`);
		await reader.tab("now.title").waitFor();
		await reader.lineIs("line.connected");
		expect(reader.errors).toEqual([]);
		await reader.leave();
	});

	test("it has another name and picture on this device", async () => {
		const reader = await sit(language);
		const { page } = reader;
		await reader.go("#/settings/lock");
		await page.getByRole("radio", { name: reader.w("face.clock"), exact: true }).check();
		await page.waitForFunction((name) => document.title === name, reader.w("face.clock"));
		for (const rel of ["icon", "manifest"]) {
			const href = await page.locator(`link[rel="${rel}"]`).getAttribute("href");
			expect(href).toMatch(/^\/faces\/clock\./);
			expect((await page.request.get(hub.url + href)).status()).toBe(200);
		}
		const manifest = (await (await page.request.get(`${hub.url}/faces/clock.webmanifest`)).json()) as { name: string; icons: { src: string }[] };
		expect(JSON.stringify(manifest)).not.toMatch(/panah/i);
		for (const { src } of manifest.icons) expect((await page.request.get(hub.url + src)).status(), src).toBe(200);
		await page.reload();
		await page.waitForFunction((name) => document.title === name, reader.w("face.clock"));
		await reader.leave();
	});
});
