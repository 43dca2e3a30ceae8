import { fitting } from "./naming";

/**
 * Hands a file to the browser, which keeps it where it keeps what was downloaded. The name in a post is its sender's word: it gets the ending
 * of what the hub found the file to be.
 */
export function save(blob: Blob, name: string): void {
	handOver(blob, fitting(name, blob.type));
}

/** The same with a file of the hub's or of this page's own making. */
export function handOver(blob: Blob, name: string): void {
	const url = URL.createObjectURL(blob);
	const link = Object.assign(document.createElement("a"), { href: url, download: name });
	link.click();
	setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser may still be asking where to
}
