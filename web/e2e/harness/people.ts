import type { Language } from "./words";

/** Somebody of the tests, with what they say. */
export interface Character {
	language: Language;
	user: string;
	name: string;
	organisation: { name: string; kind: string; country: string };
	says: string;
	/** A second thing, said while the hub is down. */
	adds: string;
}

export const steward = { user: "samira", name: "Самира Ҳайдарӣ", passphrase: "чор дарёи ором дар шаб" };

export const characters: readonly Character[] = [
	{
		language: "fa-AF",
		user: "farida",
		name: "فریده نوری",
		organisation: { name: "رهنما", kind: "ngo", country: "AF" },
		says: "سلام! امشب دو جای خالی برای زنان داریم.",
		adds: "لطفاً پیش از ساعت نُه خبر بدهید.",
	},
	{
		language: "ps",
		user: "zarghuna",
		name: "زرغونه وردګ",
		organisation: { name: "د امان کور", kind: "shelter", country: "AF" },
		says: "سلامونه! موږ هم نن شپه مرسته کولای شو.",
		adds: "ښه، موږ چمتو یو.",
	},
	{
		language: "tg",
		user: "mavzuna",
		name: "Мавзуна Шарифова",
		organisation: { name: "Меҳрубон", kind: "ngo", country: "TJ" },
		says: "Салом! Мо дар Душанбе тарҷумон дорем.",
		adds: "Ҳамааш омода аст.",
	},
	{
		language: "uz",
		user: "dilnoza",
		name: "Dilnoza Yoʻldosheva",
		organisation: { name: "Yangi umid", kind: "shelter", country: "UZ" },
		says: "Assalomu alaykum! Toshkentda ham joy bor.",
		adds: "Ertalab javob beramiz.",
	},
	{
		language: "tk",
		user: "ogulgerek",
		name: "Ogulgerek Amanowa",
		organisation: { name: "Ak ýol", kind: "ngo", country: "TM" },
		says: "Salam! Aşgabatda kömege taýýar.",
		adds: "Ertir ýene ýazaryn.",
	},
	{
		language: "ur",
		user: "ayesha",
		name: "عائشہ ملک",
		organisation: { name: "سایہ ٹرسٹ", kind: "ngo", country: "PK" },
		says: "السلام علیکم! پشاور سے گاڑی جا سکتی ہے۔",
		adds: "گاڑی صبح سات بجے نکلے گی۔",
	},
	{
		language: "ru",
		user: "olga",
		name: "Ольга Мельникова",
		organisation: { name: "Бюро в Ташкенте", kind: "international", country: "UZ" },
		says: "Здравствуйте! Юрист будет завтра утром.",
		adds: "Документы привезёт коллега.",
	},
];
