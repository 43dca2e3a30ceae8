import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openBrowser } from "./harness/browser";
import { fileOf, found, takePicture, telling } from "./harness/camera";
import { Hub } from "./harness/hub";
import { phone, shoot } from "./harness/pictures";
import { Reader } from "./harness/reader";
import { unpacked } from "./harness/unpacked";
import { unanchored } from "./harness/words";

/** Pictures, files and voices, between somebody who reads from right to left and somebody who reads from left to right. */
let hub: Hub;
let browser: Browser;
/** One without a microphone that may be used. */
let deaf: Browser;
let farida: Reader;
let olga: Reader;

const passphrase = "panah sample network";
const microphone = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

beforeAll(async () => {
	[hub, browser, deaf] = await Promise.all([Hub.start("demo", { PANAH_MEDIA_QUOTA: "9MiB" }), openBrowser(microphone), openBrowser()]);
	[farida, olga] = await Promise.all([sit(browser, "fa-AF", "farida"), sit(browser, "ru", "olga")]);
	for (const reader of [farida, olga]) await enter(reader);
});

afterAll(async () => {
	await Promise.all([browser?.close(), deaf?.close()]);
	await hub?.stop();
});

beforeEach(() => {
	for (const reader of [farida, olga]) reader?.errors.splice(0);
});

async function sit(at: Browser, language: "fa-AF" | "ru" | "tk", user: string): Promise<Reader> {
	const reader = await Reader.sitDown(at, language);
	await reader.page.setViewportSize(phone);
	await reader.signIn(hub.url, { user, passphrase });
	return reader;
}

/** Opens the channel of all interpreters. */
async function enter(reader: Reader, page: Page = reader.page): Promise<void> {
	await page.evaluate(() => {
		location.hash = "#/talk";
	});
	await page.getByRole("link", { name: "Interpreters" }).first().click();
	await timeline(reader, page).waitFor();
}

const timeline = (reader: Reader, page: Page) => page.getByRole("list", { name: reader.w("timeline.label"), exact: true });

/** Chooses files as people do: by the paper clip and the system's own picker, or the camera that it opens. */
async function pick(reader: Reader, way: "media.choose_pictures" | "media.choose_file" | "media.take_picture", ...files: string[]): Promise<Locator> {
	await reader.button("media.attach").click();
	const dialog = reader.page.getByRole("dialog");
	const choosing = reader.page.waitForEvent("filechooser");
	await dialog.getByRole("button", { name: reader.w(way), exact: true }).click();
	const chooser = await choosing;
	expect(await chooser.element().getAttribute("capture")).toBe(way === "media.take_picture" ? "environment" : null);
	await chooser.setFiles(files);
	return dialog;
}

/** Presses Send as soon as it can be. */
async function sendIt(reader: Reader, dialog: Locator): Promise<void> {
	await dialog.locator('button[type="submit"]:not([aria-disabled])').click();
	await dialog.waitFor({ state: "detached" });
	expect(reader.errors).toEqual([]);
}

async function sendPicture(reader: Reader, file: string, words: string, seen: string): Promise<void> {
	const dialog = await pick(reader, "media.choose_pictures", file);
	await dialog.getByLabel(reader.w("media.alt"), { exact: true }).fill(seen);
	await dialog.getByLabel(reader.w("media.caption"), { exact: true }).fill(words);
	await sendIt(reader, dialog);
}

/** Saves a picture from its viewer, and gives where. */
async function savePicture(reader: Reader, seen: string): Promise<string> {
	await reader.page.getByRole("button", { name: seen }).last().click();
	const viewer = reader.page.locator("dialog.viewer[open]");
	const saving = reader.page.waitForEvent("download");
	await viewer.locator(`button:not([aria-disabled])`, { hasText: reader.w("media.save") }).click();
	const path = await (await saving).path();
	await reader.page.keyboard.press("Escape");
	await viewer.waitFor({ state: "detached" });
	return path;
}

