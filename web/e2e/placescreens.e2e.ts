import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axeOn } from "./harness/axe";
import { openBrowser } from "./harness/browser";
import { englishOn } from "./harness/english";
import { fitsOn } from "./harness/fits";
import { Hub } from "./harness/hub";
import { phone, shoot } from "./harness/pictures";
import { Reader } from "./harness/reader";
import { type Language, pattern, rightToLeft } from "./harness/words";

/** The screens of places in five languages of both directions, and what one does on them that the story of a place does not tell. */
let hub: Hub;
let browser: Browser;
/** By language: somebody of the sample network who looks after an organisation. */
const people: Partial<Record<Language, string>> = { tg: "mavzuna", "fa-AF": "farida", uz: "dilnoza", ps: "zarghuna", ur: "ayesha" };
const readers = new Map<Language, Reader>();

const passphrase = "panah sample network";
const alias = "Хонаи офтобӣ";

interface Sample {
	steward: { user: string; name: string };
	people: { user: string; name: string }[];
	organisations: { name: string }[];
}

const sample = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../hub/demo/sample.json"), "utf8")) as Sample;
const known = [...sample.people, sample.steward, ...sample.organisations]
	.map(({ name }) => name)
	.concat(alias)
	.sort((a, b) => b.length - a.length);

beforeAll(async () => {
	[hub, browser] = await Promise.all([Hub.start("demo"), openBrowser()]);
	for (const [language, user] of Object.entries(people) as [Language, string][]) readers.set(language, await sit(language, user));
	const made = await call<{ id: string }>("tg", "POST", "/shelters", {
		txn_id: "s1", name: alias, country: "TJ", province: "TJ-KT", facility: "short_stay", services: ["medical", "legal"], languages: ["tg", "fa-AF"], seen_by: "network", zone: 300, hold: 90,
		criteria: [{ name: "ages", hard: true, from: 18, to: 60 }, { name: "documents" }, { name: "intake_hours", from: 480, to: 1200 }],
	});
	shelter = made.id;
	await call("tg", "POST", `/shelters/${shelter}/count`, { txn_id: "c1", capacity: { women: { total: 3 }, women_children: { total: 2, out: 1 } } });
});

afterAll(async () => {
	await browser?.close();
	await hub?.stop();
});

let shelter = "";

async function sit(language: Language, user: string): Promise<Reader> {
	const reader = await Reader.sitDown(browser, language);
	await reader.page.setViewportSize(phone);
	await reader.signIn(hub.url, { user, passphrase });
	return reader;
}

const of = (language: Language): Reader => {
	const reader = readers.get(language);
	if (!reader) throw new Error(`nobody reads ${language}`);
	return reader;
};

/** What somebody's client asks of the hub. */
async function call<T>(language: Language, method: string, path: string, body: object): Promise<T> {
	const answer = await of(language).page.evaluate(
		async ([how, to, what]) => {
			const said = await fetch(`/_panah/v1/places${to}`, { method: how, headers: { "Content-Type": "application/json" }, body: what });
			return { ok: said.ok, text: await said.text() };
		},
		[method, path, JSON.stringify(body)] as const,
	);
	if (!answer.ok) throw new Error(answer.text);
	return JSON.parse(answer.text) as T;
}

const ask = (language: Language, txn: string, from: string) =>
	call<{ ask_id: string; requests: { id: string }[] }>(language, "POST", "/requests", {
		txn_id: txn, category: "women", group: 1, urgency: "emergency", from, needs: ["medical"], facts: { documents: false }, shelters: [shelter], consent: { given: "given", at: Date.now(), words: "consent-1", language: "fa-AF" },
	});

const main = (reader: Reader): Locator => reader.page.locator("main");
const button = (reader: Reader, key: string): Locator => main(reader).getByRole("button", { name: reader.w(key), exact: true });

/** Has each screen looked at as it stands; gives what is wrong. */
async function look(reader: Reader, name: string, thorough: boolean): Promise<string[]> {
	const { language, page } = reader;
	const wrong = [...(await englishOn(page, language, known)), ...(await fitsOn(page)), ...(thorough ? await axeOn(page) : [])];
	await shoot(page, `${language}-${name}`);
	await page.setViewportSize(phone);
	expect(await page.evaluate(() => document.documentElement.dir)).toBe(rightToLeft.has(language) ? "rtl" : "ltr");
	return wrong.map((fault) => `${language} ${name}: ${fault}`);
}

