import { type Json, lenient, maybe, number, object, string } from "./decode";

/** What a sentence of the catalogs inserts. */
export type Args = Readonly<Record<string, string | number>>;

/** An error that the hub answered, or that kept us from reaching it. `key` names its sentence in the catalogs. */
export class Fault extends Error {
	constructor(
		readonly errcode: string,
		readonly key: string,
		readonly args: Args = {},
		/** HTTP status; 0 when the hub was not reached. */
		readonly status = 0,
		/** Milliseconds to wait before trying again, when that helps. */
		readonly retryAfter: number | undefined = undefined,
		/** All that the hub answered: some refusals say more than their sentence. */
		readonly more: Json = {},
	) {
		super(`${errcode} ${key}`);
	}

	/** Whether the same request may succeed later, unchanged. */
	get passing(): boolean {
		return this.status === 0 || this.status === 429 || this.status >= 500;
	}
}

/** The line is down, or the hub is. */
export const unreachable = (): Fault => new Fault("NETWORK", "error.unreachable");

/** Reads Matrix's error body with the members of ours beside it. */
export function decodeFault(value: unknown, status: number): Fault {
	const body = lenient(object, value) ?? {};
	const args: Record<string, string | number> = {};
	for (const [name, arg] of Object.entries(lenient(object, body["network.panah.args"]) ?? {})) {
		if (typeof arg === "string" || typeof arg === "number") args[name] = arg;
	}
	const errcode = lenient(string, body["errcode"]) ?? "M_UNKNOWN";
	const key = lenient(string, body["network.panah.key"]) ?? "error.internal";
	return new Fault(errcode, key, args, status, lenient((v) => maybe(number, v), body["retry_after_ms"]), body);
}
