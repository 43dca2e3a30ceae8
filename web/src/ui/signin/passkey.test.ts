import { expect, test } from "vitest";
import { bytes, text } from "./passkey";

test("bytes come through base64 for addresses and back", () => {
	const all = Uint8Array.from({ length: 256 }, (_, n) => n);
	for (let size = 0; size <= 256; size++) expect(bytes(text(all.slice(0, size).buffer))).toEqual(all.slice(0, size));
	expect(text(Uint8Array.of(0xfb, 0xff).buffer)).toBe("-_8");
});
