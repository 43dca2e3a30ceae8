import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openBrowser } from "./harness/browser";
import { Hub } from "./harness/hub";
import { phone, shoot } from "./harness/pictures";
import { Reader } from "./harness/reader";
import { unanchored } from "./harness/words";

/** A channel that somebody replaced from another Matrix client, as its members see it. */
const passphrase = "panah sample network";
const said = "این‌جا آغاز کردیم";

let hub: Hub;
let browser: Browser;

beforeAll(async () => {
	[hub, browser] = await Promise.all([Hub.start("demo"), openBrowser()]);
});

afterAll(async () => {
	await browser?.close();
	await hub?.stop();
});

async function matrix(method: string, path: string, body?: object, token?: string): Promise<Record<string, string>> {
	const headers = { "Content-Type": "application/json", ...(token !== undefined && { Authorization: `Bearer ${token}` }) };
	const answer = await fetch(hub.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
	expect(answer.status, path).toBe(200);
	return (await answer.json()) as Record<string, string>;
}

const v3 = "/_matrix/client/v3";

/** Somebody who uses another client. */
async function elsewhere(user: string): Promise<(method: string, path: string, body?: object) => Promise<Record<string, string>>> {
	const { access_token } = await matrix("POST", `${v3}/login`, { type: "m.login.password", identifier: { type: "m.id.user", user }, password: passphrase });
	return (method, path, body) => matrix(method, path, body, access_token);
}

/** Whether a line of the timeline is in view, above what stands at its foot. */
const shows = (line: Locator): Promise<boolean> =>
	line.evaluate((element) => {
		const { bottom } = element.getBoundingClientRect();
		return bottom <= (element.closest(".scroller")?.getBoundingClientRect().bottom ?? 0);
	});

test("a channel that was replaced leads to the new one, and that one back", async () => {
	const farida = await elsewhere("farida");
	const zarghuna = await elsewhere("zarghuna");
	const space = (await farida("GET", "/_panah/v1/me"))["network_space"];
	const { room_id: old } = await farida("POST", `${v3}/createRoom`, { name: "گذرگاه", preset: "public_chat", "network.panah.space": space });
	await zarghuna("POST", `${v3}/join/${old}`, {});
	await farida("PUT", `${v3}/rooms/${old}/send/m.room.message/1`, { msgtype: "m.text", body: said });

	const reader = await Reader.sitDown(browser, "ps");
	await reader.page.setViewportSize(phone);
	await reader.signIn(hub.url, { user: "zarghuna", passphrase });
	await reader.go(`#/talk/${encodeURIComponent(old ?? "")}`);
	await reader.sees(said);
	const writing = reader.page.getByRole("textbox", { name: reader.w("composer.label") });
	await writing.waitFor();

	const { replacement_room: next } = await farida("POST", `${v3}/rooms/${old}/upgrade`, { new_version: "11" });
	const onward = reader.button("channel.to_new");
	await onward.waitFor();
	expect(await writing.count()).toBe(0);
	await reader.page.getByRole("status").filter({ hasText: reader.w("room.replaced") }).waitFor();
	await reader.sees(said);
	const line = reader.timeline().getByText(unanchored("ps", "timeline.moved"));
	await expect.poll(() => shows(line)).toBe(true);
	await shoot(reader.page, "upgrade-old");

	await onward.focus();
	await reader.page.keyboard.press("Enter");
	await writing.waitFor();
	expect(reader.page.url()).toContain(encodeURIComponent(next ?? ""));
	await reader.say("دلته هم یم");
	await reader.sees("دلته هم یم");
	const back = reader.page.getByRole("link", { name: reader.w("channel.to_earlier") });
	await shoot(reader.page, "upgrade-new");
	await back.click();
	await reader.sees(said);
	await onward.waitFor();
	expect(reader.errors).toEqual([]);
}, 60_000);
