// @vitest-environment happy-dom
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Json } from "../../wire/decode";
import type { Fault } from "../../wire/fault";
import type { EventId, RoomId, UserId } from "../../wire/ids";
import { freshDraft } from "../alertDraft";
import { Alerts } from "../alerts/alerts";
import { Places } from "../places/places";
import type { NewFile } from "../media/content";
import { Vault } from "../vault";
import { Client } from "./client";
import { Raising } from "./raising";

/** What was asked of the hub, and how the test answers it. */
interface Asked {
	readonly what: string;
	readonly body: Json;
	answer(body: object, status?: number): void;
	fail(): void;
}

let asked: Asked[] = [];
/** What this page told the others of its device. */
let said: string[] = [];
let client: Client;

const me = { user_id: "@farida:hub", device_id: "D", name: "Farida", role: "member", may: ["see_overview"], network_space: "!n:hub", retention_ms: 1e12 };
/** Somebody else, who comes to the same device. */
const other = { ...me, user_id: "@bibi:hub", name: "Bibi" };
const mine = `/_matrix/client/v3/user/${encodeURIComponent(me.user_id)}/account_data`;

/** Every question stands until the test answers it. */
function hold(address: string, { method, signal, body }: { method: string; signal?: AbortSignal; body?: string }): Promise<Response> {
	return new Promise((done, failed) => {
		signal?.addEventListener("abort", () => failed(new Error("aborted")));
		asked.push({
			what: `${method} ${new URL(address, "http://hub").pathname}`,
			body: body === undefined ? {} : JSON.parse(body),
			answer: (answer, status = 200) => done(new Response(JSON.stringify(answer), { status })),
			fail: () => failed(new Error("no line")),
		});
	});
}

/** Deriving keys from a PIN takes long where other tests run beside it. */
const longest = 30_000;
vi.setConfig({ testTimeout: longest });
const until = <T>(so: () => T | Promise<T>) => vi.waitUntil(so, { timeout: longest });

/** Waits until the hub is asked something, and takes it off the list. */
async function question(what: string): Promise<Asked> {
	const found = await until(() => asked.find((one) => one.what === what));
	asked = asked.filter((one) => one !== found);
	return found;
}

/** Lets all that is ready happen. */
const settle = () => new Promise<void>((done) => setTimeout(done));

async function comeIn(who = me): Promise<void> {
	const coming = client.door.signIn(who.user_id, "words", "phone");
	(await question("POST /_panah/v1/sign-in")).answer({});
	(await question("GET /_panah/v1/me")).answer(who);
	await coming;
	expect(client.session.value).toMatchObject({ kind: "in", me: { id: who.user_id } });
}

beforeEach(() => {
	vi.stubGlobal("indexedDB", new IDBFactory());
	vi.stubGlobal("fetch", hold);
	said = [];
	vi.stubGlobal(
		"BroadcastChannel",
		class {
			postMessage(news: string): void {
				said.push(news);
			}
		},
	);
	asked = [];
	client = new Client();
});

/** Nothing of one test's page asks anything in the next one's. */
afterEach(async () => {
	vi.restoreAllMocks();
	await client.door.forget();
});

test.each<[string, () => Promise<unknown>, string, number]>([
	["what one may be asked about", () => client.own.setAbout([], "papers"), "PUT /_panah/v1/me/about", 200],
	["a name that it refuses", () => client.own.setName("F"), `PUT /_matrix/client/v3/profile/${encodeURIComponent(me.user_id)}/displayname`, 403],
])("whoever leaves while the hub is told %s stays out", async (_what, act, door, status) => {
	await comeIn();
	const done = act().catch(() => undefined);
	const late = await question(door);
	await client.door.forget();
	late.answer({ errcode: "M_FORBIDDEN" }, status);
	await done;
	expect(client.session.value).toEqual({ kind: "out" });
});