/** The colour in the middle of the upper and of the lower half of a picture on the screen, and its shape. */
function looks(image: Locator): Promise<{ top: string; bottom: string; upright: boolean }> {
	return image.evaluate(async (element) => {
		const img = element as HTMLImageElement;
		await img.decode();
		const canvas = Object.assign(document.createElement("canvas"), { width: img.naturalWidth, height: img.naturalHeight });
		const brush = canvas.getContext("2d");
		if (!brush) throw new Error("no canvas");
		brush.drawImage(img, 0, 0);
		const at = (y: number) => {
			const [r = 0, , b = 0] = brush.getImageData(img.naturalWidth / 2, y * img.naturalHeight, 1, 1).data;
			return r > b ? "red" : "blue";
		};
		return { top: at(0.25), bottom: at(0.75), upright: img.naturalHeight > img.naturalWidth };
	});
}

const mediaRequests = (page: Page): string[] => {
	const asked: string[] = [];
	page.on("request", (request) => {
		if (/\/media\/(download|thumbnail)\//.test(request.url())) asked.push(request.url());
	});
	return asked;
};

interface Account {
	(method: string, path: string, body: unknown): Promise<Record<string, string>>;
	readonly auth: Record<string, string>;
}

/** Somebody's session without a screen. */
async function account(user: string): Promise<Account> {
	const asked = async (method: string, path: string, body: unknown, headers: Record<string, string> = {}) => {
		const binary = body instanceof Buffer;
		const answer = await fetch(hub.url + path, {
			method,
			headers: { "Content-Type": binary ? "image/jpeg" : "application/json", ...headers },
			body: binary ? new Uint8Array(body) : JSON.stringify(body),
		});
		expect(answer.status, await answer.clone().text()).toBe(200);
		return (await answer.json()) as Record<string, string>;
	};
	const identifier = { type: "m.id.user", user };
	const { access_token } = await asked("POST", "/_matrix/client/v3/login", { type: "m.login.password", identifier, password: passphrase });
	const auth = { Authorization: `Bearer ${access_token}` };
	return Object.assign((method: string, path: string, body: unknown) => asked(method, path, body, auth), { auth });
}

/** Listens to what leaves a page as a file from now on; gives all bytes of it. */
async function tapped(page: Page): Promise<() => Promise<Buffer>> {
	await page.evaluate(() => {
		const all: Blob[] = [];
		const send = XMLHttpRequest.prototype.send;
		XMLHttpRequest.prototype.send = function (body) {
			if (body instanceof Blob) all.push(body);
			send.call(this, body);
		};
		Object.assign(window, { sentBlobs: all });
	});
	return async () => {
		const bytes = await page.evaluate(async () => {
			const { sentBlobs } = window as unknown as { sentBlobs: Blob[] };
			return [...new Uint8Array(await new Blob(sentBlobs).arrayBuffer())];
		});
		return Buffer.from(bytes);
	};
}

/** What left a device was a picture that says nothing of where, when and with what it was taken. */
function expectClean(left: Buffer): void {
	expect(left.length).toBeGreaterThan(1_000);
	const sRGB = /^\[ICC/; // Chromium says of each picture that it draws that its colours are those of every screen
	expect(telling(found(fileOf("sent.jpg", left))).filter((line) => !sRGB.test(line))).toEqual([]);
}

describe("a picture", () => {
	test("leaves the device without what the camera wrote beside it, upright, and can be seen by who cannot see", async () => {
		const file = await takePicture(farida.page);
		expect(telling(found(file)).join("\n")).toContain("GPSLatitude");
		const sent = await tapped(farida.page);
		const dialog = await pick(farida, "media.choose_pictures", file);
		await dialog.locator(".chosen-picture img").waitFor();
		await dialog.getByLabel(farida.w("media.alt"), { exact: true }).fill("یک در سرخ و آبی");
		await dialog.getByLabel(farida.w("media.caption"), { exact: true }).fill("این دروازه است");
		await shoot(farida.page, "media-fa-AF-preview");
		await farida.page.setViewportSize(phone);
		await sendIt(farida, dialog);
		await olga.sees("این دروازه است");
		const image = olga.page.getByRole("img", { name: "یک در سرخ و آبی" });
		await image.waitFor();
		expect(await looks(image)).toEqual({ top: "red", bottom: "blue", upright: true });
		const arrived = found(await savePicture(olga, "یک در سرخ و آبی"));
		expect(telling(arrived)).toEqual([]);
		expect(arrived).toContain("[File] ImageHeight : 1600"); // it was 2400 wide, lying on its side
		expectClean(await sent());
		await shoot(olga.page, "media-ru-channel");
		await olga.page.setViewportSize(phone);
	});

	test("comes from the camera, and takes along words that call people by an @, as any post does", async () => {
		const sent = await tapped(olga.page);
		const dialog = await pick(olga, "media.take_picture", await takePicture(olga.page));
		await dialog.getByLabel(olga.w("media.alt"), { exact: true }).fill("дверь из камеры");
		const words = dialog.getByLabel(olga.w("media.caption"), { exact: true });
		await words.pressSequentially("@فر");
		await dialog.getByRole("option", { name: "فریده نوری" }).waitFor();
		await words.press("Enter");
		await words.pressSequentially("посмотри");
		expect(await words.inputValue()).toBe("@فریده نوری посмотри");
		await sendIt(olga, dialog);
		await farida.page.locator(".post.calls", { hasText: "посмотри" }).waitFor();
		const image = farida.page.getByRole("img", { name: "дверь из камеры" });
		await image.waitFor();
		expect(await looks(image)).toEqual({ top: "red", bottom: "blue", upright: true });
		expect(telling(found(await savePicture(farida, "дверь из камеры")))).toEqual([]);
		expectClean(await sent());
	});

	test("that is posted past the device's cleaning is clean as well", async () => {
		const raw = readFileSync(await takePicture(farida.page, 640, 480));
		const asked = await account("farida");
		const { content_uri } = await asked("POST", "/_matrix/media/v3/upload?filename=IMG.jpg", raw);
		const room = /#\/talk\/([^/]+)/.exec(olga.page.url())?.[1] ?? "";
		const content = {
			msgtype: "m.image",
			body: "past",
			filename: "IMG.jpg",
			"network.panah.alt": "раскрашенная дверь",
			url: content_uri,
			info: { mimetype: "image/jpeg", size: raw.length, w: 480, h: 640 },
		};
		await asked("PUT", `/_matrix/client/v3/rooms/${room}/send/m.room.message/raw1`, content);
		await olga.sees("past");
		const image = olga.page.getByRole("img", { name: "раскрашенная дверь" });
		await image.waitFor();
		expect(await looks(image)).toEqual({ top: "red", bottom: "blue", upright: true });
		expect(telling(found(await savePicture(olga, "раскрашенная дверь")))).toEqual([]);

		// Matrix 1.11: only who is signed in gets it, and not by the old way at all.
		const file = content_uri?.replace("mxc://", "");
		expect((await fetch(`${hub.url}/_matrix/client/v1/media/download/${file}`)).status).toBe(401);
		expect((await fetch(`${hub.url}/_matrix/client/v1/media/download/${file}`, { headers: asked.auth })).status).toBe(200);
		expect((await fetch(`${hub.url}/_matrix/media/v3/download/${file}`, { headers: asked.auth })).status).toBe(404);
	});

	test.each([
		["ru", "یکی دیگر", "یک دیوار"],
		["fa-AF", "Ещё одна", "стена"],
	] as const)("is fetched when its reader presses, if they wish so, and once, in %s", async (language, words, seen) => {
		const [reader, sender] = language === "ru" ? [olga, farida] : [farida, olga];
		const choose = async (key: string) => {
			await reader.go("#/settings");
			await reader.page.getByRole("radio", { name: reader.w(key), exact: true }).check();
			await enter(reader);
		};
		await choose("settings.pictures_press");
		await sendPicture(sender, await takePicture(sender.page), words, seen);
		const asked = mediaRequests(reader.page);
		await reader.sees(words);
		const post = reader.post(words);
		await post.getByText(seen).waitFor();
		await shoot(reader.page, `media-${language}-on-demand`);
		await reader.page.setViewportSize(phone);
		const before = await post.locator(".picture").boundingBox();
		expect(asked).toEqual([]);
		await post.getByRole("button", { name: reader.w("media.show_picture") }).click();
		await post.getByRole("img", { name: seen }).waitFor();
		expect(asked).toEqual([expect.stringMatching(/\/client\/v1\/media\/thumbnail\/|\/client\/v1\/media\/download\//)]);
		expect(await post.locator(".picture").boundingBox()).toMatchObject({ width: before?.width, height: before?.height });
		await reader.context.setOffline(true);
		await reader.go("#/now");
		await enter(reader);
		await reader.post(words).getByRole("img", { name: seen }).waitFor();
		expect(asked).toHaveLength(1);
		await reader.context.setOffline(false);
		await choose("settings.pictures_always");
	});

	test("is looked at with the keyboard alone", async () => {
		const open = olga.post("یکی دیگر").locator(".picture-open");
		await open.focus();
		await olga.page.keyboard.press("Enter");
		const viewer = olga.page.locator("dialog.viewer[open]");
		await viewer.waitFor();
		const width = () => viewer.locator("img").evaluate((img) => img.getBoundingClientRect().width);
		await viewer.locator("img").waitFor();
		const small = await width();
		await olga.page.keyboard.press("+");
		await expect.poll(width, { timeout: 5_000 }).toBeGreaterThan(small);
		await olga.page.keyboard.press("0");
		await expect.poll(width, { timeout: 5_000 }).toBe(small);
		await shoot(olga.page, "media-ru-viewer");
		await olga.page.setViewportSize(phone);
		expect((await new AxeBuilder({ page: olga.page }).include("dialog.viewer").analyze()).violations.map((v) => v.id)).toEqual([]);
		await olga.page.keyboard.press("Escape");
		await viewer.waitFor({ state: "detached" });
		expect(await open.evaluate((button) => button === document.activeElement)).toBe(true);
	});
});

/** Where each portion that leaves a page begins. */
function offsets(page: Page): number[] {
	const all: number[] = [];
	page.on("request", (request) => {
		const at = request.method() === "PATCH" ? request.headers()["upload-offset"] : undefined;
		if (at !== undefined) all.push(Number(at));
	});
	return all;
}

/** So many bytes a second go out of a page from now on; 0 means as many as can. */
async function narrowTo(page: Page, bytes: number): Promise<void> {
	const line = await page.context().newCDPSession(page);
	await line.send("Network.enable");
	await line.send("Network.emulateNetworkConditions", {
		offline: false,
		latency: 0,
		downloadThroughput: -1,
		uploadThroughput: bytes === 0 ? -1 : bytes,
	});
}

/** Waits until so many percent of a file have gone. */
const hasGone = (state: Locator, share: number) =>
	expect
		.poll(() => state.locator("progress").evaluateAll((all) => Math.max(0, ...all.map((one) => (one as HTMLProgressElement).value))), {
			timeout: 30_000,
		})
		.toBeGreaterThan(share);

/** Text that does not repeat itself, so that nothing makes it smaller. */
const longText = (bytes: number): string =>
	randomBytes((bytes * 3) / 4)
		.toString("base64")
		.replace(/(.{76})/g, "$1\n");

/** What the files of these tests say of whoever made them. */
const maker = /secret|parvina|dushanbe|telephone/i;

async function sendFile(reader: Reader, file: string): Promise<void> {
	await sendIt(reader, await pick(reader, "media.choose_file", file));
}

/** A file in a channel. Its ending stands apart from its name. */
const attached = (reader: Reader, name: string, page: Page = reader.page) =>
	timeline(reader, page)
		.locator(".document")
		.filter({ hasText: name.replace(/\.\w+$/, "") });

async function saved(reader: Reader, name: string): Promise<Buffer> {
	const saving = reader.page.waitForEvent("download");
	await attached(reader, name).getByRole("button").click();
	return readFileSync(await (await saving).path());
}

describe("a file", () => {
	test("that is paused, and whose tab is closed, goes on from where it stood and arrives once", async () => {
		const text = longText(1_500_000);
		const file = fileOf("گزارش.txt", text);
		await narrowTo(farida.page, 250_000);
		await sendFile(farida, file);
		const state = farida.page.locator(".upload");
		await state.getByRole("progressbar").waitFor();
		await hasGone(state, 30);
		await state.getByRole("button", { name: farida.w("media.pause_sending") }).click();
		await state.getByText(farida.w("media.paused")).waitFor();
		await shoot(farida.page, "media-fa-AF-paused");
		const again = await farida.context.newPage();
		await farida.page.close();
		await again.setViewportSize(phone);
		const sent = offsets(again);
		await again.goto(hub.url);
		await again.getByRole("navigation", { name: farida.w("app.tabs"), exact: true }).waitFor();
		await enter(farida, again);
		const there = again.locator(".upload");
		await there.getByText(farida.w("media.paused")).waitFor();
		expect(sent).toEqual([]);
		await there.getByRole("button", { name: farida.w("media.resume") }).click();
		await attached(olga, "گزارش.txt").waitFor();
		await there.waitFor({ state: "detached" });
		expect(Math.min(...sent)).toBeGreaterThan(0);
		expect((await saved(olga, "گزارش.txt")).toString()).toBe(text);
		expect(await attached(olga, "گزارش.txt").count()).toBe(1);
		(farida as { page: Page }).page = again;
	});

	test("on a line that is cut goes on when it is back, and words do not wait for it", async () => {
		const text = longText(1_500_000);
		const sent = offsets(olga.page);
		await narrowTo(olga.page, 250_000);
		await sendFile(olga, fileOf("Список.txt", text));
		const state = olga.page.locator(".upload");
		await hasGone(state, 15);
		await state.getByRole("button", { name: olga.w("media.pause_sending") }).click();
		await state.getByText(olga.w("media.paused")).waitFor();
		await olga.say("Это придёт раньше");
		await farida.sees("Это придёт раньше");
		await state.getByRole("button", { name: olga.w("media.resume") }).click();
		await hasGone(state, 30);
		await olga.context.setOffline(true);
		await state.getByText(olga.w("timeline.waiting")).waitFor();
		const upToNow = sent.length;
		await olga.context.setOffline(false);
		await attached(farida, "Список.txt").waitFor({ timeout: 60_000 });
		expect(Math.min(...sent.slice(upToNow))).toBeGreaterThan(0);
		expect((await saved(farida, "Список.txt")).toString()).toBe(text);
		expect(await attached(farida, "Список.txt").count()).toBe(1);
		await narrowTo(olga.page, 0);
	});

	test("says nothing of its maker any more, be it a letter or printed paper", async () => {
		const testdata = join(import.meta.dirname, "../../hub/media/clean/testdata");
		const said = { "letter.docx": (file: string) => unpacked(readFileSync(file)), "photo.pdf": (file: string) => found(file).join("\n") };
		for (const [name, sender, receiver] of [["letter.docx", farida, olga], ["photo.pdf", olga, farida]] as const) {
			const raw = join(testdata, name);
			expect(said[name](raw)).toMatch(maker);
			await sendFile(sender, raw);
			await attached(receiver, name).waitFor();
			const clean = said[name](fileOf(`clean-${name}`, await saved(receiver, name)));
			expect(clean.length).toBeGreaterThan(100);
			expect(clean).not.toMatch(maker);
		}
	});

	test("that the hub does not take says why, in its sender's language", async () => {
		for (const [sender, receiver, name] of [[farida, olga, "برنامه.pdf"], [olga, farida, "Программа.pdf"]] as const) {
			await sendFile(sender, fileOf(name, Buffer.concat([Buffer.from("MZ\u0000\u0001"), randomBytes(4_000)])));
			await refused(sender, "error.media_type");
			expect(await attached(receiver, name).count()).toBe(0);
		}
	});

	test("has the name that its sender gives it, without marks that turn it round", async () => {
		const dialog = await pick(farida, "media.choose_file", fileOf("x.txt", "یادداشت"));
		await dialog.getByLabel(farida.w("media.name"), { exact: true }).fill("یاد\u202eداشت");
		await sendIt(farida, dialog);
		await attached(olga, "یادداشت.txt").waitFor();
	});
});

/** A file stands among what was not sent, with the reason, and is given up. */
async function refused(sender: Reader, why: string): Promise<void> {
	const state = sender.page.locator(".upload");
	await state.getByText(sender.w(why)).waitFor();
	await shoot(sender.page, `media-${sender.language}-${why.replace("error.media_", "")}`);
	await sender.page.setViewportSize(phone);
	await state.getByRole("button", { name: sender.w("post.discard") }).click();
	await state.waitFor({ state: "detached" });
}

describe("a file that is passed on", () => {
	test("is read where it was passed to, by people who are not in the first channel", async () => {
		const samira = await account("samira");
		const room = /#\/talk\/([^/]+)/.exec(olga.page.url())?.[1];
		await samira("PUT", `/_matrix/client/v3/rooms/${room}/state/network.panah.sharing/`, { forward: true });
		await sendPicture(farida, await takePicture(farida.page), "برای همه", "پنجره");
		await sendFile(farida, fileOf("یادداشت همه.txt", "سلام به همه"));
		await olga.sees("برای همه");
		await attached(olga, "یادداشت همه.txt").waitFor();
		const maral = await sit(browser, "tk", "maral");
		for (const [by, what] of [[olga, "برای همه"], [farida, "یادداشت همه"]] as const) {
			await by.post(what).first().locator(".again button").click();
			await by.page.getByRole("dialog").getByRole("button", { name: by.w("post.forward"), exact: true }).click();
			await by.page.getByRole("dialog").getByRole("button", { name: "Coordination" }).click();
			await by.page.getByRole("dialog").waitFor({ state: "detached" });
		}
		await maral.go("#/talk");
		expect(await maral.page.getByRole("link", { name: "Interpreters" }).count()).toBe(0);
		await maral.page.getByRole("link", { name: "Coordination" }).first().click();
		await maral.page.getByRole("img", { name: "پنجره" }).waitFor();
		expect(telling(found(await savePicture(maral, "پنجره")))).toEqual([]);
		expect((await saved(maral, "یادداشت همه.txt")).toString()).toBe("سلام به همه");
		for (const name of ["پنجره", "یادداشت همه"]) {
			await maral.page.locator(".post", { hasText: name }).or(maral.page.locator(".post").filter({ has: maral.page.getByRole("img", { name }) })).locator(".passed-on", { hasText: "فریده نوری" }).first().waitFor();
		}

		// The first post goes; where the file was passed to it stays.
		await farida.post("یادداشت همه").first().locator(".again button").click();
		const dialog = farida.page.getByRole("dialog");
		await dialog.getByRole("button", { name: farida.w("post.remove"), exact: true }).click();
		await dialog.getByRole("button", { name: farida.w("post.remove_sure"), exact: true }).click();
		await expect.poll(() => attached(olga, "یادداشت همه.txt").count()).toBe(0);
		await maral.page.reload();
		expect((await saved(maral, "یادداشت همه.txt")).toString()).toBe("سلام به همه");
		expect(maral.errors).toEqual([]);
		await maral.leave();
	});
});

describe("a voice", () => {
	test.each(["fa-AF", "ru"] as const)("is recorded, listened to, sent, and played by the other, in %s", async (language) => {
		const [speaker, listener] = language === "ru" ? [olga, farida] : [farida, olga];
		const before = await listener.page.locator(".post .player").count();
		await speaker.button("media.attach").click();
		const dialog = speaker.page.getByRole("dialog");
		await shoot(speaker.page, `media-${language}-ways`);
		await speaker.page.setViewportSize(phone);
		await dialog.getByRole("button", { name: speaker.w("media.record"), exact: true }).click();
		await dialog.getByRole("button", { name: speaker.w("media.begin"), exact: true }).click();
		await dialog.getByRole("timer").filter({ hasText: /[۴4]$/ }).waitFor();
		await shoot(speaker.page, `media-${language}-recording`);
		await speaker.page.setViewportSize(phone);
		await dialog.getByRole("button", { name: speaker.w("media.stop"), exact: true }).click();
		await dialog.getByRole("slider").waitFor();
		await dialog.getByRole("button", { name: speaker.w("composer.send"), exact: true }).click();
		await dialog.waitFor({ state: "detached" });
		const player = listener.page.locator(".post .player").nth(before);
		const asked = mediaRequests(listener.page);
		await player.getByRole("button", { name: listener.w("media.play") }).waitFor();
		expect(asked).toEqual([]); // nothing plays or is fetched by itself
		await player.getByRole("button", { name: listener.w("media.play") }).click();
		const audio = player.locator("audio");
		await expect
			.poll(() => audio.evaluate((element) => (element as HTMLAudioElement).currentTime), { timeout: 15_000 })
			.toBeGreaterThan(0.3);
		await player.getByRole("button", { name: listener.w("media.pause") }).click();
		await player.getByRole("button", { name: new RegExp(unanchored(listener.language, "media.speed")) }).click();
		await expect.poll(() => audio.evaluate((element) => (element as HTMLAudioElement).playbackRate)).toBe(1.5); // set once the button says it
		await shoot(listener.page, `media-${listener.language}-voice`);
		await listener.page.setViewportSize(phone);
		expect(await player.evaluate((element) => getComputedStyle(element).direction)).toBe("ltr");
		expect((await new AxeBuilder({ page: listener.page }).include(".scroller").analyze()).violations.map((v) => v.id)).toEqual([]);
	});

	test("that may not be recorded says so", async () => {
		const silent = await sit(deaf, "ru", "olga");
		await enter(silent);
		await silent.button("media.attach").click();
		const dialog = silent.page.getByRole("dialog");
		await dialog.getByRole("button", { name: silent.w("media.record"), exact: true }).click();
		await dialog.getByRole("button", { name: silent.w("media.begin"), exact: true }).click();
		await dialog.getByText(/микрофон/i).waitFor();
		await silent.leave();
	});
});

describe("a person's picture", () => {
	test("is cut on the device, seen by the others, and taken away again", async () => {
		await olga.go("#/settings");
		const chooser = olga.page.waitForEvent("filechooser");
		await olga.button("portrait.add").click();
		await (await chooser).setFiles(await takePicture(olga.page, 1200, 900));
		const dialog = olga.page.getByRole("dialog");
		await dialog.locator("img").waitFor();
		await dialog.getByRole("slider").fill("2");
		await shoot(olga.page, "media-ru-cut");
		await olga.page.setViewportSize(phone);
		await dialog.getByRole("button", { name: olga.w("act.save"), exact: true }).click();
		await olga.button("portrait.remove").waitFor();
		await enter(olga);
		await olga.say("Теперь с фото");
		await farida.sees("Теперь с фото");
		await farida.page.reload();
		await farida.sees("Теперь с фото");
		await farida.page.locator(".post .avatar img").last().waitFor();
		await shoot(farida.page, "media-fa-AF-channel");
		await farida.page.setViewportSize(phone);
		await olga.go("#/settings");
		await olga.button("portrait.remove").click();
		await olga.button("portrait.add").waitFor();
	});
});

test("an organisation that has used its space up is told so", async () => {
	for (const [sender, name] of [[farida, "پیوست.txt"], [olga, "Приложение.txt"]] as const) {
		await enter(sender);
		await sendFile(sender, fileOf(name, longText(9_500_000)));
		await refused(sender, "error.media_quota");
	}
});

test("no page has stumbled", () => {
	for (const reader of [farida, olga]) expect(reader.errors, reader.language).toEqual([]);
});
