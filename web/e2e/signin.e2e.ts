import type { Browser, CDPSession } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "./harness/browser";
import { Hub } from "./harness/hub";
import { shoot } from "./harness/pictures";
import { Reader, recoveryCodes } from "./harness/reader";
import { code } from "./harness/totp";
import { bare, type Language, unanchored } from "./harness/words";

let hub: Hub;
let browser: Browser;

beforeAll(async () => {
	browser = await openBrowser();
});

afterAll(async () => {
	await browser?.close();
});

const steward = { user: "samira", name: "Самира Ҳайдарӣ", passphrase: "чор дарёи ором дар шаб" };
const second = { user: "nigora", name: "Нигора", passphrase: "ду кӯҳи баланди сафед" };
const admin = { user: "farida", name: "فریده نوری", passphrase: "سه کوه بلند و سپید" };
const organisation = { name: "رهنما", kind: "ngo", country: "AF" };

const passkeyAsked = "**/sign-in/passkey/ask";

/** A device with a lock of its own, as a phone has: Chromium's virtual authenticator. */
async function withPasskeys(reader: Reader): Promise<(willing: boolean) => Promise<void>> {
	const line: CDPSession = await reader.context.newCDPSession(reader.page);
	await line.send("WebAuthn.enable", { enableUI: false });
	const { authenticatorId } = await line.send("WebAuthn.addVirtualAuthenticator", {
		options: {
			protocol: "ctap2",
			transport: "internal",
			hasResidentKey: true,
			hasUserVerification: true,
			isUserVerified: true,
			automaticPresenceSimulation: true,
		},
	});
	return async (willing) => {
		await line.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled: willing });
	};
}

async function fillSignUp(reader: Reader, link: string, who: typeof admin): Promise<void> {
	await reader.page.goto(link);
	await reader.field("invited.name").fill(who.name);
	await reader.field("sign_in.user").fill(who.user);
	await reader.field("sign_in.passphrase").fill(who.passphrase);
	await reader.button("invited.act").click();
}

async function passphrase(reader: Reader, who: typeof admin, secret = who.passphrase): Promise<void> {
	await reader.page.goto(hub.url);
	await reader.field("sign_in.user").fill(who.user);
	await reader.field("sign_in.passphrase").fill(secret);
	await reader.button("sign_in.act").click();
}

/** Whether the words of buttons stand on one line each. */
async function oneLine(reader: Reader, keys: readonly string[]): Promise<boolean> {
	const heights = await Promise.all(keys.map(async (key) => (await reader.button(key).boundingBox())?.height ?? Number.POSITIVE_INFINITY));
	return heights.every((height) => height < 60);
}

async function signOut(reader: Reader): Promise<void> {
	await reader.go("#/settings");
	await reader.button("settings.sign_out").click();
	await reader.button("sign_in.act").waitFor();
}

async function status(reader: Reader, path: string): Promise<number> {
	return reader.page.evaluate(async (asked) => (await fetch(asked)).status, path);
}

/** Proves who one is where the hub asks for it, with a recovery code. */
async function proveIfAsked(reader: Reader, user: string, done: () => Promise<void>): Promise<void> {
	const dialog = reader.page.getByRole("dialog", { name: reader.w("prove.title") });
	const ended = done();
	await Promise.race([ended, dialog.waitFor()]);
	if (await dialog.isVisible()) {
		await dialog.getByLabel(reader.w("second.code"), { exact: true }).fill(recoveryCodes.get(user)?.shift() ?? "");
		await dialog.getByRole("button", { name: reader.w("second.act"), exact: true }).click();
	}
	await ended;
}

test.each<Language>(["fa-AF", "ru"])("safe sign-in in %s", async (language) => {
	hub = await Hub.start();
	try {
		await wholeStory(language);
	} finally {
		await hub.stop();
	}
});

