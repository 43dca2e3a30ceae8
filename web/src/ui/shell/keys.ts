import { useEffect } from "preact/hooks";
import { shownPane } from "./focus";
import { above, go, route } from "./router";

interface Options {
	help: () => void;
}

/** The keys of wide screens: / searches, j and k move, Esc goes up, ? explains. Enter opens by itself. */
export function useKeys({ help }: Options): void {
	useEffect(() => {
		const pressed = (event: KeyboardEvent) => {
			if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
			if (event.key === "Escape") return leaveField() || up();
			if (typing(event.target)) return;
			const act = acts[event.key] ?? (event.shiftKey ? undefined : acts[event.code]);
			if (event.key === "?" || event.key === "؟") help();
			else if (act) act();
			else return;
			event.preventDefault();
		};
		addEventListener("keydown", pressed);
		return () => removeEventListener("keydown", pressed);
	}, []);
}

/** The field of the screen that one is at; else that of the list beside it; where there is none, the search for posts. */
const search = () => {
	const fields = [...document.querySelectorAll<HTMLElement>("[data-search] input")].filter((field) => field.offsetParent !== null);
	const field = fields.find((one) => one.closest("[data-pane=thing]")) ?? fields[0];
	if (field) field.focus();
	else go({ at: "search" });
};
const down = () => move(1);
const upward = () => move(-1);

/** By the letter, or else by where the key lies: on keyboards of other scripts there is no j. */
const acts: Record<string, () => void> = { "/": search, Slash: search, j: down, KeyJ: down, k: upward, KeyK: upward };

function typing(target: EventTarget | null): boolean {
	return target instanceof HTMLElement && target.closest("input:not([type=radio]), textarea, select, [contenteditable]") !== null;
}

function leaveField(): boolean {
	const field = document.activeElement;
	if (!(field instanceof HTMLElement) || !typing(field)) return false;
	const around = field.closest<HTMLElement>("[data-row], [data-pane]");
	if (around) around.focus({ preventScroll: true });
	else field.blur();
	return true;
}

function up(): void {
	const to = above(route.value);
	if (to) go(to);
}

/** Moves from line to line of the pane that one is in; at the heading, of the one that it names; of the list when there is nothing to move in. */
function move(by: number): void {
	const pane = document.activeElement?.closest("[data-pane]") ?? shownPane();
	const inPane = pane ? rowsOf(pane) : [];
	const rows = inPane.length > 0 ? inPane : [...document.querySelectorAll("[data-pane]")].map(rowsOf).find((found) => found.length > 0);
	if (!rows) return;
	const at = rows.findIndex((row) => row === document.activeElement || row.contains(document.activeElement));
	const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by));
	rows[next]?.focus();
	rows[next]?.scrollIntoView({ block: "nearest" });
}

const rowsOf = (pane: Element) => [...pane.querySelectorAll<HTMLElement>("[data-row]")].filter((row) => row.offsetParent !== null);
