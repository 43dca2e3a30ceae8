import { expect, test } from "vitest";
import { units } from "../../i18n/alert";
import { countries } from "../names";
import { tilesOf } from "./tiles";

test("every province stands on the map once, and no two on one tile", () => {
	const tiles = countries.flatMap((country) => tilesOf(country));
	const provinces = units.filter((code) => code.includes("-"));
	expect(tiles.map(({ code }) => code).sort()).toEqual(provinces);
	expect(new Set(tiles.map(({ code, column, row }) => `${code.slice(0, 2)} ${column} ${row}`)).size).toBe(tiles.length);
});
