import { type Json, list, maybe, number, object, string } from "../wire/decode";
import { path, request } from "../wire/http";
import type { Truth } from "./alerts/model";

/** How fast an organisation answered in a month. */
export interface Figure {
	readonly organisation: string;
	/** Year and month of the Gregorian calendar: 2026-11. */
	readonly month: string;
	readonly sent: number;
	readonly answered: number;
	/** From an alert's arrival to its first answer; undefined when nothing was answered. */
	readonly seconds?: number;
}

/** The hub says 0 where nobody answered. */
const medianOf = (o: Json): number | undefined => (o["answered"] === 0 ? undefined : maybe(number, o["median_seconds"]));

const decodeFigure = (value: unknown): Figure => {
	const o = object(value);
	const seconds = medianOf(o);
	return {
		organisation: string(o["organisation_id"]),
		month: string(o["month"]),
		sent: number(o["sent"]),
		answered: number(o["answered"]),
		...(seconds !== undefined && { seconds }),
	};
};

export const figures = (months: number): Promise<Figure[]> =>
	request("GET", "/_panah/v1/alerts/figures", (value) => list(decodeFigure)(object(value)["figures"]), { query: { months: String(months) } });

/** How a drill went. */
export interface DrillReport {
	readonly organisations: number;
	readonly reached: number;
	readonly answered: number;
	readonly inTime: number;
	readonly seconds?: number;
	/** 0 to 100. */
	readonly score: number;
	readonly by: readonly { readonly organisation: string; readonly truth: Truth; readonly seconds?: number; readonly inTime: boolean }[];
}

export const drillReport = (alert: string): Promise<DrillReport> =>
	request("GET", path`/_panah/v1/alerts/${alert}/drill`, (value) => {
		const o = object(value);
		const seconds = medianOf(o);
		return {
			organisations: number(o["organisations"]),
			reached: number(o["reached"]),
			answered: number(o["answered"]),
			inTime: number(o["in_time"]),
			...(seconds !== undefined && { seconds }),
			score: number(o["score"]),
			by: list((each) => {
				const b = object(each);
				const took = maybe(number, b["seconds"]);
				return { organisation: string(b["id"]), truth: string(b["truth"]) as Truth, ...(took !== undefined && { seconds: took }), inTime: b["in_time"] === true };
			})(o["by"]),
		};
	});
