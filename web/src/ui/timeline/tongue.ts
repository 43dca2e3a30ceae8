/** The eight languages by script. The first of each is taken when letters tell no more. */
const byScript = {
	arabic: ["fa-AF", "ps", "ur"],
	cyrillic: ["tg", "ru"],
	latin: ["en", "uz", "tk"],
} as const;

type Script = keyof typeof byScript;

/** Letters that one of the languages has and its neighbours in the same script do not. */
const telling: Record<string, RegExp> = {
	ps: /[ټډړښږګڼېۍځڅ]/gu,
	ur: /[ٹڈڑںہےھ]/gu,
	tg: /[ӣӯқғҳҷ]/giu,
	ru: /[цщыь]/giu, // the Tajik alphabet of 1998 has none of them
	uz: /[og][ʻ‘'`]/giu,
	tk: /[äžňöşüý]/giu,
};

const wordsOf = (list: string) => new RegExp(`(?<!\\p{L})(?:${list.replaceAll(" ", "|")})(?!\\p{L})`, "giu");

/** Small words that one of two neighbours has and the other does not. Tajik is often typed without its own letters, and Russian needs none of its. */
const tellingWords: Record<string, RegExp> = {
	tg: wordsOf("ва дар ба аз ки бо ин мо шумо ман аст хам барои нест бояд салом ассалом ассалому рахмат ташаккур хуб фардо имруз"),
	ru: wordsOf(
		"и в во с со что мы вы я как это нет по к ко из от для если или но где когда уже ещё еще так без под над при через после нас вас нам вам их его её ее " +
			"привет здравствуйте спасибо пожалуйста хорошо сегодня завтра вчера можно нужно надо будет будут",
	),
};

const scripts: [Script, RegExp][] = [
	["arabic", /\p{Script=Arabic}/gu],
	["cyrillic", /\p{Script=Cyrillic}/gu],
	["latin", /\p{Script=Latin}/gu],
];

const count = (text: string, pattern: RegExp | undefined) => (pattern ? (text.match(pattern)?.length ?? 0) : 0);

/** How much in a text tells that it is in a language. */
const signsOf = (tag: string, text: string) => count(text, telling[tag]) + count(text, tellingWords[tag]);

function scriptOf(text: string): Script | undefined {
	let best: Script | undefined;
	let most = 0;
	for (const [script, pattern] of scripts) {
		const n = count(text, pattern);
		if (n > most) [best, most] = [script, n];
	}
	return best;
}

/**
 * The language that a post being written is most likely in. It turns with the script typed, and keeps to what the person
 * chose as long as the letters allow: first the chosen language, then those the person used before, newest first.
 */
export function tongueOf(text: string, chosen: string, used: readonly string[] = []): string {
	const script = scriptOf(text);
	if (script === undefined) return chosen;
	const candidates: readonly string[] = byScript[script];
	const told = candidates.map((tag) => [tag, signsOf(tag, text)] as const).sort((a, b) => b[1] - a[1]);
	const [clear, runnerUp] = told;
	if (clear && clear[1] > 0 && clear[1] > (runnerUp?.[1] ?? 0)) return clear[0];
	if (candidates.includes(chosen)) return chosen;
	return used.find((tag) => candidates.includes(tag)) ?? candidates[0] ?? chosen;
}
