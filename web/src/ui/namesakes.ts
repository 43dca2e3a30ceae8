import { fold } from "../i18n/fold";

/** Letters that nobody can tell apart on a screen although their scripts differ, after folding; from Unicode's confusables.txt (UTS #39). */
const cyrillic = "аеорсухкмтвнігјѕһԁԛԝӏ";
const latin = "aeopcyxkmtbhirjshdqwl";

const twins = new Map([...cyrillic].map((letter, n) => [letter, latin[n] ?? letter] as const));

/** What a name looks like: two names with the same look are the same name to a reader. */
const look = (name: string): string =>
	[...fold(name)]
		.map((letter) => twins.get(letter) ?? letter)
		.join("")
		.replace(/[^\p{L}\p{N}]/gu, "");

/** Whose name looks like somebody else's: their user names tell them apart, since those are given once and never again. */
export function namesakesAmong(people: Iterable<{ readonly id: string; readonly name?: string | undefined }>): ReadonlySet<string> {
	const byLook = new Map<string, string[]>();
	for (const { id, name } of people) {
		const key = look(name ?? "");
		if (key !== "") byLook.set(key, [...(byLook.get(key) ?? []), id]);
	}
	return new Set([...byLook.values()].filter((ids) => ids.length > 1).flat());
}
