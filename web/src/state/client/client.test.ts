// @vitest-environment happy-dom
import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { beforeEach, expect, test, vi } from "vitest";
import type { Json } from "../../wire/decode";
import type { UserId } from "../../wire/ids";
import { Vault } from "../vault";
import { Client } from "./client";

/** What was asked of the hub, and how the test answers it. */
interface Asked {
	readonly what: string;
	readonly body: Json;
	answer(body: object, status?: number): void;
	fail(): void;
}

let asked: Asked[] = [];
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

/** Waits until the hub is asked something, and takes it off the list. */
async function question(what: string): Promise<Asked> {
	const found = await vi.waitUntil(() => asked.find((one) => one.what === what));
	asked = asked.filter((one) => one !== found);
	return found;
}

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
	vi.stubGlobal("BroadcastChannel", undefined); // the pages of other tests are none of this device
	vi.restoreAllMocks();
	asked = [];
	client = new Client();
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
	await vi.waitUntil(() => keeping.mock.calls.length > 0);
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
