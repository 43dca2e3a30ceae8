import { describe, expect, it } from "vitest";
import { tongueOf } from "./tongue";

describe("tongueOf", () => {
	it.each([
		["", "tg", [], "tg"],
		["123 !", "ur", [], "ur"],
		["سلام به همه", "en", [], "fa-AF"],
		["سلام", "ps", [], "ps"],
		["سلام", "en", ["ru", "ur"], "ur"],
		["زه ښه یم", "fa-AF", [], "ps"],
		["میں ٹھیک ہوں", "fa-AF", [], "ur"],
		["Салом, дӯстон", "ru", [], "tg"],
		["Мы ждём помощи", "tg", [], "ru"],
		["Привет", "ru", [], "ru"],
		["Здравствуйте, юрист будет завтра утром.", "tg", [], "ru"],
		["Сегодня есть две женщины и трое детей", "fa-AF", ["tg"], "ru"],
		["Очень нужна помощь", "tg", [], "ru"],
		["Цена неизвестна", "tg", [], "ru"],
		["Салом, мо хам омадаем", "ru", [], "tg"],
		["Лутфан ба мо хабар дихед", "ru", [], "tg"],
		["Ольга бо мо дар Хоруг аст", "tg", [], "tg"],
		["Душанбе", "tg", [], "tg"],
		["Душанбе", "ru", [], "ru"],
		["Hello", "fa-AF", [], "en"],
		["Hello", "tk", [], "tk"],
		["oʻrtoqlar", "en", [], "uz"],
		["Näme täzelik", "en", [], "tk"],
	])("of %j with %s chosen is the fourth", (text, chosen, used, want) => {
		expect(tongueOf(text, chosen, used)).toBe(want);
	});
});