test("whoever locks the device while it keeps who they are stays out", async () => {
	await comeIn();
	await client.own.setPin("1234");
	await client.door.lock();
	client = new Client();
	await client.door.start();
	const opening = client.door.unlock("1234");
	const late = await question("GET /_panah/v1/me");
	let kept = (): void => undefined;
	const keeping = vi.spyOn(Vault.prototype, "setMe").mockReturnValueOnce(new Promise((done) => (kept = done)));
	late.answer(me);
	await until(() => keeping.mock.calls.length > 0);
	await client.door.lock();
	kept();
	await opening;
	expect(client.session.value).toEqual({ kind: "locked" });
});

test("whoever has to set a second key up is told so without a line", async () => {
	await comeIn();
	client.door.barred();
	expect(client.session.value).toMatchObject({ kind: "in", me: { factorNeeded: true } });
});

test("what was read for one person is not shown to the next", async () => {
	await comeIn();
	const reads = [
		client.circle.loadPeople(),
		client.circle.loadLeads(),
		client.circle.loadWaiting(),
		client.own.keepData("m.direct", () => ({ "@x:hub": ["!x:hub"] })),
	];
	const answers: [string, object][] = [
		["GET /_panah/v1/organisations", { organisations: [] }],
		["GET /_panah/v1/people", { people: [] }],
		["GET /_panah/v1/hubs", { hubs: [] }],
		["GET /_panah/v1/countries/leads", { leads: [{ country: "TJ", organisation_id: "o" }] }],
		["GET /_panah/v1/overview", { organisations: 1, reports: 1, corrections: 0, invitations: 0, homeless: 0, countries: {} }],
		[`PUT ${mine}/m.direct`, {}],
	];
	const late: (() => void)[] = [];
	for (const [what, answer] of answers) {
		const one = await question(what);
		late.push(() => one.answer(answer));
	}
	await client.door.forget();
	await comeIn(other);
	for (const answer of late) answer();
	await Promise.all(reads);
	expect(client.people.value).toBeUndefined();
	expect(client.leads.value.size).toBe(0);
	expect(client.waiting.value).toBeUndefined();
	expect(client.model.value.accountData.has("m.direct")).toBe(false);
});

test("of two readings of who is in the network the one that was asked for last stands", async () => {
	await comeIn();
	const read = async (name: string) => {
		const reading = client.circle.loadPeople();
		(await question("GET /_panah/v1/organisations")).answer({ organisations: [] });
		(await question("GET /_panah/v1/hubs")).answer({ hubs: [] });
		const people = await question("GET /_panah/v1/people");
		return () => {
			people.answer({ people: [{ user_id: me.user_id, name, role: "member" }] });
			return reading;
		};
	};
	const [before, now] = [await read("before"), await read("now")];
	await now();
	await before();
	expect(client.people.value?.map(({ name }) => name)).toEqual(["now"]);
});

test("whoever is blocked while another one is being blocked is blocked beside them", async () => {
	await comeIn();
	const both = ["@one:hub", "@two:hub"].map((user) => client.circle.block(user as UserId, true));
	(await question(`PUT ${mine}/m.ignored_user_list`)).answer({});
	const last = await question(`PUT ${mine}/m.ignored_user_list`);
	expect(last.body).toEqual({ ignored_users: { "@one:hub": {}, "@two:hub": {} } });
	last.answer({});
	await Promise.all(both);
	expect([...client.blocked.value]).toEqual(["@one:hub", "@two:hub"]);
});

test("writing to somebody makes one channel, though it is pressed twice and the line breaks before it is noted", async () => {
	await comeIn();
	const twice = [1, 2].map(() => client.channels.direct("@one:hub" as UserId).catch(() => "no line"));
	(await question("POST /_matrix/client/v3/createRoom")).answer({ room_id: "!one:hub" });
	(await question(`PUT ${mine}/m.direct`)).fail();
	(await question(`PUT ${mine}/m.direct`)).fail();
	expect(await Promise.all(twice)).toEqual(["no line", "no line"]);
	const again = client.channels.direct("@one:hub" as UserId);
	const noted = await question(`PUT ${mine}/m.direct`);
	expect(noted.body).toEqual({ "@one:hub": ["!one:hub"] });
	noted.answer({});
	expect(await again).toBe("!one:hub");
});

