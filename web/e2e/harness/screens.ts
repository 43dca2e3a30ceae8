import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { axeOn } from "./axe";
import { openBrowser } from "./browser";
import { englishOn } from "./english";
import { fitsOn, tornOn } from "./fits";
import { Hub } from "./hub";
import { phone, shoot } from "./pictures";
import { Reader } from "./reader";
import { type Language, nativeNames, rightToLeft, said } from "./words";

interface Named {
	user?: string;
	name: string;
	topic?: string;
}

interface Sample {
	steward: Named;
	people: Named[];
	organisations: Named[];
	channels: Named[];
}

/** The network that `hub demo` shows. */
const sample = JSON.parse(readFileSync(resolve(import.meta.dirname, "../../../hub/demo/sample.json"), "utf8")) as Sample;
const steward = { user: sample.steward.user ?? "", passphrase: "panah sample network" };

/** What people named themselves is the same for all readers. The longest come first, so that none is cut by a shorter one. */
const known = [sample.steward, ...sample.people, ...sample.organisations, ...sample.channels]
	.flatMap(({ user, name, topic }) => [name, topic, user])
	.filter((name) => name !== undefined)
	.concat("weather.example.org")
	.sort((a, b) => b.length - a.length);

let hub: Hub;
/** A hub that asks for a second key, as all do but the sample. Its steward never sets one up. */
let strict: Hub;
let browser: Browser;

/** What is looked at on every screen; gives what is wrong with it. */
type Look = (reader: Reader, name: string) => Promise<string[]>;

/** A way through all screens, each looked at once it is there. */
class Walk {
	readonly wrong: string[] = [];

	constructor(
		private readonly reader: Reader,
		private readonly eyes: readonly Look[],
	) {}

	async look(name: string): Promise<void> {
		const { page } = this.reader;
		// What a channel holds above what is read is fetched on the way there, not before.
		const loading = page.locator(`[role=status]:not([aria-label="${this.reader.w("timeline.loading_older")}"]) > .outline`);
		await loading.first().waitFor({ state: "detached" }).catch(() => this.wrong.push(`${name}: never done loading`));
		for (const eye of this.eyes) {
			await page.setViewportSize(phone);
			for (const fault of await eye(this.reader, name)) this.wrong.push(`${name}: ${fault}`);
		}
		await page.setViewportSize(phone);
	}

	async go(name: string, hash: string): Promise<void> {
		await this.reader.go(hash);
		await this.look(name);
	}
}

/** Nothing English on the screen, nothing sticking out, no word torn, its picture taken. */
const picture: Look = async ({ page, language }, name) => {
	const wrong = language === "en" ? [] : (await englishOn(page, language, known)).map((text) => `“${text}”`);
	if (await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)) wrong.push("wider than the phone");
	await shoot(page, `${language}-${name}`);
	wrong.push(...(await tornOn(page)));
	return wrong;
};

/** What stands before the door: signing in, being refused, an invitation. */
async function door(walk: Walk, reader: Reader, token: string): Promise<void> {
	const { page } = reader;
	await page.goto(`${hub.url}/#/sign-in`);
	await reader.button("sign_in.act").waitFor();
	await walk.look("sign-in");
	await reader.field("sign_in.user").fill("nobody");
	await reader.field("sign_in.passphrase").fill("wrong passphrase");
	await reader.button("sign_in.act").click();
	await page.getByText(reader.w("error.wrong_credentials")).waitFor();
	await walk.look("sign-in-refused");
	await page.getByRole("link", { name: reader.w("guide.open"), exact: true }).click();
	await page.getByText(reader.w("guide.hub_1")).waitFor();
	await walk.look("guide-at-the-door");
	await page.goto(`${hub.url}/#/invite/nonsense`);
	await page.getByText(reader.w("invited.refused")).waitFor();
	await walk.look("invitation-refused");
	await page.goto("about:blank");
	await page.goto(`${hub.url}/#/invite/${token}`);
	await reader.button("invited.act").click();
	await page.getByText(reader.w("invited.name_missing")).waitFor();
	await walk.look("invitation");
	await page.evaluate(() => sessionStorage.clear());
}

