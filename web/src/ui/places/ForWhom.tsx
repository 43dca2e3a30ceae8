import { t } from "../../i18n";
import { codes } from "../../state/places/model";
import { mostPeople, type Wish } from "../../state/places/wish";
import { Button } from "../kit/Button";
import { Choices, Select } from "../kit/Field";
import { Stepper } from "../kit/Stepper";
import { Toggles } from "../kit/Toggles";
import { countries, countryName } from "../names";
import { number } from "../say";
import { PlaceField } from "./PlaceField";
import { languageOptions, named, optionsOf, whereName } from "./words";

interface Props {
	wish: Wish;
	onWish: (to: Partial<Wish>) => void;
}

/** For whom, how urgent and from where, without a keyboard; what else is known stands behind one touch. */
export function ForWhom({ wish, onWish }: Props) {
	return (
		<div class="stack">
			<Choices label={t("find_place.urgency")} value={wish.urgency} onValue={(urgency) => onWish({ urgency })} options={optionsOf("urgency", codes.urgency)} />
			<Select label={t("find_place.category")} value={wish.category} onValue={(category) => onWish({ category })} options={optionsOf("category", codes.category)} />
			<Stepper
				label={t("find_place.group")}
				value={wish.group}
				least={1}
				most={mostPeople}
				shown={number(wish.group)}
				less={t("new_alert.fewer")}
				more={t("new_alert.more")}
				onValue={(group) => onWish({ group })}
			/>
			<PlaceField label={t("find_place.from")} value={wish.from} none={t("new_alert.not_known")} onValue={(from) => onWish({ from })} />
			<details class="more">
				<summary>{t("find_place.more")}</summary>
				<div class="stack">
					<Toggles label={t("find_place.ages")} values={wish.ages} onValues={(ages) => onWish({ ages })} options={optionsOf("age", codes.age)} />
					<Toggles label={t("find_place.needs")} values={wish.needs} onValues={(needs) => onWish({ needs })} options={optionsOf("need", codes.need)} />
					<Toggles label={t("find_place.languages")} values={wish.languages} onValues={(languages) => onWish({ languages })} options={languageOptions(codes.language)} />
					<Facts wish={wish} onWish={onWish} />
				</div>
			</details>
			<details class="more">
				<summary>{t("find_place.where")}</summary>
				<Where wish={wish} onWish={onWish} />
			</details>
		</div>
	);
}

/** What is known, and nobody has to know: what is left open rules no shelter out. */
function Facts({ wish: { facts }, onWish }: Props) {
	const set = (fact: string, said: string) => {
		const { [fact]: _before, ...rest } = facts;
		onWish({ facts: said === "" ? rest : { ...rest, [fact]: said === "yes" } });
	};
	return (
		<div class="stack-tight">
			<p class="soft">{t("find_place.facts_hint")}</p>
			{codes.fact.map((fact) => (
				<Select
					key={fact}
					label={named("fact", fact)}
					value={facts[fact] === undefined ? "" : facts[fact] ? "yes" : "no"}
					onValue={(said) => set(fact, said)}
					options={[
						{ value: "", label: t("new_alert.not_known") },
						{ value: "yes", label: t("find_place.yes") },
						{ value: "no", label: t("find_place.no") },
					]}
				/>
			))}
		</div>
	);
}

function Where({ wish: { countries: chosen, provinces }, onWish }: Props) {
	return (
		<div class="stack">
			<Toggles
				label={t("find_place.in_countries")}
				values={chosen}
				onValues={(to) => onWish({ countries: to })}
				options={countries.map((value) => ({ value, label: countryName(value) }))}
			/>
			<PlaceField
				label={t("find_place.in_provinces")}
				value=""
				none={t("new_alert.choose")}
				provinces
				onValue={(one) => one !== "" && onWish({ provinces: [...new Set([...provinces, one])] })}
			/>
			<div class="row">
				{provinces.map((one) => (
					<Button key={one} icon="close" onPress={() => onWish({ provinces: provinces.filter((other) => other !== one) })}>
						{whereName(one)}
					</Button>
				))}
			</div>
		</div>
	);
}
