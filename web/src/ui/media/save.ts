/** Hands a file to the browser, which keeps it where it keeps what was downloaded. */
export function save(blob: Blob, name: string): void {
	const url = URL.createObjectURL(blob);
	const link = Object.assign(document.createElement("a"), { href: url, download: name });
	link.click();
	setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser may still be asking where to
}
