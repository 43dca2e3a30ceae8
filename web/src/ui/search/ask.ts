import { effect, signal } from "@preact/signals";
import { Fault, type Found, search, searchHere, type Wanted } from "../../state";
import { client } from "../client";
import { trouble } from "../say";

/** What a search came to. What was found stays shown while more of it is looked for. */
export interface Outcome {
	readonly wanted: Wanted;
	readonly found?: Found;
	/** Only what is on this device was looked at. */
	readonly here?: boolean;
	readonly busy?: boolean;
	readonly failed?: string;
}

/** What is looked for, in this page's memory alone, so that going back from a post finds it again. It is never kept on the device. */
export const wanted = signal<Wanted>({ words: "" });
export const outcome = signal<Outcome | undefined>(undefined);

let under = new AbortController();

// With whoever was signed in goes what they looked for.
effect(() => {
	if (client.session.value.kind === "in") return;
	under.abort();
	wanted.value = { words: "" };
	outcome.value = undefined;
});

/** Looks for something, in place of what was looked for before. */
export function ask(what: Wanted): void {
	under.abort();
	under = new AbortController();
	wanted.value = what;
	if (what.words.trim() === "") {
		outcome.value = undefined;
		return;
	}
	void look(what, undefined, under.signal);
}

/** Looks for more of the same. */
export function more(): void {
	const now = outcome.value;
	if (now?.found?.next === undefined || now.busy) return;
	void look(now.wanted, now.found, under.signal);
}

async function look(what: Wanted, before: Found | undefined, signal: AbortSignal): Promise<void> {
	if (client.alone || client.line.peek().state === "offline") return lookHere(what);
	outcome.value = { wanted: what, busy: true, ...(before && { found: before }) };
	try {
		const found = await search(what, before?.next, signal);
		if (!signal.aborted) outcome.value = { wanted: what, found: { ...found, hits: [...(before?.hits ?? []), ...found.hits] } };
	} catch (error) {
		if (signal.aborted) return;
		if (error instanceof Fault && error.errcode === "NETWORK") lookHere(what);
		else outcome.value = { wanted: what, failed: trouble(error), ...(before && { found: before }) };
	}
}

function lookHere(what: Wanted): void {
	outcome.value = { wanted: what, found: searchHere(client.model.peek(), what), here: true };
}
