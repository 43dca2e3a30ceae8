// @vitest-environment happy-dom
import { h, render } from "preact";
import { act } from "preact/test-utils";
import { expect, test, vi } from "vitest";
import { speak, speakInside, t } from "../../i18n";
import { client } from "../client";
import NoticeSettings from "./NoticeSettings";

test("what is chosen while the choice before is on its way stands beside it, and an earlier reading takes neither back", async () => {
	const asked: { what: string; body: { push?: string[] }; answer(status?: number): Promise<void> }[] = [];
	const preferences = { push: ["alert"], mail: [], open: false, quiet: null };
	const told = { key: "", subscription: "", devices: 0, preferences, mails: false, address: "", pending: "" };
	vi.stubGlobal("fetch", (address: string, { method, body }: { method: string; body?: string }) => {
		const what = `${method} ${new URL(address, "http://hub").pathname}`;
		return new Promise<Response>((done) => {
			const answer = (status = 200) =>
				act(async () => {
					done(new Response(JSON.stringify(told), { status }));
					await new Promise((ready) => setTimeout(ready));
				});
			asked.push({ what, body: body === undefined ? {} : JSON.parse(body), answer });
		});
	});
	const next = async (what: string) => {
		const one = await vi.waitUntil(() => asked.find((each) => each.what === what), { timeout: 4_000 });
		asked.splice(asked.indexOf(one), 1);
		return one;
	};
	const [read, put] = ["GET /_panah/v1/push", "PUT /_panah/v1/push/preferences"];
	await speak("en");
	await speakInside(true);
	const place = document.body.appendChild(document.createElement("div"));
	await act(() => render(h(NoticeSettings, {}), place));
	await (await next(read)).answer();
	const box = (key: string) => [...place.querySelectorAll("label")].find((label) => label.textContent === t(key))?.querySelector("input");
	await act(() => {
		client.line.value = { state: "connected", since: 0 }; // all is read anew
	});
	const late = await next(read);
	await act(() => box("notices.direct")?.click());
	const first = await next(put);
	await late.answer();
	expect(box("notices.direct")?.checked).toBe(true);
	await act(() => box("notices.mention")?.click());
	expect(asked.filter(({ what }) => what === put)).toEqual([]);
	await first.answer();
	const second = await next(put);
	expect(second.body.push?.toSorted()).toEqual(["alert", "direct", "mention"]);
	await second.answer(500);
	expect(["alert", "direct", "mention"].map((kind) => box(`notices.${kind}`)?.checked)).toEqual([true, true, false]);
});
