import { expect, it } from "vitest";
import { strangersIn } from "./strangers";

const met = [{ hub: "uz.example" }, { hub: "uz.example" }, { hub: "tj.example:8448" }];

it.each([
	["nobody but one's own", ["@farida:af.example"], []],
	["a hub that lists its organisations", ["@dilnoza:uz.example", "@zarina:tj.example:8448"], []],
	["the same name at another port", ["@zarina:tj.example"], ["tj.example"]],
	["two servers that have told nothing, each once", ["@a:z.example", "@b:m.example", "@c:z.example"], ["m.example", "z.example"]],
])("of %s", (_, members, want) => {
	expect(strangersIn(members, "@me:af.example", met)).toEqual(want);
});
