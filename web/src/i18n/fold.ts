/**
 * Brings spellings of one word together for finding names, as the hub's script.Fold does: Arabic and Persian letter forms, vowel marks,
 * digits, Cyrillic letters that keyboards confuse, Latin letters with marks.
 */
export function fold(words: string): string {
	const lower = words.normalize("NFKC").toLowerCase().replace(/\u200c|\u200d/g, "");
	const bare = lower.replace(/[\u064b-\u065f\u0670\u0640\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g, "").replace(/(?<=\p{L})['`´ʻʼ‘’](?=\p{L})/gu, "");
	return withoutMarks([...bare].map((letter) => alike.get(letter) ?? digit(letter)).join(""));
}

/** Letters that are searched for as the first of their group. */
const groups = [
	"یيىېۍےئ", "کك", "گګږ", "هہەۀةۂھ", "اآأإٱ", "وؤ", "نںڼ", "تټٹ", "دډڈ", "رړڑ", "شښ", // Arabic script
	"её", "иӣ", "уӯў", "кқ", "гғ", "хҳ", "чҷ", // Cyrillic
];

const alike = new Map(groups.flatMap((group) => [...group].slice(1).map((letter) => [letter, [...group][0] ?? ""] as const)));

function digit(letter: string): string {
	const at = "۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩".indexOf(letter);
	return at < 0 ? letter : String(at % 10);
}

/** Off Arabic and Cyrillic letters a mark makes another letter. */
const withoutMarks = (words: string): string => words.normalize("NFD").replace(/(\p{Script=Latin})\p{Mn}+/gu, "$1").normalize("NFC");
