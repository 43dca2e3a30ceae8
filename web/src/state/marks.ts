/**
 * Small marks of this device that are no secret: the language of its first screen, its size of text. On a device that others use they
 * are held by the page alone, and nothing of them stays.
 */
let held: Map<string, string> | undefined;

export function mark(key: string): string | null {
	return held ? (held.get(key) ?? null) : localStorage.getItem(key);
}

export function setMark(key: string, value: string): void {
	if (held) held.set(key, value);
	else localStorage.setItem(key, value);
}

export function dropMark(key: string): void {
	held?.delete(key);
	localStorage.removeItem(key);
}

/** From now on marks are held by this page alone; what was on the disk goes. */
export function holdMarks(): void {
	held ??= new Map(Object.entries(localStorage).map(([key, value]) => [key, String(value)]));
	localStorage.clear();
}
