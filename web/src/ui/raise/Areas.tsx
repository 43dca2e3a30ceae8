import { useId } from "preact/hooks";
import { t } from "../../i18n";
import type { Spec } from "../../i18n/alert";
import { type AlertDraft, sameAreas } from "../../state/alertDraft";
import { Button } from "../kit/Button";
import { countryName } from "../names";
import { areasIn, areasOf, placesByCountry } from "./codes";
import { placeName } from "./say";

interface Props {
	draft: AlertDraft;
	spec: Spec;
	onDraft: (to: Partial<AlertDraft>) => void;
}

/** As many as the hub takes. */
const most = 20;

/** A country without its provinces, or a province, in the reader's words. */
export const areaName = (code: string): string =>
	code.includes("-") ? placeName(code) : t("new_alert.whole_country", { Country: countryName(code) });

/** What the alert concerns: the places that it names, until its sender says more, or less. By this it is found on the board and the map. */
export function Areas({ draft, spec, onDraft }: Props) {
	const areas = areasIn(draft, spec);
	const places = areasOf(spec, draft.slots);
	const own = draft.areas.length > 0 && places.length > 0 && !sameAreas(draft.areas, places);
	const say = (to: readonly string[]) => onDraft({ areas: sameAreas(to, places) ? [] : to }); // the places alone are followed
	return (
		<details class="more areas">
			<summary>
				{t("new_alert.areas")}
				<span class="soft">{areas.length === 0 ? t("new_alert.areas_none") : areas.map((code) => <bdi key={code}>{areaName(code)}</bdi>)}</span>
			</summary>
			<div class="stack">
				<p class="soft">{t("new_alert.areas_hint")}</p>
				{areas.length > 0 && (
					<ul class="area-list">
						{areas.map((code) => (
							<li key={code}>
								<bdi>{areaName(code)}</bdi>
								{areas.length > 1 && (
									<Button kind="quiet" icon="close" iconOnly onPress={() => say(areas.filter((one) => one !== code))}>
										{t("new_alert.area_remove", { Name: areaName(code) })}
									</Button>
								)}
							</li>
						))}
					</ul>
				)}
				{areas.length < most && <Add without={areas} onAdd={(code) => say([...areas, code])} />}
				{own && (
					<Button icon="refresh" onPress={() => say(places)}>
						{t("new_alert.areas_places")}
					</Button>
				)}
			</div>
		</details>
	);
}

/** One more, from the list by country; the reader's own country comes first. */
function Add({ without, onAdd }: { without: readonly string[]; onAdd: (code: string) => void }) {
	const id = useId();
	return (
		<div class="field">
			<label for={id}>{t("new_alert.area_add")}</label>
			<div class="box">
				<select
					id={id}
					value=""
					onChange={(event) => {
						const { value } = event.currentTarget;
						event.currentTarget.value = "";
						if (value !== "") onAdd(value);
					}}
				>
					<option value="">{t("new_alert.choose")}</option>
					{placesByCountry().map(({ country, places }) => (
						<optgroup key={country} label={countryName(country)}>
							{[country, ...places]
								.filter((code) => !without.includes(code))
								.map((code) => (
									<option key={code} value={code}>
										{areaName(code)}
									</option>
								))}
						</optgroup>
					))}
				</select>
			</div>
		</div>
	);
}
