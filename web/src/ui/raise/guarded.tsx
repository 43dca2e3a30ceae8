import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { findingsOf } from "../../state/findings";
import { type Found, Guard, unasked } from "./Guard";

/** Sends a text with the kinds of findings in it that were confirmed. */
type Send = (confirmed: readonly string[]) => Promise<void>;

/**
 * Sends a text once nothing stands in it that was not asked about: what this device finds beforehand, and what the hub finds. Gives what is to be
 * asked about; nothing when it was sent. What stands in `original`, whose translation it is, was asked about when that was sent.
 */
export async function guarded(text: string, confirmed: readonly string[], send: Send, original = ""): Promise<readonly Found[]> {
	const had = (await unasked(original, [])).map(({ kind }) => kind);
	const found = await unasked(text, [...confirmed, ...had]);
	if (found.length > 0) return found;
	try {
		await send(confirmed);
		return [];
	} catch (error) {
		const kinds = findingsOf(error);
		if (!kinds) throw error;
		return kinds.map((kind) => ({ kind }));
	}
}

interface Guarded {
	/** Sends, or asks first. */
	readonly send: () => Promise<void>;
	/** What is asked; its place is behind the form, which stays as it was filled. */
	readonly question: ComponentChildren;
}

/** Has a form ask about what stands in its text. What was confirmed holds for that text and no other. */
export function useGuarded(text: string, submit: (act: () => Promise<void>) => Promise<void>, send: Send, original = ""): Guarded {
	const [asking, setAsking] = useState<readonly Found[]>([]);
	const left = useRef<{ readonly text: string; readonly kinds: readonly string[] }>({ text: "", kinds: [] });
	const confirmed = () => (left.current.text === text ? left.current.kinds : []);
	const attempt = async () => setAsking(await guarded(text, confirmed(), send, original));
	const confirm = () => {
		left.current = { text, kinds: [...new Set([...confirmed(), ...asking.map(({ kind }) => kind)])] };
		setAsking([]);
		void submit(attempt);
	};
	const question = asking.length > 0 && <Guard findings={asking} onConfirm={confirm} onClose={() => setAsking([])} second={false} />;
	return { send: attempt, question };
}