/** Where nothing goes on before a second key is set up. */
async function setUp(walk: Walk, reader: Reader): Promise<void> {
	await reader.page.goto(`${strict.url}/#/sign-in`);
	await reader.field("sign_in.user").fill(steward.user);
	await reader.field("sign_in.passphrase").fill(steward.passphrase);
	await reader.button("sign_in.act").click();
	await reader.button("secure.totp_use").waitFor();
	await walk.look("second-key");
	await reader.button("secure.totp_use").click();
	await reader.page.locator(".secret").waitFor();
	await walk.look("code-app");
	await reader.button("settings.sign_out").click();
	await reader.button("sign_in.act").waitFor();
}

/** Signs somebody in and turns the client to the walk's language, as anybody does in the settings. */
async function enter(reader: Reader, user = steward.user): Promise<void> {
	await reader.page.goto("about:blank");
	await reader.page.goto(`${hub.url}/#/sign-in`);
	await reader.field("sign_in.user").fill(user);
	await reader.field("sign_in.passphrase").fill(steward.passphrase);
	await reader.button("sign_in.act").click();
	await reader.page.locator("nav.tabs").waitFor();
	await reader.go("#/settings");
	await reader.page.getByRole("radio", { name: nativeNames[reader.language], exact: true }).first().click();
	await reader.page.locator(`html[lang="${reader.language}"]`).waitFor();
	await reader.tab("now.title").waitFor();
}

/** All screens behind the door. */
async function inside(walk: Walk, reader: Reader): Promise<void> {
	const { page } = reader;
	await walk.look("settings");
	await walk.go("now", "#/now");
	await walk.go("new-alert", "#/alerts/new");
	await page.locator("main").getByRole("button", { name: said(reader.language, "alert.code.unaccompanied") }).click();
	await reader.button("new_alert.next").waitFor();
	await walk.look("new-alert-details");
	await walk.go("alerts-waiting", "#/alerts/waiting");
	await walk.go("talk", "#/talk");
	const channel = await page.locator('a[href^="#/talk/!"]').filter({ hasText: "Coordination" }).getAttribute("href");
	await walk.go("channel", channel ?? "");
	await reader.timeline().waitFor();
	await walk.look("channel");
	await reader.button("media.attach").click();
	await page.getByRole("dialog").waitFor();
	await walk.look("attach");
	await page.keyboard.press("Escape");
	await page.getByRole("dialog").waitFor({ state: "detached" });
	await walk.go("channel-details", `${channel}/details`);
	await walk.go("new-channel", "#/talk/new");
	await walk.go("browse", "#/talk/open");
	await walk.go("search", "#/search");
	await walk.go("people", "#/people");
	const organisation = await page.locator('a[href^="#/people/"]:not([href*="invit"]):not([href$="new"])').first().getAttribute("href");
	await walk.go("organisation", organisation ?? "");
	await walk.go("new-organisation", "#/people/new");
	await walk.go("invite-person", "#/people/invite");
	await reader.button("invite_person.act").click();
	await page.getByRole("img", { name: reader.w("invite_person.qr") }).waitFor();
	await walk.look("invitation-made");
	await walk.go("invitations", "#/people/invitations");
	await walk.go("person", `#/person/${encodeURIComponent("@farida:localhost")}`);
	for (const place of ["network", "network/reports", "network/audit", "network/homeless"]) await walk.go(place.replace("/", "-"), `#/${place}`);
	for (const place of ["about", "blocked", "passphrase", "leaving"]) await walk.go(place, `#/settings/${place}`);
	await walk.go("guide", "#/guide");
	await walk.go("lock-settings", "#/settings/lock");
	await walk.go("notices", "#/settings/notices");
	await walk.go("sign-in-settings", "#/settings/sign-in");
	await walk.go("let-in-again", "#/people/recover");
	await walk.go("coordinators", "#/people/coordinators");
	await walk.go("corrections", "#/corrections");
	await walk.go("outbox", "#/outbox");
	await walk.go("now", "#/now");
	await page.keyboard.press("?");
	await page.getByRole("dialog").waitFor();
	await walk.look("help");
	await reader.button("correct.open").click();
	await walk.look("pointing-at-words");
	await reader.button("correct.write").click();
	await reader.button("correct.send").click();
	await page.getByText(reader.w("correct.words_missing")).waitFor();
	await walk.look("correction");
	await page.keyboard.press("Escape");
	await page.getByRole("dialog").waitFor({ state: "detached" });
	await aPost(walk, reader, channel ?? "");
}

/** How many posts walks have written so far. */
let posts = 0;