test("when a block is lifted, nothing is read anew for whoever has left meanwhile", async () => {
	await comeIn();
	const lifted = client.circle.block("@one:hub" as UserId, false);
	const late = await question(`PUT ${mine}/m.ignored_user_list`);
	await client.door.forget();
	asked = [];
	late.answer({});
	await lifted;
	expect(asked).toEqual([]);
});

const room = "!r:hub" as RoomId;
const muting = `PUT /_matrix/client/v3/pushrules/global/override/${encodeURIComponent(room)}`;

test("what fails for want of a line after its person has left is not put into the next one's outbox", async () => {
	await comeIn();
	const done = client.talk.mute(room, true).catch(() => "not done");
	const late = await question(muting);
	await client.door.forget();
	await comeIn(other);
	late.fail();
	expect(await done).toBe("not done");
	expect(client.outbox.value).toEqual([]);
});

test("what fails for want of a line behind the lock waits in the outbox once that is opened", async () => {
	await comeIn();
	await client.own.setPin("1234");
	const done = client.talk.mute(room, true);
	const late = await question(muting);
	await client.door.lock();
	late.fail();
	expect(await done).toBe("waiting");
	void client.door.unlock("1234");
	await until(() => client.outbox.value.length > 0);
	expect(client.outbox.value).toMatchObject([{ room, act: { kind: "mute", muted: true } }]);
});

test("what is not kept yet when its person leaves does not go out as the next one's", async () => {
	await comeIn();
	let kept = (): void => undefined;
	const keeping = vi.spyOn(Vault.prototype, "keep").mockReturnValueOnce(new Promise((done) => (kept = done)));
	const done = client.talk.mute(room, true).catch(() => "not done");
	await until(() => keeping.mock.calls.length > 0);
	await client.door.forget();
	await comeIn(other);
	kept();
	expect(await done).toBe("not done");
	expect(asked.map(({ what }) => what)).not.toContain(muting);
});

test("what was being done when the page was closed is done by the next one, once", async () => {
	await comeIn();
	void client.talk.mute(room, true).catch(() => undefined);
	await question(muting); // and no answer: the page is gone
	client = new Client();
	const opening = client.door.start();
	(await question(muting)).answer({});
	await until(() => client.outbox.value.length === 0);
	(await question("GET /_panah/v1/me")).answer(me);
	await opening;
	expect(await (await Vault.open())?.outbox()).toEqual([]);
});

test.each([
	["is done", {}, 200],
	["is refused", { errcode: "M_FORBIDDEN", "network.panah.key": "error.no_power" }, 403],
])("nothing is kept of what %s, and another page's doings do not have it done twice", async (_how, answer, status) => {
	await comeIn();
	const done = client.talk.mute(room, true).catch((error: Fault) => error.key);
	const late = await question(muting);
	expect(await (await Vault.open())?.outbox()).toMatchObject([{ act: { kind: "mute" } }]);
	await client.door.hear("outbox");
	expect(client.outbox.value).toEqual([]);
	late.answer(answer, status);
	expect(await done).toBe(status === 200 ? "done" : "error.no_power");
	expect(await (await Vault.open())?.outbox()).toEqual([]);
	expect(asked.filter(({ what }) => what === muting)).toEqual([]);
});

test("what waits for a line is gone from the page with whoever did it", async () => {
	await comeIn();
	const done = client.talk.mute(room, true);
	(await question(muting)).fail();
	expect(await done).toBe("waiting");
	const again = await question(muting);
	await client.door.forget();
	again.answer({ errcode: "M_MISSING_TOKEN" }, 401);
	await settle();
	expect(client.outbox.value).toEqual([]);
});

