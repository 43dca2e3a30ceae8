/** Reads the slots of an alert that came from outside, by the rules of hub/alert/code. */
import { type Slot, type Slots, type Spec, specOf, units, valuesOf, type Window } from "./alert";

/** What is wrong with the slots: the key of the sentence, and the slot that it is about. */
export interface Wrong {
	readonly key: string;
	readonly slot?: string;
}

const maxCount = 999;
/** The seconds between the ends of a window: three months. */
const maxSpan = 92 * 24 * 3600;
const earliest = Date.UTC(2020, 0, 1) / 1000;
const latest = Date.UTC(2100, 0, 1) / 1000;

export function decode(code: string, raw: unknown): { readonly slots: Slots } | { readonly wrong: Wrong } {
	const spec = specOf(code);
	if (!spec) return { wrong: { key: "error.alert_code" } };
	if (typeof raw !== "object" || raw === null || Array.isArray(raw)) return { wrong: { key: "error.alert_slots" } };
	return check(spec, raw as Readonly<Record<string, unknown>>);
}

function check(spec: Spec, given: Readonly<Record<string, unknown>>): { slots: Slots } | { wrong: Wrong } {
	const unknown = Object.keys(given).find((name) => !spec.slots.some((slot) => slot.name === name));
	if (unknown !== undefined) return { wrong: { key: "error.alert_slot_unknown", slot: unknown } };
	const slots: Record<string, number | string | Window> = {};
	for (const slot of spec.slots) {
		const value = Object.hasOwn(given, slot.name) ? (given[slot.name] ?? undefined) : undefined;
		if (value === undefined) {
			if (slot.required) return { wrong: { key: "error.alert_slot_missing", slot: slot.name } };
			continue;
		}
		const read = valueIn(slot, value);
		if (read === undefined) return { wrong: { key: slot.type === "window" ? "error.alert_window" : "error.alert_slot_wrong", slot: slot.name } };
		slots[slot.name] = read;
	}
	if (slots["from"] !== undefined && slots["from"] === slots["to"]) return { wrong: { key: "error.alert_slot_wrong", slot: "to" } };
	return { slots };
}

function valueIn(slot: Slot, value: unknown): number | string | Window | undefined {
	switch (slot.type) {
		case "count":
			return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= maxCount ? value : undefined;
		case "window":
			return windowOf(value);
		case "place":
			return typeof value === "string" && units.includes(value) ? value : undefined;
		case "organisation":
			return typeof value === "string" && /^[A-Za-z0-9_.~-]{1,64}$/.test(value) ? value : undefined;
		default:
			return typeof value === "string" && valuesOf(slot).includes(value) ? value : undefined;
	}
}

function windowOf(value: unknown): Window | undefined {
	if (!Array.isArray(value) || value.length < 1 || value.length > 2 || !value.every(Number.isInteger)) return undefined;
	const [begin, end] = value as [number, number?];
	if (begin < earliest || begin >= latest) return undefined;
	if (end === undefined) return [begin];
	return end > begin && end - begin <= maxSpan ? [begin, end] : undefined;
}