/** What opens above a channel: a post with all that can be done with it, its thread, its earlier wordings, the pins. */
async function aPost(walk: Walk, reader: Reader, channel: string): Promise<void> {
	const { page } = reader;
	const field = page.getByRole("textbox", { name: reader.w("composer.label"), exact: true });
	const dialog = page.getByRole("dialog");
	const close = async () => {
		await page.keyboard.press("Escape");
		await dialog.waitFor({ state: "detached" });
	};
	// One post throughout, known by its words: the last one of a channel may be another's.
	const number = [...String(++posts)].map((digit) => String.fromCharCode(0x06f0 + Number(digit))).join("");
	let mine = reader.post(`۱۲۳${number}`);
	const open = async () => {
		await mine.locator(".again button").click();
		await dialog.waitFor();
	};
	/** Each act closes the dialog; the next press is for what is under it. */
	const act = async (key: string) => {
		await open();
		await dialog.getByRole("button", { name: reader.w(key), exact: true }).click();
	};
	await reader.go(channel);
	await reader.timeline().waitFor();
	await field.fill(`**۱۲۳${number}** \`456\` https://example.org`);
	await reader.button("composer.send").click();
	await mine.locator("code").waitFor();
	await mine.getByText(reader.w("timeline.sent"), { exact: true }).waitFor(); // what can be done with it is known then
	await act("sign.agree");
	await mine.locator(".sign").waitFor();
	await act("post.pin");
	await page.locator(".pins button").waitFor();
	await open();
	await walk.look("post");
	await reader.button("post.remove").click();
	await walk.look("post-removing");
	await close();
	await act("timeline.reply");
	const answered = page.locator(".composer .replying");
	await answered.waitFor();
	await walk.look("replying");
	await answered.getByRole("button", { name: reader.w("composer.no_reply"), exact: true }).click();
	await answered.waitFor({ state: "detached" });
	await field.fill("@");
	await page.getByRole("listbox").waitFor();
	await walk.look("calling");
	await field.fill("");
	await page.getByRole("listbox").waitFor({ state: "detached" });
	await act("post.edit");
	await expect.poll(() => field.inputValue()).toContain(number); // what it says now stands there, to be changed
	await field.fill(`۴۵۶${number}`);
	await reader.button("act.save").click();
	mine = reader.post(`۴۵۶${number}`);
	await mine.getByText(reader.w("timeline.edited"), { exact: true }).waitFor();
	await mine.getByText(reader.w("timeline.sent"), { exact: true }).waitFor();
	await act("post.wordings");
	await dialog.getByRole("heading", { name: reader.w("post.wordings"), exact: true }).waitFor();
	await walk.look("wordings");
	await close();
	await page.locator(".pins button").click();
	await dialog.waitFor();
	await walk.look("pins");
	await close();
	await act("post.thread");
	await page.locator(".thread").waitFor();
	await walk.look("thread");
}

type Ask = (method: string, path: string, body?: unknown) => Promise<Record<string, unknown>>;

const askers = new Map<string, Promise<Ask>>();

/** Asks the sample hub for something in somebody's name; each signs in once. */
function asking(user: string): Promise<Ask> {
	const known = askers.get(user) ?? signedIn(user);
	askers.set(user, known);
	return known;
}

async function signedIn(user: string): Promise<Ask> {
	const call = async (method: string, path: string, body: unknown, token?: string) => {
		const type = typeof body === "string" ? "application/cap+xml" : "application/json";
		const headers = { "Content-Type": type, ...(token && { Authorization: `Bearer ${token}` }) };
		const sent = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
		const answer = await fetch(hub.url + path, { method, headers, ...sent });
		const said = (await answer.json()) as Record<string, unknown>;
		expect([answer.status, said], path).toEqual([200, said]);
		return said;
	};
	const identifier = { type: "m.id.user", user };
	const { access_token } = await call("POST", "/_matrix/client/v3/login", { type: "m.login.password", identifier, password: steward.passphrase });
	return (method, path, body) => call(method, path, body, access_token as string);
}

interface Sent {
	answered: string;
	over: string;
	drill: string;
	organisation: string;
	channel: string;
}

const ours = "/_panah/v1";
const alertPath = (id: string, what: string) => `${ours}/alerts/${encodeURIComponent(id)}/${what}`;
let wishes = 0;

