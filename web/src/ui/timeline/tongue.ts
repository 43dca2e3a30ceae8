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
	ru: /[ыщ]/giu,
	uz: /[og][ʻ‘'`]/giu,
	tk: /[äžňöşüý]/giu,
};

const scripts: [Script, RegExp][] = [
	["arabic", /\p{Script=Arabic}/gu],
	["cyrillic", /\p{Script=Cyrillic}/gu],
	["latin", /\p{Script=Latin}/gu],
];

const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

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
	const told = candidates.map((tag) => [tag, telling[tag] ? count(text, telling[tag]) : 0] as const).sort((a, b) => b[1] - a[1]);
	const [clear, runnerUp] = told;
	if (clear && clear[1] > 0 && clear[1] > (runnerUp?.[1] ?? 0)) return clear[0];
	if (candidates.includes(chosen)) return chosen;
	return used.find((tag) => candidates.includes(tag)) ?? candidates[0] ?? chosen;
}