test("an alert that has gone takes its own draft along, and not one that was begun meanwhile", async () => {
	await comeIn();
	const raising = client.part(({ here, sending, talk }) => new Raising(here, sending, talk));
	const [first, next] = [freshDraft("tg", { code: "drill" }), freshDraft("tg", { code: "border" })];
	for (const draft of [first, next]) {
		raising.keep(draft);
		const sent = raising.send(draft);
		const late = await question("POST /_panah/v1/alerts");
		if (draft === first) raising.keep(next);
		late.answer({ state: "sent", alert_id: "$a" });
		await sent;
		expect(raising.draft()?.code).toBe(draft === first ? "border" : undefined);
	}
});

test("of two readings of the places, and of two of the alerts, the one that was asked for last stands", async () => {
	await comeIn({ ...me, may: ["see_places"] });
	for (const part of [Places, Alerts]) vi.spyOn(part.prototype, "soon").mockReturnValue(undefined); // nothing is asked by itself
	const places = client.part(({ here, keeping, sending, talk }) => new Places(here, keeping, sending, talk));
	const alerts = await client.alerts({ language: () => "tg", usual: () => ({ urgency: "Unknown", severity: "Unknown", certainty: "Unknown" }) });
	const doors = ["GET /_panah/v1/places/shelters", "GET /_panah/v1/places/requests", "GET /_panah/v1/alerts"];
	const asking = async () => {
		const reads = [places.load(), alerts.load()];
		const questions: Asked[] = [];
		for (const door of doors) questions.push(await question(door));
		return (answers: readonly object[]) => {
			for (const [n, one] of questions.entries()) one.answer(answers[n] ?? {}, answers.length > 0 ? 200 : 404);
			return Promise.all(reads);
		};
	};
	const [before, now] = [await asking(), await asking()];
	const empty = { shelters: [], requests: [], alerts: [] };
	await now([empty, empty, empty]);
	const [shelters, board] = [places.shelters.value, alerts.board.value];
	expect(shelters).toEqual([]);
	await before([empty, empty, empty]);
	expect(places.shelters.value).toBe(shelters);
	expect(alerts.board.value).toBe(board);
});

test("the end of a session is asked for once, before somebody else comes in", async () => {
	await comeIn();
	const leaving = client.door.signOut();
	const end = await question("POST /_panah/v1/sign-out");
	const coming = client.door.signIn(other.user_id, "words", "phone");
	await until(async () => (await Vault.errand()) === "end");
	end.answer({});
	await leaving;
	(await question("POST /_panah/v1/sign-in")).answer({});
	(await question("GET /_panah/v1/me")).answer(other);
	await coming;
	expect(asked.map(({ what }) => what)).not.toContain("POST /_panah/v1/sign-out");
});

test("a post that leaves while it is being reworded is reworded where it is", async () => {
	await comeIn();
	const door = (type: string, txn: string) => `PUT /_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/${type}/${txn}`;
	const words = (body: string) => ({ room, body, language: "tg" });
	await client.talk.send(words("his address"));
	const txn = client.outbox.value[0]?.txn ?? "";
	const late = await question(door("m.room.message", txn));
	const edit = client.talk.edit(words("no address"), { txn });
	late.answer({ event_id: "$1" });
	await edit;
	const again = client.outbox.value.find((item) => item.txn !== txn);
	expect(again?.act).toMatchObject({ content: { "m.relates_to": { rel_type: "m.replace", event_id: "$1" }, "m.new_content": { body: "no address" } } });
});

test("what the worker sent while it was being reworded is reworded where it is", async () => {
	await comeIn();
	await client.talk.send({ room, body: "his address", language: "tg" });
	const [item] = client.outbox.value;
	if (!item) throw new Error("nothing waits");
	const vault = await Vault.open();
	await vault?.keep({ ...item, state: "sent", event: "$1" as EventId });
	(await until(() => asked.find(({ what }) => what.includes("/send/")))).fail();
	await client.talk.edit({ room, body: "no address", language: "tg" }, { txn: item.txn });
	expect(client.outbox.value.at(-1)?.act).toMatchObject({ content: { "m.relates_to": { event_id: "$1" } } });
});

