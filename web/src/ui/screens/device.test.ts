import { describe, expect, it } from "vitest";
import { deviceName } from "./device";

describe("deviceName", () => {
	it.each([
		[
			"Mozilla/5.0 (Linux; Android 13; SM-A047F) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36",
			"Chrome, Android",
		],
		[
			"Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Safari/604.1",
			"Safari, iOS",
		],
		["Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox, Linux"],
		["something else", ""],
	])("of %s", (agent, want) => {
		expect(deviceName(agent)).toBe(want);
	});
});
