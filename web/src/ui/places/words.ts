/** What places are called on the screen: codes by the catalogs, and the sentences round them. */
import { t } from "../../i18n";
import { type codes, type Criterion, type Entry, freshness, type Shelter } from "../../state/places/model";
import { areaName } from "../alerts/words";
import { countries, countryName, spokenName } from "../names";
import { clock, dot, number } from "../say";

type CodeList = Exclude<keyof typeof codes, "language" | "room">;

/** What a code of one of the lists is called. */
export const named = (list: CodeList, code: string): string => t(`place.${list}.${code}`);

/** All of a list, to be picked from. */
export const optionsOf = (list: CodeList, all: readonly string[]): { value: string; label: string }[] => all.map((value) => ({ value, label: named(list, value) }));

export const languageOptions = (all: readonly string[]): { value: string; label: string; lang: string }[] =>
	all.map((value) => ({ value, label: spokenName(value), lang: "" }));

/** A province or a country, or that it is not said. */
export function whereName(place: string): string {
	if (place === "") return t("shelter.undisclosed");
	return (countries as readonly string[]).includes(place) ? countryName(place) : areaName(place);
}

/** Where a shelter is, as far as it says. */
export const shelterWhere = ({ country, province }: Pick<Shelter, "country" | "province">): string =>
	province !== "" ? `${whereName(province)}${dot()}${countryName(country)}` : whereName(country);

/** For whom: the kind of place, and how many. */
export const forWhom = ({ category, places }: Pick<Entry, "category" | "places">): string => `${named("category", category)}${dot()}${t("places.many", { Count: places })}`;

/** Whole minutes until a moment, never less than none. */
export const minutesUntil = (at: number, now: number): number => Math.max(0, Math.floor((at - now) / 60_000));

/** How a request stands, in a sentence that promises nothing which is not so. */
export function standingOf(entry: Entry, now: number): string {
	switch (entry.state) {
		case "held": {
			const until = entry.until ?? now;
			return t(entry.decide ? "place_request.decide_until" : "place_request.held_until", { Time: clock(until), Count: minutesUntil(until, now) });
		}
		case "waiting":
			return entry.position === undefined ? named("state", "waiting") : t("place_request.position", { Number: number(entry.position) });
		default:
			return t(`place.said.${entry.state}`);
	}
}

/** The list that the reason for a state is of. */
const reasonLists: Partial<Record<Entry["state"], CodeList>> = { declined: "decline", withdrawn: "withdraw", left: "exit", expired: "decline" };

/** Why it ended so; undefined where nothing is said. */
export function reasonOf({ state, reason }: Pick<Entry, "state" | "reason">): string | undefined {
	const list = reasonLists[state];
	return list === undefined || reason === "" ? undefined : named(list, reason);
}

/** How old a shelter's numbers are, where that matters. */
export function ageOf(shelter: Pick<Shelter, "confirmedAt">, now: number): { words: string; tone: "fresh" | "old" } {
	const how = freshness(shelter, now);
	return { words: named("freshness", how), tone: how === "fresh" ? "fresh" : "old" };
}

/** A criterion in a few words, with its bounds. */
export function criterionWords({ name, hard, from, to, values }: Criterion): string {
	const bounds = boundsOf(name, from ?? 0, to, values ?? []);
	const words = [named("criterion", name), bounds].filter((one) => one !== "").join(": ");
	return hard ? t("shelter.is_hard", { Name: words }) : words;
}

function boundsOf(name: string, from: number, to: number | undefined, values: readonly string[]): string {
	if (values.length > 0) return values.map(spokenName).join(dot());
	if (to === undefined) return "";
	if (name === "group") return number(to);
	return name === "intake_hours" ? `${hourOf(from)}–${hourOf(to)}` : `${number(from)}–${number(to)}`;
}

/** Minutes of the day as a clock shows them, wherever that is. */
export const hourOf = (minutes: number): string => clock(new Date(2026, 0, 1, 0, minutes).getTime());