/** The way through the screens that everybody has who asks. */
async function walk(reader: Reader, thorough: boolean): Promise<string[]> {
	const wrong: string[] = [];
	const see = async (name: string) => void wrong.push(...(await look(reader, name, thorough)));
	await reader.go("#/places/find");
	await button(reader, "find_place.find").waitFor();
	await main(reader).locator("details.more summary").first().click();
	await see("find-who");
	await main(reader).getByLabel(reader.w("find_place.from"), { exact: true }).selectOption("AF-KDZ");
	await button(reader, "find_place.find").click();
	const found = main(reader).locator(".found-shelter");
	await found.waitFor();
	await see("find-where");
	await found.getByRole("button").click();
	await main(reader).getByRole("button", { name: pattern(reader.language, "find_place.ask_some") }).click();
	await button(reader, "find_place.ask").waitFor();
	await see("find-ask");
	await reader.go("#/places/journeys");
	await button(reader, "journey.plan").click();
	await button(reader, "act.save").waitFor();
	await see("journey");
	await reader.go("#/places/danger");
	await button(reader, "danger.declare").waitFor();
	await see("danger");
	await reader.go("#/places/new");
	await button(reader, "act.save").waitFor();
	for (const more of await main(reader).locator("details.more summary").all()) await more.click();
	await see("shelter-form");
	return wrong;
}

test.each(["fa-AF", "uz", "ps", "ur", "tg"] as const)("finding, journeys, danger and the shelter's form in %s", async (language) => {
	expect(await walk(of(language), language === "fa-AF")).toEqual([]);
});

test("a request and a shelter, on both sides", async () => {
	const { requests } = await ask("fa-AF", "a1", "AF-KDZ");
	const id = requests[0]?.id ?? "";
	const wrong: string[] = [];
	for (const language of ["fa-AF", "tg"] as const) {
		const reader = of(language);
		await reader.go("#/places");
		await main(reader).locator(".place-card:visible").first().waitFor();
		wrong.push(...(await look(reader, "places", true)));
		await reader.go(`#/places/request/${id}`);
		await main(reader).locator(".place-request .standing").waitFor();
		wrong.push(...(await look(reader, "request", true)));
	}
	const intake = of("tg");
	await button(intake, "place_request.accept").click();
	await main(intake).getByText(intake.w("sealed.what")).waitFor();
	wrong.push(...(await look(intake, "accepted", true)));
	await intake.go(`#/places/shelter/${shelter}`);
	await button(intake, "shelter.unchanged").waitFor();
	await main(intake).locator("details.more summary").first().click();
	wrong.push(...(await look(intake, "shelter", true)));
	await main(intake).getByRole("link", { name: intake.w("rota.title"), exact: true }).click();
	await main(intake).getByText(intake.w("shelter.rota_empty")).waitFor();
	if (await button(intake, "rota.add").count()) {
		await button(intake, "rota.add").click();
		await intake.page.getByRole("dialog").getByRole("button", { name: intake.w("act.save"), exact: true }).click();
		await main(intake).locator(".week dt").first().waitFor();
		expect(await main(intake).locator(".week dt").count()).toBe(7);
	}
	wrong.push(...(await look(intake, "shelter-rota", true)));
	expect(wrong).toEqual([]);
});

test("consent taken back empties what was asked, on both sides, after its meaning was said", async () => {
	const asker = of("fa-AF");
	const card = main(asker).locator(".place-card.accepted:visible");
	await asker.go("#/places");
	await card.getByRole("link").click();
	await button(asker, "place_request.revoke").click();
	const sure = asker.page.getByRole("dialog");
	await sure.getByText(asker.w("place_request.revoke_means")).waitFor();
	await sure.getByRole("button", { name: asker.w("place_request.revoke_sure") }).click();
	await main(asker).getByText(asker.w("place_request.forgotten")).waitFor();
	await main(asker).getByText(asker.w("place.consent.withdrawn")).waitFor();
});

