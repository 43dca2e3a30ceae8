import type { DetailedError, HttpRequest, HttpResponse } from "tus-js-client";
import { parse } from "./decode";
import { decodeFault, Fault, unreachable } from "./fault";
import { request } from "./http";
import { decodeStored, type Stored } from "./media";

/** A file on its way to the hub. */
export interface Sending {
	readonly name: string;
	readonly type: string;
	readonly size: number;
	readonly room: string;
	/** Where an earlier try stands on the hub. */
	readonly address?: string | undefined;
	/** A part of its bytes. */
	slice(from: number, to: number): Promise<Blob>;
}

export interface SendingEvents {
	/** The hub has made a place for it: a later try goes on from there. */
	placed(address: string): void;
	/** So many bytes have gone. */
	sent(bytes: number): void;
}

const endpoint = "/_panah/v1/uploads";
/** Without a sign of life for so many milliseconds the line counts as cut. */
const silence = 45_000;

/** So many bytes go in one request. */
export const portion = 256 * 1024;

/**
 * Sends a file by tus 1.0, from where the hub has it, and gives what the hub made of it. Throws a Fault: what passes is tried again by
 * whoever called, from where it stopped.
 */
export async function upload(file: Sending, events: SendingEvents, signal: AbortSignal): Promise<Stored> {
	const at = await sendAll(file, events, signal);
	return request("GET", at, decodeStored, { signal });
}

/** Sends what is left of a file, and gives its address. */
async function sendAll(file: Sending, events: SendingEvents, signal: AbortSignal): Promise<string> {
	const { Upload } = await import("tus-js-client").catch(() => {
		throw unreachable(); // the program itself could not be fetched
	});
	return new Promise<string>((done, fail) => {
		if (signal.aborted) return fail(unreachable());
		let timer: ReturnType<typeof setTimeout> | undefined;
		const end = () => {
			clearTimeout(timer);
			signal.removeEventListener("abort", stop);
		};
		const stop = () => {
			end();
			void running.abort();
			fail(unreachable());
		};
		const heard = () => {
			clearTimeout(timer);
			timer = setTimeout(stop, silence);
		};
		const running = new Upload(file as unknown as Blob, {
			endpoint,
			uploadUrl: file.address ?? null,
			metadata: { filename: file.name, filetype: file.type, room: file.room },
			fileReader: { openFile: async () => source(file) },
			fingerprint: async () => "",
			storeFingerprintForResuming: false,
			chunkSize: portion,
			retryDelays: null,
			onBeforeRequest: heard,
			onAfterResponse: passOn,
			onUploadUrlAvailable: () => events.placed(pathOf(running.url)),
			onProgress: (bytes) => {
				heard();
				events.sent(bytes);
			},
			onSuccess: () => {
				end();
				done(pathOf(running.url));
			},
			onError: (error) => {
				end();
				if (file.address !== undefined && "causingError" in error && error.causingError instanceof Wordless) return done(file.address);
				fail(faultOf(error));
			},
		});
		signal.addEventListener("abort", stop);
		running.start();
	});
}

/** Asked how far a file has come (HEAD), the hub refused it; such answers have no words, so the reason is asked for apart. */
class Wordless extends Error {}

/** Takes an unfinished file off the hub. */
export async function giveUp(address: string): Promise<void> {
	const { Upload } = await import("tus-js-client");
	await Upload.terminate(address, { retryDelays: null });
}

function source(file: Sending) {
	return {
		size: file.size,
		slice: async (from: number, to: number) => ({ value: await file.slice(from, to), done: to >= file.size }),
		close: () => undefined,
	};
}

const pathOf = (url: string | null): string => new URL(url ?? "", location.origin).pathname;

/**
 * tus-js-client begins anew whenever it may not go on. That is right where the hub has forgotten the file (404, 410), and only there: what
 * was sent is dear.
 */
function passOn(asked: HttpRequest, response: HttpResponse): void {
	const status = response.getStatus();
	if (asked.getMethod() === "HEAD" && [400, 403, 413, 415, 422].includes(status)) throw new Wordless();
	if (status >= 400 && status !== 404 && status !== 410) throw fault(response);
}

/** Locked (423) or at another offset (409): an earlier request of ours is not over yet. */
function fault(response: HttpResponse): Fault {
	const status = response.getStatus();
	if (status === 409 || status === 423) return unreachable();
	try {
		return decodeFault(parse(response.getBody()), status);
	} catch {
		return status >= 500 ? unreachable() : new Fault("M_UNKNOWN", "error.internal", {}, status);
	}
}

/** What is wrong on this side is a mistake that another try does not mend: a piece of the file is gone. */
function faultOf(error: Error | DetailedError): Fault {
	if (error instanceof Fault) return error;
	const cause = "causingError" in error ? error.causingError : error;
	if (cause instanceof Fault) return cause;
	if (cause instanceof Error) return new Fault("M_NOT_FOUND", "error.file_gone", {}, 404);
	return "originalResponse" in error && error.originalResponse ? fault(error.originalResponse) : unreachable();
}
