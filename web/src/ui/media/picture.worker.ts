import { type Easel, shrink } from "./shrink";

/** Draws beside the page, which stays usable on a slow phone meanwhile. */
const easel: Easel = {
	canvas: (width, height) => new OffscreenCanvas(width, height),
	write: (canvas, type, quality) => (canvas as OffscreenCanvas).convertToBlob({ type, quality }),
};

addEventListener("message", async ({ data }: MessageEvent<Blob>) => {
	try {
		postMessage(await shrink(data, easel));
	} catch {
		postMessage(undefined);
	}
});
