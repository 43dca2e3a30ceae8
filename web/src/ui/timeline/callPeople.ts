import type { RefObject } from "preact";
import { useId, useMemo, useState } from "preact/hooks";
import { t } from "../../i18n";
import { mayCallAll, type Room, type Post as Said, type UserId } from "../../state";
import { me, organisationOf, peopleById } from "../client";
import { personName, roleName } from "../names";
import { language } from "../say";
import { type Callable, callables, callingAt, matching, mentionsOf, type Register } from "./calling";

const marked = /[*_~`#>[\]|+-]|https?:|^\s*\d+[.)]\s/mu;
/** How long a post waits for what writes HTML, milliseconds. On a line that is silent nobody is kept from sending. */
const writerPatience = 1_000;
let writer: typeof import("./markdown") | undefined;

/** What writes HTML, as soon as it is here; it is fetched when it is first needed. */
async function loadWriter(): Promise<void> {
	writer ??= await import("./markdown");
}

/** It is fetched while one writes what will need it, so that it is here when one sends. */
export function foresee(text: string): void {
	if (writer === undefined && (marked.test(text) || text.includes("@"))) void loadWriter().catch(() => undefined);
}

/** Whom a text calls, and the text as HTML where it has more than words. Without what writes HTML, words alone are sent. */
export async function formatted(body: string, called: readonly Callable[]): Promise<Pick<Said, "html" | "mentions">> {
	const mentions = mentionsOf(called);
	const said = mentions === undefined ? {} : { mentions };
	if (mentions === undefined && !marked.test(body)) return said;
	if (!writer) await Promise.race([loadWriter().catch(() => undefined), new Promise((late) => setTimeout(late, writerPatience))]);
	const html = writer?.toHtml(
		body,
		called.map((one) => (one.kind === "person" ? { label: one.label, user: one.id } : { label: one.label })),
	);
	return html === undefined ? said : { ...said, html };
}

/** Calling people by an @: who is offered, and which keys choose among them. */
export function useCalling(room: Room, text: string, box: RefObject<HTMLTextAreaElement>, onText: (text: string) => void) {
	const id = useId();
	const [caret, setCaret] = useState(0);
	const [at, setAt] = useState(0);
	const [dismissed, setDismissed] = useState(-1);
	const my = me.value?.id;
	const all = useMemo(
		() => (my === undefined ? [] : callables(room, my, register(room, my))),
		[room.members, peopleById.value, language.value],
	);
	const now = callingAt(text, caret);
	const offered = now && now.from !== dismissed ? matching(all, now.wanted) : [];
	const look = () => {
		setCaret(box.current?.selectionStart ?? 0);
		setAt(0);
	};
	const pick = (one: Callable) => {
		if (!now) return;
		const before = `${text.slice(0, now.from)}@${one.label} `;
		const after = text.slice(caret).trimStart();
		// The box has it at once, with the caret where it belongs: who types on will not wait for a drawing.
		box.current?.setRangeText(before, 0, box.current.value.length - after.length, "end");
		onText(before + after);
		setCaret(before.length);
	};
	const key = (event: KeyboardEvent): boolean => {
		const chosen = offered[at];
		if (!chosen) return false;
		if (event.key === "ArrowDown" || event.key === "ArrowUp")
			setAt((at + (event.key === "ArrowDown" ? 1 : offered.length - 1)) % offered.length);
		else if (event.key === "Enter" || event.key === "Tab") pick(chosen);
		else if (event.key === "Escape") setDismissed(now?.from ?? -1);
		else return false;
		event.preventDefault();
		event.stopPropagation();
		return true;
	};
	const open = offered.length > 0;
	// A field of several lines stays a text field: changing its role while one types would have screen readers begin anew.
	const field = { "aria-autocomplete": "list", ...(open && { "aria-controls": id, "aria-activedescendant": `${id}-${at}` }) };
	return { id, all, offered, at, look, pick, key, field: field as object };
}

function register(room: Room, my: UserId): Register {
	return {
		name: (user) => personName(user, room),
		organisation: organisationOf,
		role: (user) => peopleById.value.get(user)?.role,
		roleName: (role) => t("composer.call_role", { Name: roleName(role) }).replace(/[\u2066-\u2069]/gu, ""),
		everybody: t("composer.call_everybody"),
		mayCallAll: mayCallAll(room, my),
	};
}
