import { type Decoder, Malformed, parse } from "./decode";
import { decodeFault, Fault, unreachable } from "./fault";
import { hearDate } from "./hubtime";

export type Method = "GET" | "POST" | "PUT" | "DELETE";

interface Options {
	body?: unknown;
	/** A file in place of JSON. */
	blob?: Blob;
	query?: Readonly<Record<string, string | undefined>>;
	signal?: AbortSignal;
	/** Milliseconds until the hub counts as unreachable. */
	timeout?: number;
	/** Goes to the hub also where somebody stands in for it. */
	always?: boolean;
}

/** Answers in the hub's place; undefined for what it cannot answer. */
export type StandIn = (method: Method, path: string) => unknown;

let standIn: StandIn | undefined;

/** From now on the hub is not asked any more, until this is called with nothing. */
export function answerBy(one: StandIn | undefined): void {
	standIn = one;
}

/** Long enough for 50 kbit/s and a round trip of seconds. */
let patience = 60_000;

/** From now on nothing is waited for longer than so many milliseconds, but for what asks for more time of its own. */
export function bePatientFor(most: number): void {
	patience = most;
}

/** Asks the hub. The browser adds the cookie; throws a Fault for every answer but a good one. */
export async function request<T>(method: Method, path: string, decode: Decoder<T>, options: Options = {}): Promise<T> {
	if (standIn && !options.always) return stoodIn(standIn(method, path), decode);
	const response = await reach(method, path, options);
	const text = await response.text().catch(() => {
		throw unreachable();
	});
	const answer = fromHub(text);
	if (!response.ok) throw decodeFault(answer, response.status);
	return checked(decode, answer);
}

/** Long enough for a large file on a slow line, in milliseconds. */
const filePatience = 600_000;

/** Fetches a file that the hub makes. Throws a Fault for every answer but a good one. */
export async function requestFile(path: string): Promise<Blob> {
	if (standIn) throw unreachable();
	const response = await reach("GET", path, { timeout: filePatience });
	const file = await response.blob().catch(() => {
		throw unreachable();
	});
	if (!response.ok) throw decodeFault(fromHub(await file.text()), response.status);
	return file;
}

function stoodIn<T>(answer: unknown, decode: Decoder<T>): T {
	if (answer === undefined) throw unreachable();
	return checked(decode, answer);
}

/** The hub answers with JSON. Anything else is the page of a proxy or of a network that wants a sign-in: the hub was not reached. */
function fromHub(text: string): unknown {
	try {
		return parse(text);
	} catch {
		throw unreachable();
	}
}

/** An answer that cannot be read is the hub's mistake, not the person's. */
function checked<T>(decode: Decoder<T>, answer: unknown): T {
	try {
		return decode(answer);
	} catch (error) {
		throw error instanceof Malformed ? new Fault("M_UNKNOWN", "error.internal", {}, 502) : error;
	}
}

async function reach(method: Method, path: string, options: Options): Promise<Response> {
	const limit = AbortSignal.timeout(options.timeout ?? patience);
	const init: RequestInit = {
		method,
		credentials: "same-origin",
		cache: "no-store",
		signal: options.signal ? AbortSignal.any([options.signal, limit]) : limit,
	};
	if (options.body !== undefined) {
		init.headers = { "Content-Type": "application/json" };
		init.body = JSON.stringify(options.body);
	}
	if (options.blob !== undefined) {
		init.headers = { "Content-Type": options.blob.type };
		init.body = options.blob;
	}
	const asked = Date.now();
	try {
		const response = await fetch(address(path, options.query), init);
		hearDate(response.headers.get("date"), asked, Date.now());
		return response;
	} catch {
		throw unreachable();
	}
}

function address(path: string, query: Options["query"]): string {
	const given = Object.entries(query ?? {}).filter((pair): pair is [string, string] => pair[1] !== undefined);
	return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`;
}

/** Makes a path from parts that people named. */
export function path(parts: TemplateStringsArray, ...values: string[]): string {
	return parts.reduce((made, part, i) => made + part + (i < values.length ? encodeURIComponent(values[i] ?? "") : ""), "");
}

/** For answers without content. */
export const nothing: Decoder<void> = () => undefined;
