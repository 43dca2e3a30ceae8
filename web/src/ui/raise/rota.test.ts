// @vitest-environment happy-dom
import { h, render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { speak, speakInside } from "../../i18n";
import type { Json, Me, UserId } from "../../state";
import { client } from "../client";
import RotaScreen from "./Rota";

/** What was asked of the hub and waits for its answer. */
interface Asked {
	readonly what: string;
	readonly body: Json;
	answer(body: object): void;
}

let asked: Asked[] = [];
let place: HTMLElement;
const users = ["@one:hub", "@two:hub", "@three:hub"];
const slots = (of: readonly string[]) => of.map((user) => ({ weekday: 0, from: 480, until: 1200, user_id: user, place: 1 }));
const rota = (of: readonly string[]) => ({ slots: slots(of), overrides: [], notes: [], zone: 0, now: [] });

/** Long enough where other tests run beside it. */
const longest = 30_000;
vi.setConfig({ testTimeout: longest });

async function question(what: string): Promise<Asked> {
	const found = await vi.waitUntil(() => asked.find((one) => one.what === what), { timeout: longest });
	asked = asked.filter((one) => one !== found);
	return found;
}

/** Answers, and has the screen show what comes of it. */
const answer = (one: Asked, body: object) =>
	act(async () => {
		one.answer(body);
		await new Promise((done) => setTimeout(done));
	});

const read = "GET /_panah/v1/organisations/o/rota";
const put = "PUT /_panah/v1/organisations/o/rota";

beforeEach(async () => {
	asked = [];
	vi.stubGlobal("fetch", (address: string, { method, body }: { method: string; body?: string }) => {
		const what = `${method} ${new URL(address, "http://hub").pathname}`;
		return new Promise<Response>((done) => {
			asked.push({ what, body: body === undefined ? {} : JSON.parse(body), answer: (to) => done(new Response(JSON.stringify(to))) });
		});
	});
	await speak("en");
	await speakInside(true);
	const me = { id: "@me:hub" as UserId, may: ["manage_rota"], organisation: { id: "o" } } as unknown as Me;
	client.session.value = { kind: "in", me };
	client.line.value = { state: "connected", since: 0 };
	place = document.createElement("div");
	await act(() => render(h(RotaScreen, { of: { organisation: "o" } }), place));
});

afterEach(() => act(() => render(null, place)));

test("who was taken out of the week stays out, though the next one is taken out before it is read anew", async () => {
	await answer(await question(read), rota(users));
	const takeOut = (n: number) => act(() => place.querySelectorAll<HTMLElement>(".week button")[n]?.click());
	await takeOut(0);
	const first = await question(put);
	expect(first.body["slots"]).toEqual(slots(users.slice(1)));
	await answer(first, {});
	await takeOut(1); // the first one stands there still
	expect((await question(put)).body["slots"]).toEqual(slots(users.slice(2)));
});

test("a rota that was asked for earlier does not stand in the place of a later one, and what is typed while a note is sent stays", async () => {
	const late = await question(read);
	await act(() => {
		client.line.value = { state: "offline", since: 0 };
	});
	await act(() => {
		client.line.value = { state: "connected", since: 1 };
	});
	await question(read); // as the line went
	await answer(await question(read), rota(["@one:hub"]));
	await answer(late, rota(users));
	expect(place.querySelectorAll(".week dd")).toHaveLength(1);

	await act(() => client.talk.saveDraft("note:o", "the key is with the neighbour"));
	await act(() => place.querySelector<HTMLFormElement>("form")?.requestSubmit());
	const note = await question("POST /_panah/v1/organisations/o/rota/notes");
	await act(() => client.talk.saveDraft("note:o", "the key is with the neighbour, and the lamp"));
	await answer(note, {});
	expect(client.drafts.value.get("note:o")).toBe("the key is with the neighbour, and the lamp");
});
