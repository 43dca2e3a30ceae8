import { inflateRawSync } from "node:zlib";

const header = Buffer.from("PK\u0003\u0004", "latin1");

/** All texts of a zipped document, one after the other, found by their local headers (APPNOTE.TXT, 4.3.7). */
export function unpacked(file: Buffer): string {
	const texts: string[] = [];
	for (let at = file.indexOf(header); at >= 0; at = file.indexOf(header, at + header.length)) {
		const data = file.subarray(at + 30 + file.readUInt16LE(at + 26) + file.readUInt16LE(at + 28));
		texts.push((file.readUInt16LE(at + 8) === 8 ? inflateRawSync(data) : data.subarray(0, file.readUInt32LE(at + 18))).toString("utf8"));
	}
	return texts.join("\n");
}
