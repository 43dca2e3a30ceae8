import { boolean, type Json, list, maybe, number, object, string } from "../../wire/decode";
import { path, request, requestFile } from "../../wire/http";

const ours = "/_panah/v1/places";

/** What is free and who waits; undefined for what is too little to be told. */
export interface Sum {
	/** A province or a country; "" where a shelter does not say. */
	readonly place: string;
	/** "" for all together. */
	readonly category: string;
	readonly free: number | undefined;
	readonly waiting: number | undefined;
}

/** How one shelter answers those who ask. */
export interface Response {
	readonly shelter: string;
	readonly name: string;
	readonly asked: number;
	readonly answered: number;
	readonly seconds: number;
}

/** A number of a month (2026-11) and category; undefined for one that is too small to be told. */
export interface Monthly {
	readonly month: string;
	readonly category: string;
	readonly count: number | undefined;
}

export interface Wait {
	readonly month: string;
	/** Undefined where too few waited for it to be told. */
	readonly seconds: number | undefined;
}

export interface PlaceFigures {
	readonly live: readonly Sum[];
	readonly map: readonly Sum[];
	readonly response: readonly Response[];
	readonly unmet: readonly Monthly[];
	readonly trends: readonly Monthly[];
	readonly waits: readonly Wait[];
}

const sumIn = (place: string) => (value: unknown): Sum => {
	const o = object(value);
	return { place: string(o[place]), category: string(o["category"]), free: maybe(number, o["free"]), waiting: maybe(number, o["waiting"]) };
};

const monthly = (count: string) => (value: unknown): Monthly => {
	const o = object(value);
	return { month: string(o["month"]), category: string(o["category"]), count: maybe(number, o[count]) };
};

const response = (value: unknown): Response => {
	const o = object(value);
	return { shelter: string(o["shelter_id"]), name: string(o["name"]), asked: number(o["asked"]), answered: number(o["answered"]), seconds: number(o["median_seconds"]) };
};

const wait = (value: unknown): Wait => {
	const o = object(value);
	return { month: string(o["month"]), seconds: maybe(number, o["median_seconds"]) };
};

const decodeFigures = (value: unknown): PlaceFigures => {
	const o = object(value);
	return {
		live: list(sumIn("country"))(o["live"]),
		map: list(sumIn("place"))(o["map"]),
		response: list(response)(o["response"]),
		unmet: list(monthly("count"))(o["unmet"]),
		trends: list(monthly("free"))(o["trends"]),
		waits: list(wait)(o["waits"]),
	};
};

export const placeFigures = (months: number): Promise<PlaceFigures> =>
	request("GET", `${ours}/figures`, decodeFigures, { query: { months: String(months) } });

/** What is free now, for other programs. */
export const exportFile = (format: "csv" | "hsds"): Promise<Blob> => requestFile(`${ours}/export?format=${format}`);

/** A shelter whose ledger somebody may read. */
export interface Named {
	readonly id: string;
	readonly name: string;
}

/** The shelters of one's own organisation; none for who has no organisation. */
export async function ownShelters(): Promise<Named[]> {
	const decode = (value: unknown) =>
		list((one: unknown) => {
			const o = object(one);
			return { id: string(o["id"]), name: string(o["name"]), own: boolean(o["own"]) };
		})(object(value)["shelters"]);
	const all = await request("GET", `${ours}/shelters`, decode);
	return all.filter(({ own }) => own).map(({ id, name }) => ({ id, name }));
}

/** The ledger of a shelter as the hub exports it. */
export const ledgerFile = (shelter: string): Promise<Blob> => requestFile(path`/_panah/v1/places/shelters/${shelter}/ledger`);

/** The hub's own word on a ledger. */
export const hubsWord = (shelter: string): Promise<{ entries: number; wrong: number | undefined }> =>
	request("GET", path`/_panah/v1/places/shelters/${shelter}/ledger/check`, (value) => {
		const o = object(value);
		return { entries: number(o["entries"]), wrong: boolean(o["ok"]) ? undefined : number(o["at"]) };
	});

/** A number of a table that is published; undefined for one that is not. */
export interface Cell {
	readonly code: string;
	readonly count: number | undefined;
}

/** The year of the network as it may be given to anybody. */
export interface Year {
	readonly year: number;
	readonly shelters: readonly Cell[];
	readonly asked: readonly Cell[];
	readonly became: readonly Cell[];
	readonly declined: readonly Cell[];
	readonly left: readonly Cell[];
	readonly unmet: readonly Monthly[];
	readonly seconds: number | undefined;
}

const cells = (o: Json, table: string): Cell[] =>
	list((value: unknown) => {
		const cell = object(value);
		return { code: string(cell["code"]), count: maybe(number, cell["count"]) };
	})(o[table]);

const decodeYear = (value: unknown): Year => {
	const o = object(value);
	return {
		year: number(o["year"]),
		shelters: cells(o, "shelters"),
		asked: cells(o, "asked"),
		became: cells(o, "became"),
		declined: cells(o, "declined"),
		left: cells(o, "left"),
		unmet: list(monthly("count"))(o["unmet"]),
		seconds: maybe(number, o["waited_seconds"]),
	};
};

export const yearOf = (year: number): Promise<Year> => request("GET", `${ours}/report`, decodeYear, { query: { year: String(year) } });

/** A sum of months, and whether some of them are too small to be told, so that it is at least this. */
export interface Total {
	readonly category: string;
	readonly count: number;
	readonly more: boolean;
}

/** What is told of each category over all months, the most first. */
export function totals(all: readonly Monthly[]): Total[] {
	const by = new Map<string, Total>();
	for (const { category, count } of all) {
		const before = by.get(category);
		by.set(category, { category, count: (before?.count ?? 0) + (count ?? 0), more: (before?.more ?? false) || count === undefined });
	}
	return [...by.values()].sort((a, b) => b.count - a.count || a.category.localeCompare(b.category));
}