async function wholeStory(language: Language): Promise<void> {
	const chair = await Reader.sitDown(browser, language);
	await chair.signUp(await hub.firstLink(), steward);
	await chair.admit(organisation);
	const link = await chair.invite(language);

	// An administrator can do nothing before a second key is there, and makes a passkey.
	const lead = await Reader.sitDown(browser, language);
	const willing = await withPasskeys(lead);
	await fillSignUp(lead, link, admin);
	await lead.page.getByRole("heading", { name: lead.w("secure.title") }).waitFor();
	expect(await status(lead, "/_matrix/client/v3/sync?timeout=0")).toBe(403);
	expect(await status(lead, "/_panah/v1/people")).toBe(403);
	await shoot(lead.page, `${language}-second-key`);
	await lead.button("secure.totp_use").click();
	await lead.page.locator(".secret").waitFor();
	await shoot(lead.page, `${language}-code-app`);
	await lead.button("act.back").click();
	await lead.button("secure.passkey_make").click();
	await lead.page.locator(".recovery-codes li").nth(9).waitFor();
	await shoot(lead.page, `${language}-recovery-codes`);
	await lead.button("codes.kept").click();
	await lead.tab("now.title").waitFor();
	expect(await status(lead, "/_matrix/client/v3/sync?timeout=0")).toBe(200);

	// A passkey signs in without a passphrase. The holder is willing once the button has asked the hub: before, the quiet offer would be taken.
	await willing(false);
	const offered = lead.page.waitForResponse(passkeyAsked);
	await signOut(lead);
	await offered;
	await lead.page.route(passkeyAsked, async (route) => {
		await willing(true);
		await route.continue();
	});
	await lead.button("sign_in.passkey").click();
	await lead.tab("now.title").waitFor();
	await lead.page.unroute(passkeyAsked);
	await lead.go("#/settings/sign-in");
	await lead.page.getByText(lead.w("settings.this_device")).waitFor();
	await shoot(lead.page, `${language}-sign-in-settings`);

	// A code of an app, on a new device; the steward's other device is told at once, and once more after a reload.
	const codeApp = await stewardsApp(chair);
	const other = await Reader.sitDown(browser, language);
	await passphrase(other, steward);
	await other.page.getByRole("heading", { name: other.w("second.title") }).waitFor();
	await shoot(other.page, `${language}-second-factor`);
	await other.field("second.code").fill(await code(codeApp, Date.now() + 30_000));
	await other.button("second.act").click();
	await other.tab("now.title").waitFor();
	await chair.go("#/now");
	await chair.page.getByRole("heading", { name: chair.w("notice.new_device") }).waitFor();
	await chair.page.reload();
	await chair.page.getByRole("heading", { name: chair.w("notice.new_device") }).waitFor();
	await shoot(chair.page, `${language}-new-device`);
	expect(await oneLine(chair, ["notice.yes", "notice.no"])).toBe(true);
	expect(await other.page.getByRole("heading", { name: other.w("notice.new_device") }).count()).toBe(0);
	await devicesListed(chair);
	await chair.button("notice.no").click();
	await other.page.getByText(other.w("sign_in.elsewhere")).waitFor();

	// A recovery code works once.
	const written = recoveryCodes.get(steward.user)?.shift() ?? "";
	await passphrase(other, steward);
	await other.field("second.code").fill(written);
	await other.button("second.act").click();
	await other.tab("now.title").waitFor();
	await signOut(other);
	await passphrase(other, steward);
	await other.field("second.code").fill(written);
	await other.button("second.act").click();
	await other.page.getByText(other.w("error.wrong_code")).waitFor();

	// Whoever has the passphrase and tries codes is told of to the owner.
	for (let wrong = 1; wrong < 3; wrong++) {
		await other.field("second.code").fill("000000");
		const refused = other.page.waitForResponse((answer) => answer.url().endsWith("/sign-in/code"));
		await other.button("second.act").click();
		expect((await refused).status()).toBe(403);
	}
	const told = chair.page.getByRole("heading", { name: chair.w("notice.wrong_codes") });
	await chair.go("#/now");
	await told.waitFor();
	await shoot(chair.page, `${language}-wrong-codes`);
	await chair.button("notice.yes").click();
	await told.waitFor({ state: "detached" });
	await other.leave();

	await willing(false); // else the passkey would open the door again that signing out has closed
	await letInAgain(language, chair, lead);
}