test("what is asked without a line goes out once when there is one", async () => {
	const reader = of("uz");
	await reader.go("#/places/find");
	await button(reader, "find_place.ask").waitFor();
	await reader.context.setOffline(true);
	await button(reader, "act.back").click();
	await main(reader).getByText(reader.w("find_place.checked_later")).waitFor();
	await shoot(reader.page, "uz-find-offline");
	await reader.page.setViewportSize(phone);
	await main(reader).getByRole("button", { name: pattern("uz", "find_place.ask_some") }).click();
	await main(reader).getByRole("radio", { name: reader.w("find_place.not_asked") }).check();
	await button(reader, "find_place.ask").click();
	await main(reader).getByText(pattern("uz", "places.unsent")).waitFor();
	await reader.page.reload().catch(() => undefined);
	await reader.context.setOffline(false);
	await reader.go("#/places");
	await main(reader).locator(".place-card:visible").first().waitFor();
	await reader.page.getByText(pattern("uz", "places.unsent")).waitFor({ state: "detached" });
	await expect.poll(() => main(reader).locator(".place-card:visible").count()).toBe(1);
	// Who could not be asked then is asked now.
	await main(reader).locator(".place-card:visible").first().getByRole("link").first().click();
	await main(reader).getByText(reader.w("place.consent.none")).waitFor();
	await button(reader, "place_request.agreed").click();
	const asked = reader.page.getByRole("dialog");
	await asked.locator("blockquote").filter({ hasText: /\S/ }).waitFor();
	expect(await look(reader, "agreeing", true)).toEqual([]);
	await asked.getByRole("button", { name: reader.w("find_place.agreed") }).click();
	await main(reader).getByText(reader.w("place.consent.given")).waitFor();
});

test("a journey is one line of stations, and each of its legs is asked for by itself", async () => {
	const reader = of("ur");
	await reader.go("#/places/journeys");
	await button(reader, "journey.plan").click();
	const to = (n: number) => main(reader).locator("fieldset.leg").nth(n).getByLabel(reader.w("journey.to"), { exact: true });
	await main(reader).getByLabel(reader.w("journey.begins"), { exact: true }).selectOption("PK-KP");
	await to(0).selectOption("AF-KDZ");
	await button(reader, "journey.more").click();
	await to(1).selectOption("TJ-KT");
	await button(reader, "act.save").click();
	await expect.poll(() => main(reader).locator(".stations li").count()).toBe(3);
	await shoot(reader.page, "ur-journey-line");
	await reader.page.setViewportSize(phone);
	await button(reader, "journey.ask").last().click();
	expect(await main(reader).getByLabel(reader.w("find_place.from"), { exact: true }).inputValue()).toBe("AF-KDZ");
});

test("one act in danger signs everybody out, and passes what is open to the partner", async () => {
	const reader = of("tg");
	await reader.go("#/places/danger");
	await main(reader).getByLabel(reader.w("danger.partner"), { exact: true }).selectOption({ label: "Yangi umid boshpanasi" });
	await reader.page.getByText(reader.w("danger.partner_saved")).first().waitFor();
	await button(reader, "danger.declare").click();
	await reader.page.getByRole("dialog").getByRole("button", { name: reader.w("danger.declare_now") }).click();
	await reader.button("sign_in.act").waitFor();
	const asker = of("uz");
	await asker.go("#/now");
	await expect.poll(async () => (await call<{ shelters: unknown[] }>("uz", "POST", "/search", { category: "women", group: 1, urgency: "urgent" })).shelters.length).toBe(0);
});

test("who looks after the network says when the danger is over", async () => {
	const samira = await sit("en", "samira");
	readers.set("en", samira);
	await samira.tab("people.title").click();
	await main(samira).getByRole("link", { name: "Меҳрубон" }).click();
	await button(samira, "danger.over").click();
	await samira.page.getByText(samira.w("danger.over_done")).waitFor();
	await expect.poll(async () => (await call<{ shelters: unknown[] }>("uz", "POST", "/search", { category: "women", group: 1, urgency: "urgent" })).shelters.length).toBe(1);
});

test("no page had an error", () => {
	for (const reader of readers.values()) expect(reader.errors).toEqual([]);
});
