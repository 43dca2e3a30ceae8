import { codes, type Slot, type Slots, type Spec, specOf, units } from "../../i18n/alert";
import type { AlertDraft, Grades, SlotValues } from "../../state/alertDraft";
import type { Block } from "../../state/alerts/model";
import { me } from "../client";
import { countries } from "../names";

/** Codes for practice stand apart from those for what happens. */
export const drill = "drill";
export const earnest: readonly Spec[] = codes.filter(({ code }) => code !== drill);

/** What a draft has in its slots, for those who write sentences of it. */
export const slotsOf = (values: SlotValues): Slots => values as Slots;

/** What an alert concerns: what its sender says, else its places. */
export const areasIn = (draft: AlertDraft, spec: Spec): readonly string[] => (draft.areas.length > 0 ? draft.areas : areasOf(spec, draft.slots));

/** The places of an alert, each once. */
export function areasOf(spec: Spec, slots: SlotValues): string[] {
	const places = spec.slots.flatMap((slot) => (slot.type === "place" && typeof slots[slot.name] === "string" ? [slots[slot.name] as string] : []));
	return [...new Set(places)];
}

/** The places that an alert speaks of. */
export function placesOf(said: Block): string[] {
	const spec = specOf(said.code);
	return spec ? areasOf(spec, said.slots as SlotValues) : [];
}

/** Countries with their units, the reader's own first. */
export function placesByCountry(): readonly { readonly country: string; readonly places: readonly string[] }[] {
	const own = me.value?.organisation?.country;
	const sorted = [...countries].sort((a, b) => Number(b === own) - Number(a === own));
	return sorted.map((country) => ({ country, places: units.filter((code) => code.startsWith(`${country}-`)) }));
}

/** The slots that must be filled and are not. */
export const missing = (spec: Spec, slots: SlotValues): Slot[] => spec.slots.filter((slot) => slot.required && slots[slot.name] === undefined);

/** What an alert begins with: one person, and the sender's organisation to be asked. */
export function firstSlots(spec: Spec): SlotValues {
	const own = me.value?.organisation?.id;
	return {
		...(spec.slots.some(({ name }) => name === "count") && { count: 1 }),
		...(own !== undefined && spec.slots.some(({ name }) => name === "contact") && { contact: own }),
	};
}

/** How a draft is graded: as its sender says, else as its code proposes. With `until`, Unix milliseconds, it ends when what it changes would have. */
export function gradesOf(draft: AlertDraft, spec: Spec): Required<Grades> & { hours: number; until: number | undefined } {
	const { urgency, severity, certainty, tlp, hours } = draft;
	return {
		urgency: urgency ?? spec.urgency,
		severity: severity ?? spec.severity,
		certainty: certainty ?? spec.certainty,
		tlp: tlp ?? spec.tlp,
		hours: hours ?? spec.hours,
		until: hours === undefined ? draft.expires : undefined,
	};
}
