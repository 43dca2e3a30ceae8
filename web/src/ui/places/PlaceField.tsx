import { useId } from "preact/hooks";
import { t } from "../../i18n";
import { countryName } from "../names";
import { placesByCountry } from "../raise/codes";
import { placeName } from "../raise/say";

interface Props {
	label: string;
	/** ISO 3166-2, a country, or "". */
	value: string;
	/** What "" says. */
	none: string;
	onValue: (value: string) => void;
	/** Only provinces, and no whole country. */
	provinces?: boolean;
}

/** A province, or a whole country, in one touch: the reader's own country comes first. */
export function PlaceField({ label, value, none, onValue, provinces }: Props) {
	const id = useId();
	return (
		<div class="field">
			<label for={id}>{label}</label>
			<div class="box">
				<select id={id} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
					<option value="">{none}</option>
					{placesByCountry().map(({ country, places }) => (
						<optgroup key={country} label={countryName(country)}>
							{places.map((code) => (
								<option key={code} value={code}>
									{placeName(code)}
								</option>
							))}
							{!provinces && <option value={country}>{t("new_alert.whole_country", { Country: countryName(country) })}</option>}
						</optgroup>
					))}
				</select>
			</div>
		</div>
	);
}
