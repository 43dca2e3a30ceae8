import { type Decoder, parse } from "./decode";
import { decodeFault, unreachable } from "./fault";

export type Method = "GET" | "POST" | "PUT" | "DELETE";

interface Options {
	body?: unknown;
	query?: Readonly<Record<string, string | undefined>>;
	signal?: AbortSignal;
	/** Milliseconds until the hub counts as unreachable. */
	timeout?: number;
}

/** Long enough for 50 kbit/s and a round trip of seconds. */
const patience = 60_000;

/** Asks the hub. The browser adds the cookie; throws a Fault for every answer but a good one. */
export async function request<T>(method: Method, path: string, decode: Decoder<T>, options: Options = {}): Promise<T> {
	const response = await reach(method, path, options);
	const text = await response.text().catch(() => {
		throw unreachable();
	});
	if (!response.ok) throw decodeFault(text.startsWith("{") ? parse(text) : undefined, response.status);
	return decode(parse(text));
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
	try {
		return await fetch(address(path, options.query), init);
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
