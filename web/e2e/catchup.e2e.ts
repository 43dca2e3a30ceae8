import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "./harness/browser";
import { Hub } from "./harness/hub";
import { programKept, screens } from "./harness/program";
import { Reader } from "./harness/reader";
import { Shaped } from "./harness/shaped";
import { catalog, languages } from "./harness/words";

/** What coming back after an ordinary day may cost, in bytes of both directions with all that HTTP and websockets add. */
const budget = 30_000;

/** An ordinary day: so many posts and signs, in three channels. */
const posts = 150;
const signs = 40;

/** The last thing that is said on it. */
const evening = "تا فردا · До завтра";

const passphrase = "panah sample network";

let hub: Hub;
let browser: Browser;

beforeAll(async () => {
	[hub, browser] = await Promise.all([Hub.start("demo"), openBrowser()]);
});

afterAll(async () => {
	await browser?.close();
	await hub?.stop();
});

async function matrix(method: string, path: string, body: object, token?: string): Promise<Record<string, string>> {
	const headers = { "Content-Type": "application/json", ...(token !== undefined && { Authorization: `Bearer ${token}` }) };
	const answer = await fetch(`${hub.url}/_matrix/client/v3/${path}`, { method, headers, body: JSON.stringify(body) });
	expect(answer.status, path).toBe(200);
	return (await answer.json()) as Record<string, string>;
}

/** Somebody who writes without a screen: gives what sends an event, and the event's id. */
async function writer(user: string): Promise<(room: string, type: string, content: object) => Promise<string>> {
	const { access_token } = await matrix("POST", "login", { type: "m.login.password", identifier: { type: "m.id.user", user }, password: passphrase });
	let n = 0;
	return async (room, type, content) => (await matrix("PUT", `rooms/${room}/send/${type}/day-${++n}`, content, access_token))["event_id"] ?? "";
}

/** The day, in the words of the catalogs, as people write them; each is said once. */
async function pass(rooms: readonly string[]): Promise<void> {
	const plain = (text: unknown): text is string => typeof text === "string" && text.length >= 25 && text.length <= 160 && !text.includes("{{");
	const sayings = languages.flatMap((language) => Object.values(catalog(language)).filter(plain).slice(100, 120));
	const writers = await Promise.all(["rustam", "mavzuna", "zarghuna"].map(writer));
	const by = (n: number) => writers[n % writers.length] ?? (() => Promise.reject(new Error("nobody writes")));
	const room = (n: number) => rooms[n % rooms.length] ?? "";
	const said: string[] = [];
	for (let n = 0; n < posts; n++) said.push(await by(n)(room(n), "m.room.message", { msgtype: "m.text", body: sayings[n] }));
	for (let n = 0; n < signs; n++) {
		await by(n + 1)(room(n), "m.reaction", { "m.relates_to": { rel_type: "m.annotation", event_id: said[n], key: "👍" } });
	}
	await by(0)(room(0), "m.room.message", { msgtype: "m.text", body: evening });
}

/** Signs somebody in over a line that counts, and takes the line away once all of the program is there. */
async function goesAway(language: "fa-AF" | "ru", user: string): Promise<{ reader: Reader; line: Shaped }> {
	const reader = await Reader.sitDown(browser, language);
	const line = await Shaped.start(hub, {});
	await reader.signIn(line.url, { user, passphrase });
	await expect.poll(() => programKept(reader.page), { timeout: 120_000, interval: 500 }).toEqual(expect.arrayContaining(screens));
	await reader.openGeneral();
	line.cut();
	await reader.context.setOffline(true);
	await reader.lineIs("line.offline_since");
	return { reader, line };
}

/** The rooms of the channel of everybody and of two others in which all three write. */
async function roomsOf(reader: Reader): Promise<string[]> {
	const idOf = (address: string | null) => /#\/talk\/([^/]+)/.exec(address ?? "")?.[1] ?? "";
	const general = idOf(reader.page.url());
	await reader.go("#/talk");
	const links = ["Coordination", "Interpreters"].map((name) => reader.page.getByRole("link", { name }).first().getAttribute("href"));
	const others = (await Promise.all(links)).map(idOf);
	await reader.page.goBack();
	await reader.timeline().waitFor();
	return [general, ...others];
}

test("a day that was missed is caught up with few bytes, from right to left and from left to right", async () => {
	const away = [await goesAway("fa-AF", "farida"), await goesAway("ru", "olga")];
	const [first] = away;
	if (!first) throw new Error("nobody is away");
	await pass(await roomsOf(first.reader));
	for (const { reader, line } of away) {
		const before = line.down + line.up;
		line.mend();
		await reader.context.setOffline(false);
		await reader.sees(evening, 60_000);
		await reader.lineIs("line.connected");
		const cost = line.down + line.up - before;
		console.log(`${reader.language}: ${posts + signs} events are caught up with ${cost} bytes`);
		expect(cost).toBeGreaterThan(3_000); // it came over this line
		expect(cost).toBeLessThan(budget);
		expect(reader.errors).toEqual([]);
		await reader.leave();
		await line.stop();
	}
});
