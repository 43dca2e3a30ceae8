/** Words typed into another field, on their way to the search screen. They are in no address, and so in no history. */
let carried: string | undefined;

export function carry(words: string): void {
	carried = words.trim() === "" ? undefined : words;
}

export function takeCarried(): string | undefined {
	const words = carried;
	carried = undefined;
	return words;
}
