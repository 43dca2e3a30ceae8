import { defineConfig } from "vitest/config";

/** The browser tests: the real hub, real Chromium, two files at a time: much of a test is waiting. `make test` starts them with all they need. */
export default defineConfig({
	test: {
		include: ["e2e/**/*.e2e.ts"],
		globalSetup: ["e2e/harness/ready.ts"],
		testTimeout: 240_000,
		hookTimeout: 240_000,
		expect: { poll: { timeout: 15_000 } }, // as long as a locator waits
		maxWorkers: 2,
		pool: "forks",
	},
});
