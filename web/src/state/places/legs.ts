import { lenient, list, object, parse, string } from "../../wire/decode";
import type { Leg } from "./model";

/** A plan that is being written: it outlives the page, and sending it twice is sending it once. */
export interface Plan {
	readonly txn: string;
	readonly legs: readonly Leg[];
}

/** Reads a plan that was kept; undefined where nothing was, or by another version of this program. */
export function decodeLegs(kept: string): Plan | undefined {
	return lenient((one) => {
		const o = object(parse(string(one)));
		const legs = list((leg): Leg => {
			const l = object(leg);
			return { from: string(l["from"]), to: string(l["to"]), date: string(l["date"]), escort: string(l["escort"]) };
		})(o["legs"]);
		return { txn: string(o["txn"]), legs };
	}, kept || undefined);
}
