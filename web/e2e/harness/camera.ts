import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";

const folder = mkdtempSync(join(tmpdir(), "panah-camera-"));
let taken = 0;

/** What a phone's camera writes beside a picture: where, when, by which device, whose it is, and that it was held upright. */
const written = [
	"-GPSLatitude=34.5281",
	"-GPSLatitudeRef=N",
	"-GPSLongitude=69.1723",
	"-GPSLongitudeRef=E",
	"-Make=Phonemaker",
	"-Model=Model X",
	"-SerialNumber=0123456789",
	"-Artist=Somebody",
	"-DateTimeOriginal=2026:03:21 08:00:00",
	"-UserComment=at the door",
	"-XMP-dc:Creator=Somebody",
	"-IPTC:City=Kabul",
	"-Orientation#=6",
];

/**
 * Takes a picture as a phone does: the dots lie on their side, red at the left and blue at the right, and Orientation says that red
 * belongs on top. Gives the file.
 */
export async function takePicture(page: Page, width = 2400, height = 1800): Promise<string> {
	const dots = await page.evaluate(
		async ([w, h]) => {
			const canvas = Object.assign(document.createElement("canvas"), { width: w, height: h });
			const brush = canvas.getContext("2d");
			if (!brush) throw new Error("no canvas");
			brush.fillStyle = "#d01010";
			brush.fillRect(0, 0, w / 2, h);
			brush.fillStyle = "#1010d0";
			brush.fillRect(w / 2, 0, w / 2, h);
			const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/jpeg", 0.9));
			return [...new Uint8Array((await blob?.arrayBuffer()) ?? [])];
		},
		[width, height] as const,
	);
	const file = join(folder, `IMG_20260321_08000${++taken}.jpg`);
	writeFileSync(file, Buffer.from(dots));
	execFileSync("exiftool", ["-q", "-overwrite_original", ...written, file]);
	return file;
}

/** A file with these bytes. */
export function fileOf(name: string, bytes: Buffer | string): string {
	const file = join(folder, name);
	writeFileSync(file, bytes);
	return file;
}

/** All that a tool which nobody here wrote finds in a file, as "Group Name: value", without what every file has. */
export function found(file: string): string[] {
	const said = execFileSync("exiftool", ["-G1", "-a", "-u", "-s", "-x", "System:all", "-x", "ExifTool:all", file], { encoding: "utf8" });
	return said
		.split("\n")
		.filter((line) => line.trim() !== "")
		.map((line) => line.replace(/\s+/g, " "));
}

/** What says something of the person, the device, the place or the time. A picture needs none but its size and how its dots are written. */
export const telling = (lines: readonly string[]): string[] =>
	lines.filter((line) => !/^\[(File|JFIF|PNG|Composite)\] /.test(line) || /GPS|Comment|Date|Text/i.test(line));
