import { type Easel, shrink, type Sizes, square } from "./shrink";

/** A picture that this device cannot read. */
export class Unreadable extends Error {}

/** Draws a picture anew, in a worker where there is one. Throws Unreadable. */
export async function prepare(file: Blob): Promise<Sizes> {
	if (typeof OffscreenCanvas !== "undefined" && typeof Worker !== "undefined") return inWorker(file);
	try {
		return await shrink(file, onPage);
	} catch {
		throw new Unreadable();
	}
}

/** Cuts a person's picture out. Throws Unreadable. */
export async function face(file: Blob, cut: { x: number; y: number; side: number }): Promise<Blob> {
	try {
		return await square(file, cut, onPage);
	} catch {
		throw new Unreadable();
	}
}

function inWorker(file: Blob): Promise<Sizes> {
	const worker = new Worker(new URL("./picture.worker.ts", import.meta.url), { type: "module" });
	return new Promise<Sizes>((done, fail) => {
		worker.onmessage = ({ data }: MessageEvent<Sizes | undefined>) => (data ? done(data) : fail(new Unreadable()));
		worker.onerror = () => shrink(file, onPage).then(done, () => fail(new Unreadable())); // a browser without workers of this kind
		worker.postMessage(file);
	}).finally(() => worker.terminate());
}

const onPage: Easel = {
	canvas(width, height) {
		return Object.assign(document.createElement("canvas"), { width, height });
	},
	write: (canvas, type, quality) =>
		new Promise((done, fail) =>
			(canvas as HTMLCanvasElement).toBlob((blob) => (blob ? done(blob) : fail(new Error("nothing was drawn"))), type, quality),
		),
};
