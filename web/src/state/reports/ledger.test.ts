import { readFileSync } from "node:fs";
import { afterEach, expect, test, vi } from "vitest";
import { departs, verify } from "./ledger";

/** An export as the hub makes it; its own test writes and verifies it. */
const whole = readFileSync(new URL("testdata/ledger.jsonl", import.meta.url), "utf8").trimEnd().split("\n");

const changed = (change: (lines: string[]) => string[]) => verify(change([...whole]).join("\n"));
const inLine = (n: number, from: string | RegExp, to: string) => (lines: string[]) => lines.map((line, at) => (at === n ? line.replace(from, to) : line));

afterEach(() => vi.unstubAllGlobals());

test("the hub's export verifies", async () => {
	const checked = await changed((lines) => lines);
	expect(checked).toMatchObject({ signed: true });
	expect(checked.wrong).toBeUndefined();
	expect(checked.entries.map(({ what }) => what)).toEqual(["count", "held", "waiting", "declined", "held", "close"]);
});

test.each<[string, number, (lines: string[]) => string[]]>([
	["a number changed", 2, inLine(2, '"places":2', '"places":1')],
	["an entry dropped", 3, (lines) => lines.toSpliced(3, 1)],
	["an entry twice", 3, (lines) => lines.toSpliced(3, 0, lines[2] ?? "")],
	["the order changed", 2, (lines) => lines.toSpliced(2, 2, lines[3] ?? "", lines[2] ?? "")],
	["a signature of none", 1, inLine(1, '"signature":"', '"signature":"AA')],
	["a signature of another entry", 2, (lines) => inLine(2, /"signature":"[^"]*"/, /"signature":"[^"]*"/.exec(lines[1] ?? "")?.[0] ?? "")(lines)],
	["a hash made anew", 4, inLine(4, '"hash":"', '"hash":"x')],
	["spaces put in", 2, inLine(2, '"places":', '"places": ')],
	["no line at all", 2, (lines) => lines.toSpliced(2, 0, "{}")],
	["no head", 0, (lines) => lines.slice(1)],
	["another file", 0, () => ["name,age", "a,1"]],
	["an empty file", 0, () => []],
	["keys of another kind", 0, inLine(0, /"keys":\{[^}]*\}/, '"keys":{"ed25519:1":"AAAA"}')],
])("%s is refused, and where", async (_, wrong, change) => {
	expect((await changed(change)).wrong).toBe(wrong);
});

test("what was taken off the end shows beside an older export", async () => {
	const older = await changed((lines) => lines);
	expect(departs(older, await changed((lines) => lines.slice(0, -1)))).toBe(6);
	expect(departs(await changed((lines) => lines.slice(0, -2)), older)).toBeUndefined();
});

test("a browser without Ed25519 checks the chain, and says that it checked no signature", async () => {
	const { subtle } = crypto;
	vi.stubGlobal("crypto", { subtle: { digest: subtle.digest.bind(subtle), importKey: () => Promise.reject(new DOMException("", "NotSupportedError")) } });
	expect(await changed((lines) => lines)).toMatchObject({ signed: false, entries: { length: 6 } });
	expect((await changed(inLine(2, '"places":2', '"places":1'))).wrong).toBe(2);
});
