import { afterEach, expect, test, vi } from "vitest";
import { object, string } from "./decode";
import { bePatientFor, path, request } from "./http";

function answering(body: string, status = 200): void {
	vi.stubGlobal("fetch", async () => new Response(body, { status }));
}

afterEach(() => vi.unstubAllGlobals());

const ask = () => request("GET", "/x", (v) => string(object(v)["name"]));

test("reads what the hub answers, and what it refuses", async () => {
	answering('{"name":"Panah"}');
	expect(await ask()).toBe("Panah");
	answering('{"errcode":"M_FORBIDDEN","network.panah.key":"error.not_member"}', 403);
	await expect(ask()).rejects.toMatchObject({ errcode: "M_FORBIDDEN", key: "error.not_member", status: 403 });
});

test.each([
	["the sign-in page of a network", "<html>Welcome to our Wi-Fi</html>", 200],
	["a proxy that allows nothing", "<html>Forbidden</html>", 403],
	["a proxy whose hub is away", "", 502],
	["half an answer", '{"name":"Pan', 200],
])("%s means that the hub was not reached", async (_what, body, status) => {
	answering(body, status);
	await expect(ask()).rejects.toMatchObject({ errcode: "NETWORK", passing: true });
});

test("nothing is waited for longer than was said", async () => {
	const limits = vi.spyOn(AbortSignal, "timeout");
	answering('{"name":"Panah"}');
	await ask();
	bePatientFor(20_000);
	await ask();
	await request("GET", "/x", object, { timeout: 90_000 });
	bePatientFor(60_000);
	expect(limits.mock.calls).toEqual([[60_000], [20_000], [90_000]]);
});

test("an answer of another shape is a fault, not a crash", async () => {
	answering('{"name":7}');
	await expect(ask()).rejects.toMatchObject({ key: "error.internal", passing: true });
});

test("what people named cannot leave its place in a path", () => {
	expect(path`/rooms/${"!a/../b?c:hub"}/join`).toBe("/rooms/!a%2F..%2Fb%3Fc%3Ahub/join");
});
