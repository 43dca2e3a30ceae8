import { expect, it } from "vitest";
import { originOf } from "./origin";

const abroad = [
	{ hub: "uz.example:8448", country: "UZ" },
	{ hub: "uz.example:8448", country: "UZ" },
	{ hub: "many.example", country: "TJ" },
	{ hub: "many.example", country: "TM" },
];

it.each([
	["one's own hub", "@farida:af.example", undefined],
	["a hub of one country", "@dilnoza:uz.example:8448", { server: "uz.example:8448", country: "UZ" }],
	["the same name at another port", "@dilnoza:uz.example", { server: "uz.example" }],
	["a hub of several countries", "@someone:many.example", { server: "many.example" }],
	["a server that has told nothing", "@guest:elsewhere.example", { server: "elsewhere.example" }],
])("somebody of %s", (_, user, want) => {
	expect(originOf(user, "@me:af.example", abroad)).toEqual(want);
});
