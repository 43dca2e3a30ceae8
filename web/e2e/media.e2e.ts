import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openBrowser } from "./harness/browser";
import { fileOf, found, takePicture, telling } from "./harness/camera";
import { Hub } from "./harness/hub";
import { phone, shoot } from "./harness/pictures";
import { Reader } from "./harness/reader";
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
	[hub, browser, deaf] = await Promise.all([Hub.start("demo"), openBrowser(microphone), openBrowser()]);
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

async function sit(at: Browser, language: "fa-AF" | "ru", user: string): Promise<Reader> {
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

/** Chooses files as people do: by the paper clip and the system's own picker. */
async function pick(reader: Reader, way: "media.choose_pictures" | "media.choose_file", ...files: string[]): Promise<Locator> {
	await reader.button("media.attach").click();
	const dialog = reader.page.getByRole("dialog");
	const chooser = reader.page.waitForEvent("filechooser");
	await dialog.getByRole("button", { name: reader.w(way), exact: true }).click();
	await (await chooser).setFiles(files);
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
		expect(telling(found(await savePicture(olga, "یک در سرخ و آبی")))).toEqual([]);
		const left = await sent();
		expect(left.length).toBeGreaterThan(1_000);
		const sRGB = /^\[ICC/; // Chromium says of each picture that it draws that its colours are those of every screen
		expect(telling(found(fileOf("sent.jpg", left))).filter((line) => !sRGB.test(line))).toEqual([]);
		await shoot(olga.page, "media-ru-channel");
		await olga.page.setViewportSize(phone);
	});

	test("takes along words that call people by an @, as any post does", async () => {
		const dialog = await pick(olga, "media.choose_pictures", await takePicture(olga.page, 640, 480));
		const words = dialog.getByLabel(olga.w("media.caption"), { exact: true });
		await words.pressSequentially("@فر");
		await dialog.getByRole("option", { name: "فریده نوری" }).waitFor();
		await words.press("Enter");
		await words.pressSequentially("посмотри");
		expect(await words.inputValue()).toBe("@فریده نوری посмотри");
		await sendIt(olga, dialog);
		await farida.page.locator(".post.calls", { hasText: "посмотри" }).waitFor();
	});

	test("that is posted past the device's cleaning is clean as well", async () => {
		const raw = readFileSync(await takePicture(farida.page, 640, 480));
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
		const identifier = { type: "m.id.user", user: "farida" };
		const { access_token } = await asked("POST", "/_matrix/client/v3/login", {
			type: "m.login.password",
			identifier,
			password: passphrase,
		});
		const auth = { Authorization: `Bearer ${access_token}` };
		const { content_uri } = await asked("POST", "/_matrix/media/v3/upload?filename=IMG.jpg", raw, auth);
		const room = /#\/talk\/([^/]+)/.exec(olga.page.url())?.[1] ?? "";
		const content = {
			msgtype: "m.image",
			body: "past",
			filename: "IMG.jpg",
			"network.panah.alt": "раскрашенная дверь",
			url: content_uri,
			info: { mimetype: "image/jpeg", size: raw.length, w: 480, h: 640 },
		};
		await asked("PUT", `/_matrix/client/v3/rooms/${room}/send/m.room.message/raw1`, content, auth);
		await olga.sees("past");
		const image = olga.page.getByRole("img", { name: "раскрашенная дверь" });
		await image.waitFor();
		expect(await looks(image)).toEqual({ top: "red", bottom: "blue", upright: true });
		expect(telling(found(await savePicture(olga, "раскрашенная дверь")))).toEqual([]);
	});

	test("is fetched when its reader presses, if they wish so, and once", async () => {
		await olga.go("#/settings");
		await olga.page.getByRole("radio", { name: olga.w("settings.pictures_press"), exact: true }).check();
		await enter(olga);
		await sendPicture(farida, await takePicture(farida.page), "یکی دیگر", "یک دیوار");
		const asked = mediaRequests(olga.page);
		await olga.sees("یکی دیگر");
		const post = olga.post("یکی دیگر");
		await post.getByText("یک دیوار").waitFor();
		await shoot(olga.page, "media-ru-on-demand");
		await olga.page.setViewportSize(phone);
		const before = await post.locator(".picture").boundingBox();
		expect(asked).toEqual([]);
		await post.getByRole("button", { name: olga.w("media.show_picture") }).click();
		await post.getByRole("img", { name: "یک دیوار" }).waitFor();
		expect(asked).toHaveLength(1);
		expect(await post.locator(".picture").boundingBox()).toMatchObject({ width: before?.width, height: before?.height });
		await olga.context.setOffline(true);
		await olga.go("#/now");
		await enter(olga);
		await olga.post("یکی دیگر").getByRole("img", { name: "یک دیوار" }).waitFor();
		expect(asked).toHaveLength(1);
		await olga.context.setOffline(false);
		await olga.go("#/settings");
		await olga.page.getByRole("radio", { name: olga.w("settings.pictures_always"), exact: true }).check();
		await enter(olga);
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
		const sent = offsets(farida.page);
		await narrowTo(farida.page, 250_000);
		await sendFile(farida, fileOf("فهرست.txt", text));
		await hasGone(farida.page.locator(".upload"), 30);
		await farida.say("این زودتر می‌رسد");
		await olga.sees("این زودتر می‌رسد");
		await farida.context.setOffline(true);
		await farida.page.locator(".upload").getByText(farida.w("timeline.waiting")).waitFor();
		const upToNow = sent.length;
		await farida.context.setOffline(false);
		await attached(olga, "فهرست.txt").waitFor({ timeout: 60_000 });
		expect(Math.min(...sent.slice(upToNow))).toBeGreaterThan(0);
		expect((await saved(olga, "فهرست.txt")).toString()).toBe(text);
		expect(await attached(olga, "فهرست.txt").count()).toBe(1);
		await narrowTo(farida.page, 0);
	});

	test("that the hub does not take says why, in its sender's language", async () => {
		await sendFile(farida, fileOf("برنامه.pdf", Buffer.concat([Buffer.from("MZ\u0000\u0001"), randomBytes(4_000)])));
		await farida.page.locator(".upload").getByText(farida.w("error.media_type")).waitFor();
		await shoot(farida.page, "media-fa-AF-refused");
		await farida.page.setViewportSize(phone);
		await farida.page
			.locator(".upload")
			.getByRole("button", { name: farida.w("post.discard") })
			.click();
		await farida.page.locator(".upload").waitFor({ state: "detached" });
		expect(await attached(olga, "برنامه.pdf").count()).toBe(0);
	});

	test("has the name that its sender gives it, without marks that turn it round", async () => {
		const dialog = await pick(farida, "media.choose_file", fileOf("x.txt", "یادداشت"));
		await dialog.getByLabel(farida.w("media.name"), { exact: true }).fill("یاد\u202eداشت");
		await sendIt(farida, dialog);
		await attached(olga, "یادداشت.txt").waitFor();
	});
});

