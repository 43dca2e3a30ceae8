/**
 * A picture drawn anew on this device: turned the right way up, no larger than it needs to be, and without anything that the camera wrote
 * beside it (place, time, the phone's number), since only the dots are drawn.
 */
export interface Drawn {
	readonly blob: Blob;
	readonly width: number;
	readonly height: number;
}

/** The two sizes among which the sender chooses. */
export interface Sizes {
	readonly large: Drawn;
	/** Undefined where it would not be smaller. */
	readonly small?: Drawn;
}

/** Longest side in pixels, and how strongly it is compressed. */
export const bounds = { large: { side: 1_600, quality: 0.8 }, small: { side: 1_024, quality: 0.65 } } as const;

/** How a canvas is made and written out: in a worker otherwise than on the page. */
export interface Easel {
	canvas(width: number, height: number): OffscreenCanvas | HTMLCanvasElement;
	write(canvas: OffscreenCanvas | HTMLCanvasElement, type: string, quality: number): Promise<Blob>;
}

/** The size that fits into a bound; nothing is made larger. */
export function fitted(width: number, height: number, side: number): { width: number; height: number } {
	const scale = Math.min(1, side / Math.max(width, height));
	return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** Draws a picture in both sizes. Throws where this browser cannot read it. */
export async function shrink(file: Blob, easel: Easel): Promise<Sizes> {
	const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
	try {
		const large = await draw(picture, bounds.large, file.type, easel);
		if (Math.max(picture.width, picture.height) <= bounds.small.side) return { large };
		const small = await draw(picture, bounds.small, file.type, easel);
		return small.blob.size < large.blob.size ? { large, small } : { large };
	} finally {
		picture.close();
	}
}

/** Draws the square of a picture that stands for a person. */
export async function square(file: Blob, cut: { x: number; y: number; side: number }, easel: Easel): Promise<Blob> {
	const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
	try {
		const canvas = easel.canvas(faceSide, faceSide);
		context(canvas).drawImage(picture, cut.x, cut.y, cut.side, cut.side, 0, 0, faceSide, faceSide);
		return easel.write(canvas, "image/jpeg", 0.85);
	} finally {
		picture.close();
	}
}

const faceSide = 320;

async function draw(
	picture: ImageBitmap,
	{ side, quality }: { side: number; quality: number },
	type: string,
	easel: Easel,
): Promise<Drawn> {
	const size = fitted(picture.width, picture.height, side);
	const canvas = easel.canvas(size.width, size.height);
	const brush = context(canvas);
	brush.drawImage(picture, 0, 0, size.width, size.height);
	const clear = type !== "image/jpeg" && seesThrough(brush, size);
	return { blob: await easel.write(canvas, clear ? "image/png" : "image/jpeg", quality), ...size };
}

function context(canvas: OffscreenCanvas | HTMLCanvasElement): OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D {
	const brush = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D | null;
	if (!brush) throw new Error("no canvas to draw on");
	brush.imageSmoothingQuality = "high";
	return brush;
}

/** Whether a picture has places that are not opaque; JPEG would make them black. Read in strips, so that memory stays small. */
function seesThrough(
	brush: OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D,
	{ width, height }: { width: number; height: number },
): boolean {
	const strip = 64;
	for (let y = 0; y < height; y += strip) {
		const { data } = brush.getImageData(0, y, width, Math.min(strip, height - y));
		for (let alpha = 3; alpha < data.length; alpha += 4) if (data[alpha] !== 255) return true;
	}
	return false;
}
