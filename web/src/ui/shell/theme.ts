import { effect, type ReadonlySignal, signal } from "@preact/signals";
import { mark, setMark } from "../../state";

export type Theme = "system" | "light" | "dark" | "contrast";
export type TextSize = "normal" | "large" | "largest";

/** What the person chose; the system's own until then. */
export const theme = signal<Theme>("system");

const dark = matchMedia("(prefers-color-scheme: dark)");
const contrast = matchMedia("(prefers-contrast: more)");
const system = signal(0);
for (const query of [dark, contrast]) query.addEventListener("change", () => system.value++);

/** Turns a choice into one of the three themes that tokens.css has. */
export function resolved(theme: Theme, prefersDark: boolean, prefersContrast: boolean): Exclude<Theme, "system"> {
	if (theme !== "system") return theme;
	if (prefersContrast) return "contrast";
	return prefersDark ? "dark" : "light";
}

/** Keeps the page in the chosen theme, and the browser's own bars with it. */
export function followTheme(theme: ReadonlySignal<Theme>): () => void {
	return effect(() => {
		void system.value;
		const root = document.documentElement;
		root.dataset["theme"] = resolved(theme.value, dark.matches, contrast.matches);
		const ground = getComputedStyle(root).getPropertyValue("--ground").trim();
		browserBar().content = ground;
	});
}

function browserBar(): HTMLMetaElement {
	const known = document.querySelector<HTMLMetaElement>('meta[name="theme-color"]');
	if (known) return known;
	const made = document.createElement("meta");
	made.name = "theme-color";
	document.head.append(made);
	return made;
}

/** The size of text belongs to the screen, not to the person, so it stays on this device. */
const sizeKey = "panah.text";

export const textSize = signal<TextSize>(readSize());

function readSize(): TextSize {
	const kept = mark(sizeKey);
	return kept === "large" || kept === "largest" ? kept : "normal";
}

export function setTextSize(size: TextSize): void {
	textSize.value = size;
	setMark(sizeKey, size);
}

export function followTextSize(): () => void {
	return effect(() => {
		document.documentElement.dataset["text"] = textSize.value;
	});
}
