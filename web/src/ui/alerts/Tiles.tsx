import { countryName } from "../names";
import { tilesOf } from "./tiles";
import { shortName } from "./words";
import "./Map.css";

/** What stands on a province of a map. */
export interface Mark {
	/** The province and what is there, in one sentence. */
	readonly said: string;
	readonly count?: string | undefined;
	/** A class of the tile. */
	readonly look?: string | undefined;
}

interface Props {
	country: string;
	mark: (code: string) => Mark;
	/** What concerns the country as a whole. */
	whole?: { readonly words: string; readonly look: string } | undefined;
	/** Without it the tiles are read only. */
	onOpen?: ((code: string) => void) | undefined;
}

/** A country as tiles, one a province, as they lie to each other. */
export function Tiles({ country, mark, whole, onOpen }: Props) {
	return (
		<section class="card">
			<header>
				<h2>{countryName(country)}</h2>
			</header>
			{whole &&
				(onOpen ? (
					<button type="button" class={`tile-button wide ${whole.look}`} onClick={() => onOpen(country)}>
						{whole.words}
					</button>
				) : (
					<p class={`tile-button wide ${whole.look}`}>{whole.words}</p>
				))}
			<section class="sideways" aria-label={countryName(country)} tabIndex={onOpen ? undefined : 0}>
				<div class="tile-map" dir="ltr">
					{tilesOf(country).map(({ code, column, row }) => (
						<Tile key={code} code={code} at={{ gridColumn: column, gridRow: row }} mark={mark(code)} onOpen={onOpen} />
					))}
				</div>
			</section>
		</section>
	);
}

function Tile({ code, at, mark: { said, count, look }, onOpen }: { code: string; at: { gridColumn: number; gridRow: number }; mark: Mark; onOpen: Props["onOpen"] }) {
	const shared = { class: look === undefined ? "tile-button" : `tile-button ${look}`, style: at, "aria-label": said, dir: "auto" as const };
	const inside = (
		<>
			<bdi>{shortName(code)}</bdi>
			{count !== undefined && <span class="count">{count}</span>}
		</>
	);
	if (onOpen)
		return (
			<button type="button" {...shared} onClick={() => onOpen(code)}>
				{inside}
			</button>
		);
	return (
		<div role="img" {...shared}>
			{inside}
		</div>
	);
}
