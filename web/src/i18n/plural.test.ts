import { expect, test } from "vitest";
import { languages } from "./languages";
import { pluralForm } from "./plural";
import golden from "./testdata/plural.json";

test.each(languages)("$tag chooses the plural form that the server chooses", ({ tag }) => {
	const numbers = [...Array.from({ length: 201 }, (_, n) => n), 1.5];
	expect(numbers.map((n) => pluralForm(tag, n))).toEqual(golden[tag]);
});
