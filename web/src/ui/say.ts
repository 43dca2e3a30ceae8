/** How the screens say times, numbers and failures: i18n's own, with what the screens add. */
import { computed, signal } from "@preact/signals";
import { direction, language as spoken, languages, nativeName, t, type Tag } from "../i18n";
import { Fault, hubNow, onCorrected } from "../state";

import { number } from "../i18n";
export { ago, direction, moment, number, time as clock } from "../i18n";
export { dayHeading } from "../i18n";

/** The language on screen. */
export const language = computed<Tag>(() => spoken.value ?? "en");

/** The minute that it is at the hub, for everything that says how long ago something was. */
export const now = signal(hubNow());
const look = () => {
	now.value = hubNow();
};
setInterval(look, 30_000);
onCorrected(look);

/**
 * What stands between things that are side by side on one line. Right-to-left readers have their comma: their zero is a dot as well, so that with a
 * dot before it "1 place" would read as ten.
 */
export const dot = (): string => (direction(language.value) === "rtl" ? "، " : " · ");

/** A size as people read it: from a hundred bytes up in kilobytes, from a million up in megabytes. */
export function bytes(size: number): string {
	if (size < 999_500) return t("size.kb", { Size: decimal(size / 1_000) });
	return t("size.mb", { Size: decimal(size / 1_000_000) });
}

/** One digit behind the point below ten, in the reader's digits and with the reader's point. */
function decimal(value: number): string {
	const text = value < 10 ? value.toFixed(1).replace(/\.0$/, "") : String(Math.round(value));
	const [whole = "", part] = text.split(".");
	return part === undefined ? number(Number(whole)) : `${number(Number(whole))}${t("size.point")}${number(Number(part))}`;
}

/** Sameness of days in the reader's time zone. Days begin at midnight in both calendars, so the cheaper one tells them apart. */
export function dayKey(at: number): string {
	const day = new Date(at);
	return `${day.getFullYear()}-${day.getMonth()}-${day.getDate()}`;
}

/** Languages to choose from, each by its own tag. */
export const tongues: readonly Tag[] = languages.map(({ tag }) => tag);
export const tongueName = nativeName;

const short: Record<Tag, string> = { "fa-AF": "دری", ps: "پښتو", tg: "тоҷ", uz: "oʻzb", tk: "tkm", ur: "اردو", ru: "рус", en: "Eng" };

/** A language's own name, cut to what fits beside a field. */
export const tongueShort = (tag: string): string => short[tag as Tag] ?? tag;

/** What went wrong, in the reader's words. Whatever is no Fault is a mistake of ours, and goes on to where mistakes are seen. */
export function trouble(error: unknown): string {
	if (!(error instanceof Fault)) {
		queueMicrotask(() => {
			throw error;
		});
		return t("error.internal");
	}
	return t(error.key, error.args);
}

/** Turns the page to the language on screen: its direction, its letters, and what screen readers speak. */
export function followLanguage(): () => void {
	return spoken.subscribe((tag) => {
		if (!tag) return;
		document.documentElement.lang = tag;
		document.documentElement.dir = direction(tag);
	});
}
