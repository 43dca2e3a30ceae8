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
		for (const entry of list.getEntries()) count((entry as PerformanceResourceTiming).transferSize || 0);
	});
	const known = PerformanceObserver.supportedEntryTypes; // a worker navigates nowhere
	for (const type of ["navigation", "resource"]) if (known.includes(type)) observer.observe({ type, buffered: true });
}
