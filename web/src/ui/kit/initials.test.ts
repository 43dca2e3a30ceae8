import { describe, expect, it } from "vitest";
import { initials } from "./initials";

describe("initials", () => {
	it.each([
		["Zahra Karimi", "ZK"],
		["Zahra", "Z"],
		["زهرا کریمی", "ز"],
		["Шаҳноза Раҳимова", "ШР"],
		["  gulnora  ", "G"],
		["«Umid» markazi", "UM"],
		["Sima (سیما)", "S"],
		["", "?"],
		["📞 42", "?"],
	])("of %s are %s", (name, want) => {
		expect(initials(name)).toBe(want);
	});
});
