import { lenient, object, parse, record, string } from "../../wire/decode";
import { decodeUnits, type Units } from "./model";

export type Capacity = Readonly<Record<string, Units>>;

/** A count that is being made: it outlives the page, and sending it twice is sending it once. */
export interface Counting {
	readonly txn: string;
	readonly capacity: Capacity;
}

/** Reads a count that was kept; undefined where none was, or by another version of this program. */
export function decodeCounting(kept: string): Counting | undefined {
	return lenient((one) => {
		const o = object(parse(string(one)));
		return { txn: string(o["txn"]), capacity: record(decodeUnits)(o["capacity"]) };
	}, kept || undefined);
}
