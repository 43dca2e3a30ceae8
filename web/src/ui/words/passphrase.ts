import type { Tag } from "./lists";

/** Six words of 128 are 42 bits: far beyond what argon2id and the limits on signing in let anybody try. */
export const wordsInPassphrase = 6;

const loaders: Record<Tag, () => Promise<{ words: string }>> = {
	en: () => import("./en"),
	"fa-AF": () => import("./fa-AF"),
	ps: () => import("./ps"),
	tg: () => import("./tg"),
	uz: () => import("./uz"),
	tk: () => import("./tk"),
	ur: () => import("./ur"),
	ru: () => import("./ru"),
};

/** Proposes a passphrase of everyday words in the person's own language, by the browser's source of true chance. */
export async function propose(tag: string): Promise<string> {
	const load = loaders[tag as Tag] ?? loaders.en;
	const words = (await load()).words.split(/\s+/u);
	return Array.from({ length: wordsInPassphrase }, () => words[below(words.length)]).join(" ");
}

/** A number from 0 up to, not including, `limit`, all equally likely: numbers that would favour the first are drawn again. */
export function below(limit: number, draw: () => number = draw32): number {
	const fair = 2 ** 32 - (2 ** 32 % limit);
	let drawn = draw();
	while (drawn >= fair) drawn = draw();
	return drawn % limit;
}

function draw32(): number {
	return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
}