/** Both devices are listed, this one and the other with when it was used, each with roughly where. */
async function devicesListed(chair: Reader): Promise<void> {
	await chair.go("#/settings/sign-in");
	const listed = chair.page.getByRole("list", { name: chair.w("settings.devices"), exact: true }).getByRole("listitem");
	await expect.poll(() => listed.count()).toBe(2);
	const near = listed.filter({ hasText: chair.w("signin.near") });
	expect(await near.count()).toBe(2);
	const other = near.filter({ hasNotText: chair.w("settings.this_device") });
	expect(bare(await other.innerText()).split(/[·،]/).length).toBeGreaterThan(1);
	await chair.go("#/now");
}

/** Two stewards let an administrator in again who lost everything; the link works once, and a second key is set up anew. */
async function letInAgain(language: Language, chair: Reader, lead: Reader): Promise<void> {
	const helper = await Reader.sitDown(browser, language);
	await helper.signUp(hub.stewardLink(), second); // whom a steward invited would be too new for it

	await signOut(lead);
	await chair.go("#/people/recover");
	await chair.page.getByRole("combobox").selectOption({ label: `${admin.name} (@${admin.user})` });
	await chair.button("recoveries.start").click();
	await proveIfAsked(chair, steward.user, () => chair.page.getByText(chair.w("recoveries.started")).waitFor());
	await shoot(chair.page, `${language}-let-in`);
	expect(await chair.button("recoveries.confirm").count()).toBe(0);

	await helper.go("#/now");
	await helper.page.getByRole("link", { name: helper.w("notice.look"), exact: true }).click();
	await helper.button("recoveries.confirm").click();
	const shown = helper.page.getByRole("img", { name: helper.w("recoveries.qr") });
	await proveIfAsked(helper, second.user, () => shown.waitFor());
	await shoot(helper.page, `${language}-let-in-link`);
	const link = (await helper.page.locator(".invitation-link").innerText()).trim();

	// The person had a session a moment ago, so the link waits; whoever runs the hub need not.
	const back = await Reader.sitDown(browser, language);
	await back.page.goto(link);
	await back.page.getByText(unanchored(language, "recover.waits")).waitFor();
	const atOnce = hub.recoveryLink(admin.user);
	await back.page.goto("about:blank");
	await back.page.goto(atOnce);
	await back.field("signin.next").waitFor();
	expect(back.page.url()).not.toContain("panah-recovery");
	await shoot(back.page, `${language}-let-in-again`);
	await back.field("signin.next").fill("پنج درخت سبز کنار آب");
	await back.button("recover.act").click();
	await back.secure(admin.user);
	await back.tab("now.title").waitFor();

	const late = await Reader.sitDown(browser, language);
	await late.page.goto(atOnce);
	await late.page.getByText(late.w("error.recovery_over")).waitFor();
	for (const reader of [chair, lead, helper, back, late]) {
		expect(reader.errors).toEqual([]);
		await reader.leave();
	}
}

/** The secret of the steward's code app: it is set up anew, and the hub asks first who that is. */
async function stewardsApp(chair: Reader): Promise<string> {
	await chair.go("#/settings/sign-in");
	await chair.button("signin.set_up_anew").click();
	const secret = chair.page.locator(".secret");
	await proveIfAsked(chair, steward.user, () => secret.waitFor());
	const text = await secret.innerText();
	await chair.page.locator("form").filter({ has: secret }).getByLabel(chair.w("second.code"), { exact: true }).fill(await code(text));
	await chair.button("totp.act").click();
	await secret.waitFor({ state: "detached" });
	return text;
}
