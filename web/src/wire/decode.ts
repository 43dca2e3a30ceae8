/**
 * Checked reading of what came over the wire. A value of the wrong shape throws a Malformed; nothing of an answer is used
 * before the whole of it was read.
 */
export class Malformed extends Error {
	constructor(wanted: string, got: unknown) {
		super(`expected ${wanted}, got ${got === null ? "null" : Array.isArray(got) ? "a list" : typeof got}`);
	}
}

export type Json = { readonly [member: string]: unknown };
export type Decoder<T> = (value: unknown) => T;

export function object(value: unknown): Json {
	if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Malformed("an object", value);
	return value as Json;
}

export function string(value: unknown): string {
	if (typeof value !== "string") throw new Malformed("text", value);
	return value;
}

export function number(value: unknown): number {
	if (typeof value !== "number" || !Number.isFinite(value)) throw new Malformed("a number", value);
	return value;
}

export function boolean(value: unknown): boolean {
	if (typeof value !== "boolean") throw new Malformed("true or false", value);
	return value;
}

export const list =
	<T>(each: Decoder<T>): Decoder<T[]> =>
	(value) => {
		if (!Array.isArray(value)) throw new Malformed("a list", value);
		return value.map(each);
	};

/** Reads a member that may be absent or null. */
export function maybe<T>(each: Decoder<T>, value: unknown): T | undefined {
	return value === undefined || value === null ? undefined : each(value);
}

/** Reads an object's members one by one. */
export const record =
	<T>(each: Decoder<T>): Decoder<Record<string, T>> =>
	(value) =>
		Object.fromEntries(Object.entries(object(value)).map(([name, member]) => [name, each(member)]));

/** What others wrote may have any shape: then it is absent, not an error. */
export function lenient<T>(each: Decoder<T>, value: unknown): T | undefined {
	try {
		return maybe(each, value);
	} catch (error) {
		if (error instanceof Malformed) return undefined;
		throw error;
	}
}

export function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		throw new Malformed("JSON", text);
	}
}
