import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type Call, decodeFrame, encodeCall } from "./frame";

// The same files are read by the hub's tests: they are the contract of the wire.
const folder = new URL("../../../hub/gateway/testdata/frames/", import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
const read = (name: string) => readFileSync(new URL(name, folder), "utf8");

test("there are golden frames", () => {
	expect(names.length).toBeGreaterThan(20);
});

test.each(names.filter((name) => !name.startsWith("call-")))("%s from the hub is understood", (name) => {
	const frame = decodeFrame(read(name));
	if (name.startsWith("reply-")) expect(frame.kind).toMatch(/result|error/);
	else expect(frame.kind).toBe("delta");
	expect(frame).toMatchSnapshot();
});

test.each(names.filter((name) => name.startsWith("call-")))("%s is what the client says", (name) => {
	const { id, ...call } = JSON.parse(read(name)) as { id: string } & Call;
	expect(JSON.parse(encodeCall(id, call))).toEqual({ id, ...call });
});

test.each([
	["M_LIMIT_EXCEEDED", true],
	["M_UNKNOWN", true],
	["M_RESOURCE_LIMIT_EXCEEDED", true],
	["M_FORBIDDEN", false],
	["M_TOO_LARGE", false],
])("a call that %s answers may succeed later: %s", (errcode, passing) => {
	expect(decodeFrame(JSON.stringify({ id: "1", error: { errcode, error: "…" } }))).toMatchObject({ fault: { passing } });
});

test.each([
	"",
	"[]",
	"7",
	"{",
	'{"next_batch":7}',
	'{"next_batch":"s1","rooms":[]}',
	'{"next_batch":"s1","rooms":{"join":{"!a":{"timeline":{"events":[{}]}}}}}',
])("%s is refused as a whole", (text) => {
	expect(() => decodeFrame(text)).toThrow();
});