/** Sends an alert in somebody's name, and gives its id. */
async function sends(by: Ask, wish: object): Promise<string> {
	return ((await by("POST", `${ours}/alerts`, { txn_id: `walk${++wishes}`, ...wish }))["alert_id"] ?? "") as string;
}

/**
 * What an administrator in Herat has of alerts: answered, taken back, an exercise of her organisation's, a draft to decide on. All who are asked have
 * answered: nobody is called for it while others walk.
 */
let alertsThere: Promise<Sent> | undefined;

async function sendAlerts(): Promise<Sent> {
	const [mavzuna, hamid, farida] = await Promise.all([asking("mavzuna"), asking("hamid"), asking("farida")]);
	const organisation = ((await farida("GET", `${ours}/me`))["organisation"] as { id: string }).id;
	const audience = { organisations: [organisation] };
	const answered = await sends(mavzuna, { code: "medical", slots: { count: 1, area: "AF-HER" }, audience });
	await farida("POST", alertPath(answered, "answer"), { answer: "can_act" });
	const over = await sends(mavzuna, { code: "closed", slots: { service: "clinic", area: "AF-HER" }, audience });
	await mavzuna("POST", alertPath(over, "cancel"), {});
	const drill = await sends(hamid, { code: "drill", slots: { scenario: "transit", area: "AF-HER" }, audience: { countries: ["TJ"] } });
	await mavzuna("POST", alertPath(drill, "answer"), { answer: "can_act" });
	await sends(hamid, { code: "unaccompanied", slots: { count: 1, sex: "female", age: "13-15", area: "AF-HER" }, audience: { countries: ["TJ"] } });
	const channel = ((await farida("POST", "/_matrix/client/v3/createRoom", { name: "اتاق" }))["room_id"] ?? "") as string;
	await farida("POST", `${ours}/rooms/${encodeURIComponent(channel)}/cap`, capFile);
	return { answered, over, drill, organisation, channel };
}

/** One that has just come in, with words to translate. It is news for some minutes only, so each walk has its own. */
async function alertComes(organisation: string): Promise<string> {
	const transit = { code: "transit", slots: { count: 2, from: "AF-HER", to: "TM-M", transport: "minibus" } };
	return sends(await asking("mavzuna"), { ...transit, text: "اتاق", language: "fa-AF", audience: { organisations: [organisation] } });
}

/** An alert of a program that is no hub (CAP 1.2). */
const capFile = `<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>walk-1</identifier><sender>weather.example.org</sender>
<sent>2026-01-01T10:00:00+04:30</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
<info><language>fa-AF</language><category>Met</category><event>سیلاب</event><urgency>Immediate</urgency><severity>Severe</severity><certainty>Likely</certainty>
<expires>2036-01-01T10:00:00+04:30</expires><headline>سیلاب در هرات</headline><description>از کنار دریا دور شوید.</description>
<area><areaDesc>هرات</areaDesc></area></info></alert>`;

/** All screens of alerts, by an administrator who has some. */
async function ofAlerts(walk: Walk, reader: Reader): Promise<void> {
	const { page } = reader;
	alertsThere ??= sendAlerts();
	const { answered, over, drill, organisation, channel } = await alertsThere;
	const open = await alertComes(organisation);
	const alert = (id: string) => `#/alerts/${encodeURIComponent(id)}`;
	await reader.go("#/people");
	await page.locator(".incoming").waitFor();
	await walk.look("alert-incoming");
	await page.locator(".incoming").getByRole("button", { name: reader.w("alerts.later"), exact: true }).click();
	await reader.go("#/alerts");
	await page.locator(".board .alert-card").first().waitFor();
	await walk.look("alerts");
	for (const [name, id] of [["open", open], ["answered", answered], ["cancelled", over]] as const) {
		await reader.go(alert(id));
		await page.locator(".alert-page .life li").first().waitFor();
		await walk.look(`alert-${name}`);
	}
	await walk.go("alerts-map", "#/alerts/map");
	await walk.go("alerts-past", "#/alerts/past");
	await walk.go("alert-exchange", "#/alerts/exchange");
	await walk.go("alert-approval", "#/alerts/waiting");
	await page.locator(".sheet").first().waitFor();
	await walk.look("alert-approval");
	await walk.go("alert-queue", "#/alerts/translate");
	await walk.go("alert-rota", `#/people/${encodeURIComponent(organisation)}/rota`);
	await walk.go("alert-figures", "#/alerts/figures");
	await reader.go(`${alert(drill)}/drill`);
	await page.locator(".score").waitFor();
	await walk.look("alert-drill");
	await reader.go(alert(open));
	await reader.button("alert_quote.act").click();
	await page.getByRole("dialog").waitFor();
	await walk.look("alert-quoting");
	await page.keyboard.press("Escape");
	await page.getByRole("dialog").waitFor({ state: "detached" });
	await reader.go(`#/talk/${encodeURIComponent(channel)}`);
	await reader.timeline().locator(".quoted-alert").filter({ hasText: "سیلاب" }).waitFor(); // its plain words stand there until the card comes
	await walk.look("alert-from-outside");
	await (await asking("farida"))("POST", alertPath(open, "answer"), { answer: "can_act" });
}

