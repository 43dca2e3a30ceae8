import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "./harness/browser";
import { Hub } from "./harness/hub";
import { phone, shoot } from "./harness/pictures";
import { Reader } from "./harness/reader";
import { bare, type Language } from "./harness/words";

/**
 * How fast somebody is who sees all this for the first time: words read in a minute, seconds to find and touch something,
 * letters written in a second with two thumbs, seconds to copy a passphrase onto paper. All on the slow side.
 */
const pace = { read: 200, touch: 3, write: 2, copy: 15 };
/**
 * Seconds of the person from opening the link to the first post: two minutes less the five that first use may take on a slow line
 * (slow.e2e.ts). How long this machine took is printed.
 */
const limit = 120 - 5;

let hub: Hub;
let browser: Browser;

beforeAll(async () => {
	[hub, browser] = await Promise.all([Hub.start("demo"), openBrowser()]);
});

afterAll(async () => {
	await browser?.close();
	await hub?.stop();
});

/** Somebody who only does what the screen in front of them says, with a watch running. */
class Newcomer {
	seconds = 0;
	taps = 0;
	letters = 0;
	words = 0;
	private readonly seen = new Set<string>();

	constructor(private readonly page: Page) {}

	/** Reads what is on the screen and was not read before. */
	async read(): Promise<void> {
		const text = await this.page.evaluate(() => {
			const lines: string[] = [];
			const walker = document.createTreeWalker(document.querySelector("main") ?? document.body, NodeFilter.SHOW_TEXT);
			for (let node = walker.nextNode(); node; node = walker.nextNode()) {
				const parent = node.parentElement;
				if (!parent || parent.closest(".unseen, [aria-hidden=true], option, .post, .tongues") || !parent.checkVisibility()) continue;
				lines.push(node.textContent ?? "");
			}
			return lines;
		});
		const fresh = text.map(bare).filter((line) => line !== "" && !this.seen.has(line));
		for (const line of fresh) this.seen.add(line);
		const words = fresh.join(" ").split(/\s+/u).filter((word) => /\p{L}/u.test(word)).length;
		this.words += words;
		this.seconds += (words / pace.read) * 60;
	}

	async tap(target: Locator): Promise<void> {
		await target.click();
		this.taps++;
		this.seconds += pace.touch;
	}

	async type(field: Locator, text: string): Promise<void> {
		await this.tap(field);
		await field.pressSequentially(text);
		this.letters += text.length;
		this.seconds += text.length / pace.write;
	}

	copiesPassphrase(): void {
		this.seconds += pace.copy;
	}
}

/** An invitation into an organisation, by its administrator. */
async function invitation(admin: string): Promise<string> {
	const asked = async (path: string, body?: unknown, token?: string) => {
		const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
		const answer = await fetch(hub.url + path, body === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify(body) });
		return (await answer.json()) as { access_token: string; token: string; organisation: { id: string } };
	};
	const identifier = { type: "m.id.user", user: admin };
	const { access_token } = await asked("/_matrix/client/v3/login", { type: "m.login.password", identifier, password: "panah sample network" });
	const { organisation } = await asked("/_panah/v1/me", undefined, access_token);
	const { token } = await asked("/_panah/v1/invitations", { role: "member", organisation_id: organisation.id }, access_token);
	return `${hub.url}/#/invite/${token}`;
}

const people: readonly { language: Language; admin: string; name: string; user: string; says: string }[] = [
	{ language: "fa-AF", admin: "farida", name: "زهره", user: "zuhra", says: "سلام، من تازه آمده‌ام." },
	{ language: "uz", admin: "dilnoza", name: "Nodira", user: "nodira", says: "Salom, men yangi keldim." },
];

test.each(people)("a newcomer writes a first post within two minutes, in $language", async ({ language, admin, name, user, says }) => {
	const reader = await Reader.sitDown(browser, language);
	const { page } = reader;
	await page.setViewportSize(phone);
	const began = Date.now();
	const newcomer = new Newcomer(page);
	await page.goto(await invitation(admin));
	await reader.button("invited.act").waitFor();
	await newcomer.read();
	await shoot(page, `${language}-newcomer-1-invited`);
	await newcomer.type(reader.field("invited.name"), name);
	await newcomer.type(reader.field("sign_in.user"), user);
	await newcomer.tap(reader.button("invited.propose"));
	await page.locator(".passphrase").waitFor();
	await newcomer.read();
	newcomer.copiesPassphrase();
	await newcomer.tap(reader.button("invited.act"));

	// Now: three cards, and the way to where one talks.
	await reader.button("first.understood").first().waitFor();
	expect(await reader.button("first.understood").count()).toBe(3);
	await newcomer.read();
	await shoot(page, `${language}-newcomer-2-now`);
	await newcomer.tap(page.getByRole("link", { name: reader.w("first.to_talk"), exact: true }));
	await reader.timeline().waitFor();
	await newcomer.read();
	await shoot(page, `${language}-newcomer-3-channel`);
	await newcomer.type(page.getByRole("textbox", { name: reader.w("composer.label"), exact: true }), says);
	await newcomer.tap(reader.button("composer.send"));
	await reader.sees(says);
	await reader.post(says).getByText(reader.w("timeline.sent"), { exact: true }).waitFor();

	const machine = (Date.now() - began) / 1000;
	const { taps, letters, words, seconds } = newcomer;
	console.info(`${language}: ${taps} taps, ${letters} letters, ${words} words: ${Math.round(seconds)} s of a person, ${Math.round(machine)} s of the machine`);
	expect(seconds).toBeLessThan(limit);
	expect(taps).toBeLessThanOrEqual(8);
	expect(reader.errors).toEqual([]);
	await reader.leave();
});
