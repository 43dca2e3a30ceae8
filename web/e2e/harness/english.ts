import type { Page } from "playwright-core";
import { bare, catalog, type Language, pattern } from "./words";

/** Words that are the same in every language: names of things and of the tests' own people and places, labels that stay in Latin letters. */
const proper = /^(Panah|Matrix|Aegis|FreeOTP|TLP|RED|CAP|QR|Shift|Chrome|Linux|English|Wi|Fi|CSV|JSON|localhost|http|https|example|org)$/;

/** Small words that no text in Uzbek or Turkmen has, and hardly an English one lacks. */
const english = new Set("the and you your with this that from please are have was not can is to of for here yet sign new".split(" "));

const latin: ReadonlySet<Language> = new Set(["uz", "tk"]);

/**
 * All that a person sees, hears or touches on a page: texts and names of things. What is marked as being in another language
 * than the page (somebody's post, the name of a language) is left out, and so is what is marked as having none.
 */
function textsOf(page: Page): Promise<string[]> {
	return page.evaluate(() => {
		const own = document.documentElement.lang;
		const texts = new Set<string>();
		const foreign = (element: Element) => {
			const marked = element.closest("[lang]");
			return marked !== null && marked.getAttribute("lang") !== own;
		};
		const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		for (let node = walker.nextNode(); node; node = walker.nextNode()) {
			const parent = node.parentElement;
			if (!parent || /^(SCRIPT|STYLE)$/.test(parent.tagName) || parent.closest("bdi, kbd, .avatar, .quote .what, .invitation-link") || foreign(parent)) continue;
			if (parent.tagName !== "OPTION" && !parent.checkVisibility({ visibilityProperty: true })) continue;
			texts.add(node.textContent ?? "");
		}
		for (const element of document.querySelectorAll("[aria-label], [title], [placeholder], [alt]")) {
			if (foreign(element) || !element.checkVisibility({ visibilityProperty: true })) continue;
			for (const name of ["aria-label", "title", "placeholder", "alt"]) texts.add(element.getAttribute(name) ?? "");
		}
		texts.add(document.title);
		return [...texts];
	});
}

/** What was found of texts, by the names that were known then: most of a screen stands on every other one, too. */
const judged = new WeakMap<readonly string[], Map<string, boolean>>();

/** Texts on the page that are English although its language is another. known are names of people and things on it; it does not change. */
export async function englishOn(page: Page, language: Language, known: readonly string[]): Promise<string[]> {
	const before = judged.get(known) ?? new Map<string, boolean>();
	judged.set(known, before);
	return (await textsOf(page)).map(bare).filter((text) => {
		const found = before.get(`${language} ${text}`) ?? isEnglish(text, language, known);
		before.set(`${language} ${text}`, found);
		return found;
	});
}

function isEnglish(text: string, language: Language, known: readonly string[]): boolean {
	if (/^[a-z_]+(\.[a-z_]+)+$/.test(text)) return true; // the key of a sentence that is missing
	const rest = known.reduce((left, name) => left.replaceAll(bare(name), " "), text);
	return englishPatterns(language).some((sentence) => sentence.test(text)) || looksEnglish(rest, language);
}

const patterns = new Map<Language, RegExp[]>();

/** English sentences of the catalogs, as far as they are written otherwise in the language and say more than a value. */
function englishPatterns(language: Language): RegExp[] {
	const made = patterns.get(language);
	if (made) return made;
	const all = Object.entries(catalog("en"))
		.filter(([key, entry]) => !key.startsWith("cli.") && key !== "app.name" && JSON.stringify(entry) !== JSON.stringify(catalog(language)[key]))
		.filter(([, entry]) => /[a-z]{3}/i.test(JSON.stringify(entry).replace(/\{\{[^}]*\}\}|"(one|few|many|other)":/g, "")))
		.map(([key]) => pattern("en", key));
	patterns.set(language, all);
	return all;
}

function looksEnglish(text: string, language: Language): boolean {
	if (latin.has(language)) return (text.toLowerCase().match(/[\p{L}ʻʼ’']+/gu) ?? []).some((word) => english.has(word));
	return (text.match(/[A-Za-z]{2,}/g) ?? []).some((word) => !proper.test(word));
}
