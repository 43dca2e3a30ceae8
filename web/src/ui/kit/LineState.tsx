import "./LineState.css";

export type Line = "connected" | "catching" | "offline";

/** The truth about the line, small and always there: a shape and a word, so that neither colour nor sound is needed. */
export function LineState({ line, words }: { line: Line; words: string }) {
	return (
		<span class={`line-state ${line}`} role="status">
			<span class="lamp" aria-hidden="true" />
			<span>{words}</span>
		</span>
	);
}
