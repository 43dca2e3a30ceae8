import { expect, test } from "vitest";
import { decodeFault } from "./fault";

test("carries the sentence and its arguments", () => {
	const fault = decodeFault(
		{ errcode: "M_LIMIT_EXCEEDED", error: "…", retry_after_ms: 3000, "network.panah.key": "error.limit_exceeded", "network.panah.args": { Count: 3, Odd: {} } },
		429,
	);
	expect(fault).toMatchObject({ errcode: "M_LIMIT_EXCEEDED", key: "error.limit_exceeded", args: { Count: 3 }, retryAfter: 3000, passing: true });
});

test.each([undefined, null, [], "x", {}, { errcode: 7 }])("an answer without an error body (%j) is an error all the same", (body) => {
	expect(decodeFault(body, 502)).toMatchObject({ errcode: "M_UNKNOWN", key: "error.internal", passing: true });
});

test("what the hub refuses is not tried again", () => {
	expect(decodeFault({ errcode: "M_FORBIDDEN" }, 403).passing).toBe(false);
});
