import "./Steps.css";

/** How far one is in a few short steps. `words` says the same: "Step 2 of 3". */
export function Steps({ step, of, words }: { step: number; of: number; words: string }) {
	return (
		<div class="steps">
			<p class="soft">{words}</p>
			<ol aria-hidden="true">
				{Array.from({ length: of }, (_, n) => (
					<li key={n} class={n < step ? "done" : undefined} />
				))}
			</ol>
		</div>
	);
}
