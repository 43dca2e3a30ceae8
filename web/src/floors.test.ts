import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

// wire ← state ← ui, with i18n as ground: a floor imports only what is below it.
const floors: Record<string, readonly string[]> = {
	i18n: ["i18n"],
	wire: ["wire"],
	state: ["wire", "state"],
	ui: ["state", "i18n", "ui"],
	worker: ["wire", "state", "worker"],
};

const src = resolve(import.meta.dirname);

function files(folder: string): string[] {
	return readdirSync(folder).flatMap((name) => {
		const path = join(folder, name);
		return statSync(path).isDirectory() ? files(path) : /\.tsx?$/.test(name) && !/\.test\./.test(name) ? [path] : [];
	});
}

const floorOf = (path: string) => relative(src, path).split("/")[0] ?? "";

function imports(path: string): string[] {
	const found = readFileSync(path, "utf8").matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g);
	return [...found].map((m) => resolve(path, "..", m[1] ?? ""));
}

test.each(Object.keys(floors))("%s imports nothing from above", (floor) => {
	const all = files(join(src, floor));
	expect(all.length).toBeGreaterThan(0);
	for (const path of all) {
		for (const target of imports(path)) {
			if (!target.startsWith(src)) continue; // the catalogs
			expect(floors[floor], `${relative(src, path)} imports ${relative(src, target)}`).toContain(floorOf(target));
		}
	}
});

test("the screens open no line, and the state touches no document", () => {
	for (const path of files(join(src, "ui"))) expect(readFileSync(path, "utf8"), path).not.toMatch(/\bfetch\(|new WebSocket|indexedDB/);
	for (const path of [...files(join(src, "state")), ...files(join(src, "wire"))]) {
		expect(readFileSync(path, "utf8"), path).not.toMatch(/\bdocument\.|\bwindow\.document/);
	}
});

test("no screen has a dot of its own between words: beside native digits it reads as their zero", () => {
	for (const path of files(join(src, "ui"))) {
		if (/(say\.ts|reports\/Figures\.tsx)$/.test(path)) continue; // where it is chosen; and names of file formats, which are Latin
		expect(readFileSync(path, "utf8"), path).not.toContain("·");
	}
});
