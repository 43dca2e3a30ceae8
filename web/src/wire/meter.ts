/** Counts what comes and goes over the line, in bytes. What websockets carry is counted as it is before compression: at most that. */
export type Count = (bytes: number) => void;

let counted: Count = () => undefined;

export function countLine(bytes: number): void {
	counted(bytes);
}

/** Counts from now on: pages, programs, answers, frames. Answers out of the browser's own cache cost nothing and count as nothing. */
export function meter(count: Count): void {
	counted = count;
	if (typeof PerformanceObserver === "undefined") return;
	const observer = new PerformanceObserver((list) => {
		for (const entry of list.getEntries()) count(carried(entry as PerformanceResourceTiming));
	});
	const known = PerformanceObserver.supportedEntryTypes; // a worker navigates nowhere
	for (const type of ["navigation", "resource"]) if (known.includes(type)) observer.observe({ type, buffered: true });
}

/**
 * What a question costs besides its answer, bytes: a browser tells nobody how much it says of itself (480), and counts 300 for the head of
 * every answer, where the hub's have 720. Newer protocols say both once.
 */
const asked = { old: 900, new: 60 } as const;

/** What one answer cost, and the question before it. Nothing was asked where the answer was at hand. */
function carried({ transferSize, nextHopProtocol }: PerformanceResourceTiming): number {
	if (!transferSize) return 0;
	return transferSize + (nextHopProtocol.startsWith("http/1") ? asked.old : asked.new);
}