describe("a voice", () => {
	test("is recorded, listened to, sent, and played by the other", async () => {
		await farida.button("media.attach").click();
		const dialog = farida.page.getByRole("dialog");
		await shoot(farida.page, "media-fa-AF-ways");
		await farida.page.setViewportSize(phone);
		await dialog.getByRole("button", { name: farida.w("media.record"), exact: true }).click();
		await dialog.getByRole("button", { name: farida.w("media.begin"), exact: true }).click();
		await dialog.getByRole("timer").filter({ hasText: /[۲2]$/ }).waitFor();
		await shoot(farida.page, "media-fa-AF-recording");
		await farida.page.setViewportSize(phone);
		await dialog.getByRole("button", { name: farida.w("media.stop"), exact: true }).click();
		await dialog.getByRole("slider").waitFor();
		await dialog.getByRole("button", { name: farida.w("composer.send"), exact: true }).click();
		await dialog.waitFor({ state: "detached" });
		const player = olga.page.locator(".post .player").last();
		const asked = mediaRequests(olga.page);
		await player.getByRole("button", { name: olga.w("media.play") }).waitFor();
		expect(asked).toEqual([]); // nothing plays or is fetched by itself
		await player.getByRole("button", { name: olga.w("media.play") }).click();
		const audio = player.locator("audio");
		await expect
			.poll(() => audio.evaluate((element) => (element as HTMLAudioElement).currentTime), { timeout: 15_000 })
			.toBeGreaterThan(0.3);
		await player.getByRole("button", { name: olga.w("media.pause") }).click();
		await player.getByRole("button", { name: unanchoredSpeed() }).click();
		expect(await audio.evaluate((element) => (element as HTMLAudioElement).playbackRate)).toBe(1.5);
		await shoot(olga.page, "media-ru-voice");
		await olga.page.setViewportSize(phone);
		expect(await player.evaluate((element) => getComputedStyle(element).direction)).toBe("ltr");
		expect((await new AxeBuilder({ page: olga.page }).include(".scroller").analyze()).violations.map((v) => v.id)).toEqual([]);
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

const unanchoredSpeed = () => new RegExp(unanchored("ru", "media.speed"));

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

test("no page has stumbled", () => {
	for (const reader of [farida, olga]) expect(reader.errors, reader.language).toEqual([]);
});
