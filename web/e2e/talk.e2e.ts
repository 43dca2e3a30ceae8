import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openBrowser, zones } from "./harness/browser";
import { dayAndMonth } from "./harness/dates";
import { Hub } from "./harness/hub";
import { liveLater } from "./harness/later";
import { type Narrow, narrow } from "./harness/narrow";
import { type Character, characters, steward } from "./harness/people";
import { Reader } from "./harness/reader";
import { bare, rightToLeft } from "./harness/words";

/** How long a post may take to everybody's screen, in milliseconds. How long it takes is printed: on a quiet machine about half a second. */
const patience = 15_000;

/** How long clients may take to come back by themselves after the hub was gone. */
const comeback = 45_000;

let hub: Hub;
let browser: Browser;
let cut: Narrow;
/** Everybody's device, by user. */
const devices = new Map<string, Reader>();

function of(character: Character): Reader {
	const found = devices.get(character.user);
	if (!found) throw new Error(`${character.user} has not sat down`);
	return found;
}

beforeAll(async () => {
	[hub, browser] = await Promise.all([Hub.start(), openBrowser()]);
	cut = await narrow(hub);
});

afterAll(async () => {
	await browser?.close();
	await cut?.stop();
	await hub?.stop();
});

/** Everybody reads what one of them writes; gives the slowest one's time in milliseconds. */
async function spoken(by: Character, text: string, readers: readonly Character[], within: number): Promise<number> {
	const began = await of(by).say(text);
	const seen = await Promise.all(readers.map((reader) => of(reader).sees(text, within)));
	return Math.max(...seen) - began;
}

/** What everybody has on their screen is the same, each post once. */
async function nothingLostOrDoubled(readers: readonly Character[], texts: readonly string[]): Promise<void> {
	for (const reader of readers) {
		const shown = await of(reader).posts();
		expect([...shown].sort(), `posts that ${reader.user} sees`).toEqual(texts.map(bare).sort());
	}
	const orders = await Promise.all(readers.map((reader) => of(reader).posts()));
	for (const order of orders) expect(order).toEqual(orders[0]);
}

describe("people of five countries", () => {
	const said: string[] = [];

	test("a steward signs up from the printed link and invites an organisation of each country", async () => {
		const chair = await Reader.sitDown(browser, "en");
		devices.set(steward.user, chair);
		await chair.signUp(await hub.firstLink(), steward);
		const links = new Map<string, string>();
		for (const { user, organisation, language } of characters) {
			await chair.admit(organisation);
			links.set(user, await chair.invite(language));
		}
		expect(new Set(characters.map(({ organisation }) => organisation.country)).size).toBe(5);
		for (const character of characters) {
			const reader = await Reader.sitDown(browser, character.language);
			devices.set(character.user, reader);
			await reader.signUp(links.get(character.user) ?? "", { ...character, passphrase: `${character.name} ${character.says}` });
			await reader.openGeneral();
		}
	});

	test("each reads the others at once, without reloading", async () => {
		for (const character of characters) {
			const took = await spoken(character, character.says, characters, patience);
			console.log(`${character.language}: on ${characters.length} screens after ${took} ms`);
			said.push(character.says);
		}
		await nothingLostOrDoubled(characters, said);
	});

	test("words and pages run in their own direction", async () => {
		for (const reader of characters) {
			const page = of(reader).page;
			expect(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dir])).toEqual([
				reader.language,
				rightToLeft.has(reader.language) ? "rtl" : "ltr",
			]);
			for (const writer of characters) {
				expect(await of(reader).directionOf(writer.says), `${writer.language} read by ${reader.user}`).toBe(
					rightToLeft.has(writer.language) ? "rtl" : "ltr",
				);
			}
		}
	});

	test("days are those of the reader's calendar", async () => {
		const at = Date.now();
		for (const reader of characters) {
			const page = await of(reader).context.newPage();
			await liveLater(page, 3 * 86_400_000); // then the heading is a date, and no longer "today"
			await page.goto(of(reader).page.url());
			const heading = page.locator("li.day").last();
			await heading.waitFor();
			const [day, month] = dayAndMonth(at, reader.language, zones[reader.language]);
			const text = bare(await heading.innerText());
			expect(text, reader.language).toContain(day);
			expect(text.toLowerCase(), reader.language).toContain(month.toLowerCase());
			await page.close();
		}
	});

	test("a hub that is killed comes back with everything, and so do its clients", async () => {
		const [writer] = characters;
		if (!writer) throw new Error("nobody there");
		// All write at once while the hub dies: some posts are on their way, others wait in the outbox until it lives again.
		const writing = characters.map((character) => of(character).say(character.adds));
		await hub.kill();
		await Promise.all(writing);
		await Promise.all(characters.map((character) => of(character).lineIs("line.offline_since")));
		await hub.start();
		for (const character of characters) said.push(character.adds);
		await Promise.all(characters.flatMap((reader) => characters.map((writer) => of(reader).sees(writer.adds, comeback))));
		await Promise.all(characters.map((character) => of(character).lineIs("line.connected")));
		await nothingLostOrDoubled(characters, said);
		const took = await spoken(writer, "…", characters, comeback);
		console.log(`after the restart: on ${characters.length} screens after ${took} ms`);
		said.push("…");
	});

	test("the same conversation where websockets are cut", async () => {
		// The page is the same, at an address behind which every websocket is refused.
		for (const character of characters) {
			const reader = await Reader.sitDown(browser, character.language);
			await of(character).leave();
			devices.set(character.user, reader);
			await reader.signIn(cut.url, { ...character, passphrase: `${character.name} ${character.says}` });
			await reader.openGeneral();
		}
		for (const character of characters) {
			const text = `${character.says} ${character.adds}`;
			const took = await spoken(character, text, characters, patience);
			console.log(`${character.language} by long-polling: on ${characters.length} screens after ${took} ms`);
			said.push(text);
		}
		expect(cut.refused()).toBeGreaterThan(0);
		await hub.kill();
		const [first] = characters;
		if (!first) throw new Error("nobody there");
		await of(first).say("؟");
		said.push("؟");
		await hub.start();
		await Promise.all(characters.map((reader) => of(reader).sees("؟", comeback)));
		await nothingLostOrDoubled(characters, said);
	});

	test("no page has stumbled", () => {
		for (const [user, device] of devices) expect(device.errors, user).toEqual([]);
	});
});
