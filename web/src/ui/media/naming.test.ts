import { expect, test } from "vitest";
import { fitting, joined, nameOf, neutral } from "./naming";

test.each([
	["report.pdf", "report.pdf"],
	["گزارش ۱۴۰۵.PDF", "گزارش ۱۴۰۵.pdf"],
	["photo\u202egpj.exe", "photogpj.exe"], // shown as photoexe.jpg where the mark is obeyed
	["../../etc/passwd", "....etcpasswd"],
	["a\u0000b\nc.txt", "abc.txt"],
	["", "file"],
	[".hidden", ".hidden"],
	["без окончания", "без окончания"],
	["نیم\u200cفاصله.docx", "نیم\u200cفاصله.docx"],
	[`${"й".repeat(300)}.pdf`, `${"й".repeat(80)}.pdf`],
])("%j is sent as %j", (raw, want) => {
	expect(joined(nameOf(raw))).toBe(want);
});

test("what a person types is cleaned as well, and the ending stays", () => {
	expect(joined({ base: "a/b\u2067c", ending: ".pdf" })).toBe("abc.pdf");
	expect(joined({ base: "  ", ending: ".pdf" })).toBe("file.pdf");
});

test("pictures and voices have names that say nothing", () => {
	expect(neutral("picture-1", "image/jpeg")).toBe("picture-1.jpg");
	expect(neutral("voice", "audio/webm;codecs=opus")).toBe("voice.webm");
});

test.each([
	["run.bat", "text/plain; charset=utf-8", "run.txt"],
	["page.html", "text/plain", "page.txt"],
	["app.desktop", "text/plain", "app.txt"],
	["a.bat. ", "text/plain", "a.txt"],
	["table.csv", "text/plain", "table.csv"],
	["a.pdf.exe", "application/pdf", "a.pdf"],
	["photo.jpeg", "image/jpeg", "photo.jpeg"],
	["отчёт 12.05", "application/pdf", "отчёт 12.05.pdf"],
	["a.js", "text/javascript", "a.bin"],
])("%j that was found to be %s is saved as %j", (name, type, want) => {
	expect(fitting(name, type)).toBe(want);
});
