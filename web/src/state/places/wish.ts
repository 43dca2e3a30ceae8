import { boolean, type Json, lenient, list, maybe, number, object, parse, record, string } from "../../wire/decode";
import { freshTxn } from "../../wire/ids";
import { type Facts, type Found, freshness, type Need, type Shelter } from "./model";

/** What somebody looks for and is about to ask, as far as they have come. */
export interface Wish extends Need {
	/** Asking twice is asking once. */
	readonly txn: string;
	/** Which of the steps is on the screen, from 0. */
	readonly step: number;
	/** Where it may be; none for anywhere. */
	readonly countries: readonly string[];
	readonly provinces: readonly string[];
	/** Shelters that are to be asked, at most three. */
	readonly chosen: readonly string[];
	readonly note: string;
	readonly noteLanguage: string;
	/** Kinds of findings in the note that its writer was asked about and leaves in. */
	readonly confirmed: readonly string[];
	readonly callBack: boolean;
	/** "" until its writer has said. */
	readonly consent: "" | "none" | "given";
	/** Unix milliseconds. */
	readonly consentAt: number;
	readonly consentLanguage: string;
	/** Of which journey it is a leg, and which one. */
	readonly journey: string;
	readonly leg: number;
}

/** The name of the words that are read out before somebody agrees (find_place.consent_words). */
export const consentWords = "consent-1";

/** Shelters that may be asked at once for the same people. */
export const mostAsked = 3;

/** People in one request. */
export const mostPeople = 20;

/** Characters of a note. */
export const noteLimit = 300;

/** Where the wish is kept among the drafts. */
export const wishPlace = "place:wish";

export const freshWish = (language: string, of: Partial<Wish> = {}): Wish => ({
	txn: freshTxn(),
	step: 0,
	category: "women",
	group: 1,
	ages: [],
	urgency: "urgent",
	needs: [],
	languages: [],
	from: "",
	facts: {},
	countries: [],
	provinces: [],
	chosen: [],
	note: "",
	noteLanguage: language,
	confirmed: [],
	callBack: false,
	consent: "",
	consentAt: 0,
	consentLanguage: language,
	journey: "",
	leg: 0,
	...of,
});

export const encodeWish = (wish: Wish): string => JSON.stringify(wish);

/** Reads a wish that was kept; undefined for one that an older or newer version of this program wrote otherwise. */
export function decodeWish(kept: string | undefined): Wish | undefined {
	if (kept === undefined) return undefined;
	return lenient((one) => wishOf(object(parse(string(one)))), kept);
}

function wishOf(o: Json): Wish {
	const consent = string(o["consent"]);
	return {
		txn: string(o["txn"]),
		step: number(o["step"]),
		category: string(o["category"]),
		group: number(o["group"]),
		ages: list(string)(o["ages"]),
		urgency: string(o["urgency"]),
		needs: list(string)(o["needs"]),
		languages: list(string)(o["languages"]),
		from: string(o["from"]),
		facts: record(boolean)(o["facts"]),
		countries: list(string)(o["countries"]),
		provinces: list(string)(o["provinces"]),
		chosen: list(string)(o["chosen"]),
		note: string(o["note"]),
		noteLanguage: string(o["noteLanguage"]),
		confirmed: list(string)(o["confirmed"]),
		callBack: boolean(o["callBack"]),
		consent: consent === "given" || consent === "none" ? consent : "",
		consentAt: number(o["consentAt"]),
		consentLanguage: string(o["consentLanguage"]),
		journey: maybe(string, o["journey"]) ?? "",
		leg: maybe(number, o["leg"]) ?? 0,
	};
}

const given = (facts: Facts): Json => ({ ...(Object.keys(facts).length > 0 && { facts }) });
const some = (name: string, values: readonly string[]): Json => ({ ...(values.length > 0 && { [name]: values }) });

function needBody({ category, group, ages, urgency, needs, languages, from, facts }: Need): Json {
	return { category, group, urgency, ...some("ages", ages), ...some("needs", needs), ...some("languages", languages), ...(from !== "" && { from }), ...given(facts) };
}

/** What the hub is asked to look for. */
export const searchBody = (wish: Wish): Json => ({ ...needBody(wish), ...some("countries", wish.countries), ...some("provinces", wish.provinces) });

/** That somebody agreed, when (Unix milliseconds) and in which language the words were read out. */
export const givenConsent = (at: number, language: string): Json => ({ given: "given", at, words: consentWords, language });

/** What the shelters are asked. */
export function askBody(wish: Wish): Json {
	const note = wish.note.trim();
	const consent = wish.consent === "given" ? givenConsent(wish.consentAt, wish.consentLanguage) : { given: "none" };
	return {
		txn_id: wish.txn,
		...needBody(wish),
		shelters: wish.chosen,
		consent,
		...(note !== "" && { note, language: wish.noteLanguage }),
		...(wish.callBack && { call_back: true }),
		...some("confirmed", wish.confirmed),
		...(wish.journey !== "" && { journey: wish.journey, leg: wish.leg }),
	};
}

/** Of shelters as they were read last, those that have places of the category where one looks: the nearest first. */
export function foundHere(shelters: readonly Shelter[], wish: Wish, now: number): Found {
	const { category, from, countries, provinces } = wish;
	const distance = ({ country, province }: Shelter) => (from === "" || country !== from.slice(0, 2) ? 2 : province === from ? 0 : 1);
	const inside = ({ country, province }: Shelter) => (countries.length === 0 && provinces.length === 0) || countries.includes(country) || provinces.includes(province);
	const found = shelters
		.filter((one) => !one.closed && one.free[category] !== undefined && inside(one))
		.map((one) => ({ ...one, suits: { free: freshness(one, now) === "uncounted" ? 0 : (one.free[category] ?? 0), distance: distance(one), warnings: [] } }))
		.sort((a, b) => Number(b.suits.free > 0) - Number(a.suits.free > 0) || a.suits.distance - b.suits.distance);
	return { shelters: found, free: found.some(({ suits }) => suits.free > 0) };
}
