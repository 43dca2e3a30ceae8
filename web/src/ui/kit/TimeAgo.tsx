import { useState } from "preact/hooks";
import "./TimeAgo.css";

interface Props {
	/** Unix milliseconds. */
	at: number;
	/** How long ago that was, in words. */
	ago: string;
	/** The moment itself, in the reader's calendar. */
	moment: string;
}

/** How long ago; pressed, the moment itself. Both are there without hovering. */
export function TimeAgo({ at, ago, moment }: Props) {
	const [exact, setExact] = useState(false);
	return (
		<button type="button" class="time-ago" aria-pressed={exact} onClick={() => setExact(!exact)}>
			<time dateTime={new Date(at).toISOString()}>{exact ? moment : ago}</time>
		</button>
	);
}
