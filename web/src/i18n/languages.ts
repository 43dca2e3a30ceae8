/** The hub's languages; the tags name the catalogs. */
export type Tag = "fa-AF" | "ps" | "tg" | "uz" | "tk" | "ur" | "ru" | "en";

export interface Language {
	readonly tag: Tag;
	/** What its speakers call it. */
	readonly name: string;
	readonly dir: "ltr" | "rtl";
}

/** In the order in which they are offered; the same as in locales.go. */
export const languages: readonly Language[] = [
	{ tag: "fa-AF", name: "دری", dir: "rtl" },
	{ tag: "ps", name: "پښتو", dir: "rtl" },
	{ tag: "tg", name: "тоҷикӣ", dir: "ltr" },
	{ tag: "uz", name: "oʻzbekcha", dir: "ltr" },
	{ tag: "tk", name: "türkmen dili", dir: "ltr" },
	{ tag: "ur", name: "اردو", dir: "rtl" },
	{ tag: "ru", name: "русский", dir: "ltr" },
	{ tag: "en", name: "English", dir: "ltr" },
];

const byBase: Readonly<Record<string, Tag>> = {
	fa: "fa-AF",
	prs: "fa-AF",
	ps: "ps",
	pbu: "ps",
	pbt: "ps",
	pst: "ps",
	tg: "tg",
	uz: "uz",
	uzn: "uz",
	uzs: "uz",
	tk: "tk",
	ur: "ur",
	ru: "ru",
	en: "en",
};

/** The first of the wanted languages that the hub speaks. */
export function match(wanted: readonly string[]): Tag | undefined {
	for (const want of wanted) {
		const tag = byBase[want.toLowerCase().split(/[-_]/)[0] ?? ""];
		if (tag) return tag;
	}
	return undefined;
}

/** The direction of a language, also of one that the hub does not speak. */
export function direction(tag: string): "ltr" | "rtl" {
	const known = languages.find((l) => l.tag === tag);
	return known ? known.dir : /^(ar|fa|ps|ur|prs|he|ckb|sd|ug)\b/i.test(tag) ? "rtl" : "ltr";
}

export function nativeName(tag: string): string {
	return languages.find((l) => l.tag === tag)?.name ?? tag;
}