test("what cannot be reworded any more says so", async () => {
	await comeIn();
	await expect(client.talk.edit({ room, body: "no address", language: "tg" }, { txn: "given up" })).rejects.toMatchObject({ key: "error.unknown_event" });
});

test("the device locks, though its disk is full", async () => {
	await comeIn();
	await client.own.setPin("1234");
	vi.spyOn(Vault.prototype, "save").mockRejectedValue(new DOMException("no room", "QuotaExceededError"));
	await expect(client.door.lock()).rejects.toThrow("no room");
	expect(client.session.value).toEqual({ kind: "locked" });
	expect(said).toContain("locked");
});

test("the hub hears of a sign-out, though the device cannot be emptied", async () => {
	await comeIn();
	vi.spyOn(Vault.prototype, "destroy").mockRejectedValue(new Error("no store"));
	const leaving = client.door.signOut();
	(await question("POST /_panah/v1/sign-out")).answer({});
	await expect(leaving).rejects.toThrow("no store");
});

test("other pages hear of new keys before what is known is saved under them", async () => {
	await comeIn();
	const save = vi.spyOn(Vault.prototype, "save").mockImplementation(async () => void said.push("saved"));
	await client.own.setPin("1234");
	expect(save).toHaveBeenCalled();
	expect(said.filter((news) => news !== "outbox")).toEqual(["changed", "saved"]);
});

test("one saving waits for the one before it", async () => {
	await comeIn();
	const keeping = client.part((parts) => parts.keeping);
	let saved = (): void => undefined;
	const save = vi.spyOn(Vault.prototype, "save").mockImplementation(() => new Promise((done) => (saved = done)));
	const both = [keeping.save(), keeping.save()];
	await until(() => save.mock.calls.length > 0);
	await settle();
	expect(save).toHaveBeenCalledOnce();
	saved();
	await until(() => save.mock.calls.length === 2);
	saved();
	await Promise.all(both);
});

test("a page that opens while another one signs out shows nothing of what it has read", async () => {
	await comeIn();
	await client.talk.send({ room, body: "mine", language: "tg" });
	const late = new Client();
	let read = (): void => undefined;
	const drafts = vi.spyOn(Vault.prototype, "drafts").mockReturnValueOnce(new Promise((done) => (read = () => done(new Map([["x", "mine"]])))));
	const shown = vi.fn();
	late.session.subscribe(({ kind }) => shown(kind));
	const starting = late.door.start();
	await until(() => drafts.mock.calls.length > 0);
	await client.door.forget();
	const again = late.door.hear("changed");
	read();
	await starting;
	(await question("GET /_panah/v1/me")).answer({ errcode: "M_MISSING_TOKEN" }, 401);
	await again;
	expect(late.session.value).toEqual({ kind: "out" });
	expect(shown).not.toHaveBeenCalledWith("in");
	expect(late.drafts.value.size).toBe(0);
});

test("a file is sent once, though the disk has no room for its post", async () => {
	await comeIn();
	vi.spyOn(Vault.prototype, "keep").mockRejectedValue(new DOMException("no room", "QuotaExceededError"));
	await client.talk.sendFile({ room, caption: "", language: "tg" }, { blob: new Blob(["x"]), name: "a" } as NewFile);
	expect(client.outbox.value).toMatchObject([{ file: { name: "a" } }]);
});

test("an organisation that was made is made, though the line breaks before it is read who is there", async () => {
	await comeIn();
	const made = client.circle.createOrganisation("Umed", "ngo", "TJ");
	(await question("POST /_panah/v1/organisations")).answer({ id: "o", name: "Umed", kind: "ngo", country: "TJ", standing: "proposed" });
	(await question("GET /_panah/v1/people")).fail();
	expect((await made).id).toBe("o");
});
