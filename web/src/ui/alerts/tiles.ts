/** A tile of a country's map: a province, and where it stands. */
export interface Tile {
	readonly code: string;
	/** From the west. */
	readonly column: number;
	/** From the north. */
	readonly row: number;
}

/**
 * The provinces as they lie to each other, a row from north to south, a place from west to east; "--" is a gap. Maps point north in every
 * language, so they are not mirrored.
 */
const drawn: Readonly<Record<string, string>> = {
	AF: `FYB JOW BAL KDZ TAK BDS
	     BDG SAR SAM BGL PAN NUR
	     HER GHO BAM PAR KAP KNR
	     FRA DAY WAR KAB LAG NAN
	     NIM URU GHA LOG PIA KHO
	     --  HEL KAN ZAB PKA --`,
	PK: `-- -- GB --
	     -- KP IS JK
	     BA -- PB --
	     -- SD -- --`,
	TJ: `SU -- --
	     DU RA GB
	     -- KT --`,
	TM: `-- D --
	     B  A L
	     -- S M`,
	UZ: `QR -- -- TK TO NG
	     XO NW JI SI FA AN
	     -- BU SA -- -- --
	     -- -- QA SU -- --`,
};

/** The tiles of a country of the network. */
export function tilesOf(country: string): readonly Tile[] {
	const rows = (drawn[country] ?? "").split("\n").map((row) => row.trim().split(/\s+/));
	return rows.flatMap((row, y) =>
		row.flatMap((name, x) => (name === "--" || name === "" ? [] : [{ code: `${country}-${name}`, column: x + 1, row: y + 1 }])),
	);
}
