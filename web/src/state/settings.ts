import { type Json, lenient, string } from "../wire/decode";

/** A person's own choices, kept in their account so that all their devices share them. Absent means: as the language and country have it. */
export interface Settings {
	readonly language?: string;
	readonly calendar?: "solar" | "gregorian";
	readonly digits?: "native" | "latin";
	readonly clock?: "12" | "24";
	readonly theme?: "light" | "dark" | "contrast";
	/** When pictures are fetched: always, on lines that cost nothing, or when their reader presses. */
	readonly pictures?: "always" | "free" | "press";
	/** The language in which one last wrote. */
	readonly writing?: string;
	/** The first-time cards that one has put away. */
	readonly seen?: string;
}

/** The account data that holds them. */
export const settingsType = "network.panah.settings";

const choices: { readonly [K in keyof Settings]-?: readonly string[] | undefined } = {
	language: undefined,
	calendar: ["solar", "gregorian"],
	digits: ["native", "latin"],
	clock: ["12", "24"],
	theme: ["light", "dark", "contrast"],
	pictures: ["always", "free", "press"],
	writing: undefined,
	seen: undefined,
};

/** Reads what an account holds; what is unknown is left out. */
export function decodeSettings(content: Json | undefined): Settings {
	const settings: Record<string, string> = {};
	for (const [name, allowed] of Object.entries(choices)) {
		const value = lenient(string, content?.[name]);
		if (value !== undefined && (allowed?.includes(value) ?? true)) settings[name] = value;
	}
	return settings as Settings;
}
