import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { languages, match } from "./languages";
import { type Catalog, isolate, print } from "./message";

const catalog: Catalog = { plain: "Hello {{.Name}}", many: { one: "{{.Count}} post", other: "{{.Count}} posts" } };

test("values are isolated, and cannot break out", () => {
	expect(print(catalog, "en", "latin", "plain", { Name: "a\u202eb\u2069" })).toBe("Hello \u2068ab\u2069");
	expect(isolate("+93 70")).toBe("\u2068+93 70\u2069");
});

test("the number chooses the form and is written in the reader's digits", () => {
	expect(print(catalog, "en", "latin", "many", { Count: 1 })).toBe("1 post");
	expect(print(catalog, "fa-AF", "native", "many", { Count: 20 })).toBe("۲۰ posts");
});

test("a sentence that no catalog has is undefined, not invented", () => {
	expect(print(catalog, "en", "latin", "none")).toBeUndefined();
});

test.each([
	[["prs-AF"], "fa-AF"],
	[["fa-IR"], "fa-AF"],
	[["pbu"], "ps"],
	[["uz-Cyrl-UZ"], "uz"],
	[["de", "tg-TJ"], "tg"],
	[["ar"], undefined],
	[[], undefined],
])("%j is read as %s", (wanted, tag) => {
	expect(match(wanted)).toBe(tag);
});

test("every catalog can be printed by the client", () => {
	for (const { tag } of languages) {
		const file = JSON.parse(readFileSync(new URL(`../../../locales/active.${tag}.json`, import.meta.url), "utf8")) as Catalog;
		for (const key of Object.keys(file)) {
			const text = print(file, tag, "native", key, { Count: 3, Name: "x", Other: "y", Time: "z", Text: "t", Role: "r", Limit: 7 });
			expect(text, `${tag} ${key}`).toBeTruthy();
			expect(text, `${tag} ${key}`).not.toContain("{{");
		}
	}
});
