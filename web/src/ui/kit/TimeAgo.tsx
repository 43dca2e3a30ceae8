import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import "./TimeAgo.css";

/** Ticks every half minute, once for all that show how long ago something was. */
const now = signal(Date.now());
setInterval(() => {
	now.value = Date.now();
}, 30_000);

interface Props {
	/** Unix milliseconds. */
	at: number;
	/** Words for how long ago that was. */
	ago: (at: number, now: number) => string;
	/** The moment itself, in the reader's calendar. */
	moment: (at: number) => string;
}

/** How long ago; pressed, the moment itself. Both are there without hovering. */
export function TimeAgo({ at, ago, moment }: Props) {
	const [exact, setExact] = useState(false);
	return (
		<button type="button" class="time-ago" aria-pressed={exact} onClick={() => setExact(!exact)}>
			<time dateTime={new Date(at).toISOString()}>{exact ? moment(at) : ago(at, now.value)}</time>
		</button>
	);
}
