import { existsSync, mkdirSync } from "node:fs";
import { binary } from "./hub";
import { pictures } from "./pictures";

/** Says what is missing before the first test would fail for it. */
export default function ready(): void {
	if (!existsSync(binary)) throw new Error(`${binary} is not there: run the browser tests with \`make test\`, which builds it`);
	if (!process.env.PANAH_TEST_CHROMIUM) {
		throw new Error("PANAH_TEST_CHROMIUM is not set: run the browser tests with `make test`, which finds or installs Chromium");
	}
	mkdirSync(pictures, { recursive: true });
}