/** The screens of places that everybody has who asks; what one does there has tests of its own. */
async function ofPlaces(walk: Walk, reader: Reader): Promise<void> {
	await walk.go("places", "#/places");
	await walk.go("find-place", "#/places/find");
	await walk.go("new-shelter", "#/places/new");
	await walk.go("places-danger", "#/places/danger");
	await reader.go("#/places");
}

/** A fresh invitation into the network, whose offer names nobody in Latin letters. */
async function invitation(): Promise<string> {
	const asked = async (path: string, body: unknown, token?: string) => {
		const headers = { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) };
		const answer = await fetch(hub.url + path, { method: "POST", headers, body: JSON.stringify(body) });
		return (await answer.json()) as { access_token: string; token: string };
	};
	const identifier = { type: "m.id.user", user: steward.user };
	const { access_token } = await asked("/_matrix/client/v3/login", { type: "m.login.password", identifier, password: steward.passphrase });
	return (await asked("/_panah/v1/invitations", { role: "steward", language: "fa-AF" }, access_token)).token;
}

const axe: Look = ({ page }) => axeOn(page);
const fits: Look = ({ page }) => fitsOn(page);

/**
 * What is looked at in which language: pictures and leftovers of English in all, what fits and what axe finds in one language of each direction, on
 * the way that is gone for the pictures.
 */
const eyes: Record<Language, readonly Look[]> = {
	en: [picture],
	"fa-AF": [picture, axe],
	ps: [picture],
	tg: [picture],
	uz: [picture, axe],
	tk: [picture],
	ur: [picture, fits],
	ru: [picture, fits],
};

async function throughAll(language: Language): Promise<void> {
	const reader = await Reader.sitDown(browser, language);
	const walk = new Walk(reader, eyes[language]);
	await setUp(walk, reader);
	await door(walk, reader, await invitation());
	await enter(reader);
	await inside(walk, reader);
	await ends(walk, reader);
}

async function throughBoards(language: Language): Promise<void> {
	const reader = await Reader.sitDown(browser, language);
	const walk = new Walk(reader, eyes[language]);
	await enter(reader, "farida");
	await ofAlerts(walk, reader);
	await ofPlaces(walk, reader);
	await ends(walk, reader);
}

async function ends(walk: Walk, reader: Reader): Promise<void> {
	expect(await reader.page.evaluate(() => document.documentElement.dir)).toBe(rightToLeft.has(reader.language) ? "rtl" : "ltr");
	expect(reader.errors).toEqual([]);
	await reader.leave();
	expect(walk.wrong).toEqual([]);
}

/** How long one walk may take, in milliseconds: axe alone needs seconds a screen where others load the machine. */
const patience = 900_000;

/** Goes through all screens in each of the languages, on a hub and in a browser of its own. */
export function seeScreens(languages: readonly Language[]): void {
	beforeAll(async () => {
		[hub, strict, browser] = await Promise.all([Hub.start("demo"), Hub.start(), openBrowser()]);
		const token = (await strict.firstLink()).split("/#/invite/")[1];
		const auth = { type: "m.login.registration_token", token };
		const body = JSON.stringify({ auth, username: steward.user, password: steward.passphrase });
		const answer = await fetch(`${strict.url}/_matrix/client/v3/register`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
		expect(answer.status).toBe(200);
	});

	afterAll(async () => {
		await browser?.close();
		await Promise.all([hub?.stop(), strict?.stop()]);
	});

	test.each(languages)("every screen in %s", (language) => throughAll(language), patience);

	test.each(languages)("every screen of alerts and places in %s", (language) => throughBoards(language), patience);
}
