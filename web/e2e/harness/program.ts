import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { languages } from "./words";

/** The files of the build that every language needs. */
export const screens: string[] = readdirSync(join(import.meta.dirname, "../../dist/assets")).filter(
	(name) => /\.(js|css)$/.test(name) && !languages.some((tag) => ["", "active.", "alerts.", "dates."].some((kind) => name.startsWith(`${kind}${tag}-`))),
);

/** The files of the program that the worker has here, by name. */
export const programKept = (page: Page): Promise<string[]> =>
	page.evaluate(async () => {
		const [name] = await caches.keys();
		const kept = name === undefined ? [] : await (await caches.open(name)).keys();
		return kept.map(({ url }) => url.replace(/.*\//, ""));
	});
