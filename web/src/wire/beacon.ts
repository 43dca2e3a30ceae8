/** Leaves something with the browser that it sends also when the page is gone. False when it takes no more. */
export function beacon(path: string, body: unknown): boolean {
	return navigator.sendBeacon(path, new Blob([JSON.stringify(body)], { type: "application/json" }));
}
