import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The walks through all screens come first: they take longest, and whoever begins one last would end it alone. The rest comes by size. */
class LongestFirst extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		const bySize = await super.sort(files);
		const long = (file: TestSpecification) => Number(file.moduleId.includes("/screens."));
		return bySize.toSorted((a, b) => long(b) - long(a));
	}
}

/** The browser tests: the real hub, real Chromium, two files at a time: much of a test is waiting. `make test` starts them with all they need. */
export default defineConfig({
	test: {
		include: ["e2e/**/*.e2e.ts"],
		globalSetup: ["e2e/harness/ready.ts"],
		testTimeout: 240_000,
		hookTimeout: 240_000,
		expect: { poll: { timeout: 15_000 } }, // as long as a locator waits
		maxWorkers: 2,
		sequence: { sequencer: LongestFirst },
		pool: "forks",
	},
});
