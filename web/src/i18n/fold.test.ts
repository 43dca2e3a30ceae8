import { expect, test } from "vitest";
import { fold } from "./fold";

test.each([
	["علي كريمي", "علی کریمی"],
	["می‌رود", "میرود"],
	["Фирӯз", "Фируз"],
	["Ҳамроҳ", "хамрох"],
	["Yoʻldosheva", "Yo'ldosheva"],
	["Şerif", "serif"],
	["ډاکټر", "داکتر"],
	["۱۲٣", "123"],
	["йод", "йод"],
])("%s is found by %s", (one, other) => expect(fold(one)).toBe(fold(other)));

test("letters that differ stay apart", () => expect(fold("й")).not.toBe(fold("и")));
