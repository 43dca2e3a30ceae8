import { readFileSync } from "node:fs";
import type { Browser, Download } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axeOn } from "./harness/axe";
import { openBrowser } from "./harness/browser";
import { fileOf } from "./harness/camera";
import { englishOn } from "./harness/english";
import { fitsOn } from "./harness/fits";
import { Hub } from "./harness/hub";
import { phone, shoot } from "./harness/pictures";
import { Reader } from "./harness/reader";

/** Places in figures, read by the administrators of the sample network: Farida's shelter was asked by Dilnoza, and declined her twelve times. */
let hub: Hub;
let browser: Browser;
let shelter: string;

const passphrase = "panah sample network";
const name = "Лола";

interface Answer {
	readonly id: string;
	readonly requests: readonly { readonly id: string }[];
}

beforeAll(async () => {
	[hub, browser] = await Promise.all([Hub.start("demo"), openBrowser()]);
	const [farida, dilnoza] = await Promise.all([sit("fa-AF", "farida"), sit("uz", "dilnoza")]);
	shelter = (
		await farida.calls<Answer>("POST", "/places/shelters", {
			txn_id: "shelter", name, country: "AF", province: "AF-BAL", facility: "emergency", services: ["medical"], languages: ["fa-AF"], criteria: [],
			seen_by: "network", zone: 270, hold: 90,
		})
	).id;
	await farida.calls<Answer>("POST", `/places/shelters/${shelter}/count`, { txn_id: "count", capacity: { women: { total: 9 }, girls: { total: 2 }, men: { total: 0 } } });
	for (let n = 0; n < 12; n++) {
		const asked = await dilnoza.calls<Answer>("POST", "/places/requests", {
			txn_id: `ask${n}`, category: "women", group: 1, urgency: "urgent", from: "UZ-SU", shelters: [shelter], consent: { given: "none" },
		});
		await farida.calls<Answer>("POST", `/places/requests/${asked.requests[0]?.id}/step`, { txn_id: `decline${n}`, step: "decline", reason: "criteria" });
	}
	await Promise.all([farida.leave(), dilnoza.leave()]);
});

afterAll(async () => {
	await browser?.close();
	await hub?.stop();
});

async function sit(language: "fa-AF" | "uz", user: string): Promise<Reader> {
	const reader = await Reader.sitDown(browser, language);
	await reader.page.setViewportSize(phone);
	await reader.signIn(hub.url, { user, passphrase });
	return reader;
}

const main = (reader: Reader) => reader.page.locator("main .thing-pane");
const textOf = async (file: Download) => readFileSync(await file.path(), "utf8");

/** What a button has the browser keep. */
async function taken(reader: Reader, button: string | RegExp): Promise<string> {
	const [file] = await Promise.all([reader.page.waitForEvent("download"), main(reader).getByRole("button", { name: button, exact: true }).click()]);
	return textOf(file);
}

/** The screens, each with what stands there when it is read. */
const screens = (): readonly (readonly [name: string, hash: string, ready: string])[] => [
	["figures", "#/places/figures", ".counts"],
	["map", "#/places/map", ".tile-map"],
	["year", "#/places/year", ".paper"],
	["ledger", `#/places/ledger/${shelter}`, ".entries"],
];

test.each([
	["fa-AF", "farida"],
	["uz", "dilnoza"],
] as const)("figures, map, year and ledger are in %s, fit, and can be used by everybody", async (language, user) => {
	const reader = await sit(language, user);
	const wrong: string[] = [];
	await reader.tab("people.title").click();
	await reader.page.getByRole("link", { name: reader.w("place_figures.title"), exact: true }).click();
	for (const [screen, hash, ready] of screens()) {
		if (screen === "ledger" && user === "dilnoza") continue; // it is not hers to read
		await reader.go(hash);
		await main(reader).locator(ready).first().waitFor();
		await shoot(reader.page, `${language}-places-${screen}`);
		await reader.page.setViewportSize(phone);
		const known = [name, "HXL", "HSDS"];
		for (const fault of [...(await axeOn(reader.page)), ...(await fitsOn(reader.page)), ...(await englishOn(reader.page, language, known))]) wrong.push(`${screen}: ${fault}`);
		await reader.page.setViewportSize(phone);
	}
	expect(wrong).toEqual([]);
	expect(reader.errors).toEqual([]);
	await reader.leave();
});

test("what is free is told, what is little is said in words, and both are taken away for other programs", async () => {
	const reader = await sit("fa-AF", "farida");
	await reader.go("#/places/figures");
	const row = (category: string) => main(reader).locator(".counts tr").filter({ hasText: reader.w(`place.category.${category}`) });
	await row("women").first().waitFor();
	expect(await row("women").first().getByRole("cell").allInnerTexts()).toEqual(["۹", reader.w("place_figures.none")]);
	expect(await row("girls").first().getByRole("cell").allInnerTexts()).toEqual([reader.w("place_figures.few"), reader.w("place_figures.none")]);
	const csv = await taken(reader, "HXL · CSV");
	expect(csv).toContain("#country+code,#adm1+code,#org+name");
	expect(csv).toContain(`AF,AF-BAL,${name},women,9`);
	const hsds = JSON.parse(await taken(reader, "HSDS · JSON")) as { available: number; maximum?: number; unit: { name: string } }[];
	expect(hsds.find(({ unit }) => unit.name === "women")).toMatchObject({ available: 9, maximum: 9 });
	await reader.leave();
});

test("the ledger verifies on the device, and one that was tampered with is refused", async () => {
	const reader = await sit("fa-AF", "farida");
	await reader.go(`#/places/ledger/${shelter}`);
	await main(reader).getByText(reader.w("ledger.whole").replace(/\{\{.*/, "").trim()).waitFor();
	const file = await taken(reader, reader.w("audit.take"));
	expect(file.trimEnd().split("\n")).toHaveLength(26); // its head, what there is, and twelve asked for and declined
	const compare = async (text: string) => main(reader).locator("input[type=file]").setInputFiles(fileOf("ledger.jsonl", text));
	await compare(file);
	await main(reader).getByText(reader.w("ledger.same")).waitFor();
	await compare(file.replace('"places":1', '"places":2'));
	const refused = main(reader).getByRole("alert").filter({ hasText: reader.w("ledger.tell") });
	await refused.waitFor();
	expect(await refused.innerText()).toContain("۲"); // the first of those asked for
	await compare("name,age\nа,1\n");
	await main(reader).getByRole("alert").filter({ hasText: reader.w("ledger.no_ledger") }).waitFor();
	await shoot(reader.page, "fa-AF-ledger-refused");
	expect(reader.errors).toEqual([]);
	await reader.leave();
});

test("the year has what may be published, and is printed by itself", async () => {
	const reader = await sit("uz", "dilnoza");
	await reader.go("#/places/year");
	const table = (key: string) => main(reader).getByRole("table", { name: reader.w(key) });
	await table("year.asked").waitFor();
	expect(await table("year.asked").getByRole("cell").allInnerTexts()).toEqual(["12"]);
	expect(await table("year.shelters").getByRole("cell").allInnerTexts()).toEqual([reader.w("year.hidden")]);
	await reader.page.emulateMedia({ media: "print" });
	const seen = (selector: string) => reader.page.locator(selector).first().evaluate((element) => getComputedStyle(element).visibility);
	expect(await seen(".paper")).toBe("visible");
	expect(await seen("nav.tabs")).toBe("hidden");
	await reader.leave();
});
