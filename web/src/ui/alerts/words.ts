/** What alerts are called on the screen: their sentences from the codes, and the words round them. */
import { effect, signal } from "@preact/signals";
import { t } from "../../i18n";
import * as said from "../../i18n/alert";
import { decode } from "../../i18n/alertslots";
import type { Block, Label, NoticeKind, Stand, Truth, Urgency, Why } from "../../state/alerts/model";
import { client, organisationName } from "../client";
import { language } from "../say";

/** The reader of the sentences; undefined until the words of the language are here. */
export const reader = signal<said.Reader | undefined>(undefined);

/** Keeps the words with the language and the choices of whoever reads. */
export function followWords(): () => void {
	return effect(() => {
		const wanted = language.value;
		void [client.settings.value, client.session.value];
		void said.reader(organisationName).then(
			(one) => {
				if (language.peek() === wanted) reader.value = one;
			},
			() => undefined, // no line: the words of the language before stay
		);
	});
}

function alertOf({ code, slots, status, kind }: Block): said.Alert {
	const read = decode(code, slots);
	return { code, slots: "slots" in read ? read.slots : {}, status, kind };
}

/** The reader of what a hub says: another one's organisations are called here as the directory has them. */
function readerOf({ origin }: Block): said.Reader | undefined {
	const to = reader.value;
	return to && origin !== undefined ? { ...to, organisation: (id) => organisationName(`${id}:${origin}`) } : to;
}

/** All that the codes say, in whole sentences. */
export function sentenceOf(block: Block): string {
	const to = readerOf(block);
	if (!to) return t("act.loading");
	return said.sentence(alertOf(block), to) || t("alerts.unknown");
}

/** In one line what it is about and where. */
export function headlineOf(block: Block): string {
	const to = readerOf(block);
	return (to && said.headline(alertOf(block), to)) || t("alerts.unknown");
}

export const codes = (): readonly string[] => said.codes.map(({ code }) => code);

export function codeName(code: string): string {
	const to = reader.value;
	return to ? said.label("code", code, to) : code;
}

/** The name of a province or a country. */
export function areaName(code: string): string {
	const to = reader.value;
	return to && said.units.includes(code) ? said.placeName(code, to) : code;
}

/** The same without the noun, as a map has it. */
export function shortName(code: string): string {
	const to = reader.value;
	const name = to?.catalog[`place.${code}`];
	return typeof name === "string" ? name : areaName(code);
}

export const usual = (code: string) => said.specOf(code) ?? { urgency: "Unknown", severity: "Unknown", certainty: "Unknown" };

export const urgencyName = (urgency: Urgency): string => t(urgencyKeys[urgency]);

const urgencyKeys: Record<Urgency, string> = {
	Immediate: "alerts.immediate",
	Expected: "alerts.expected",
	Future: "alerts.future",
	Past: "alerts.past_haste",
	Unknown: "alerts.haste_unknown",
};

export const whyName = (why: string): string => t(whyKeys[why as Why] ?? "alerts.why_other");

const whyKeys: Record<Why, string> = {
	no_capacity: "alerts.why_no_capacity",
	outside_area: "alerts.why_outside_area",
	not_our_field: "alerts.why_not_our_field",
	unsafe: "alerts.why_unsafe",
	nobody_here: "alerts.why_nobody_here",
	other: "alerts.why_other",
};

/** How many organisations stand so. */
export const standCount = (stand: Stand, count: number): string => t(countKeys[stand], { Count: count });

const countKeys: Record<Stand, string> = {
	can_act: "alerts.count_can_act",
	done: "alerts.count_done",
	cannot: "alerts.count_cannot",
	seen: "alerts.count_seen",
	silent: "alerts.count_silent",
};

export const standName = (stand: Stand): string => t(standKeys[stand]);

const standKeys: Record<Stand, string> = {
	can_act: "alerts.stand_can_act",
	done: "alerts.stand_done",
	cannot: "alerts.stand_cannot",
	seen: "alerts.stand_seen",
	silent: "alerts.stand_silent",
};

export const truthName = (truth: Exclude<Truth, "unknown">): string => t(truthKeys[truth]);

const truthKeys: Record<Exclude<Truth, "unknown">, string> = {
	acknowledged: "alerts.truth_acknowledged",
	seen: "alerts.truth_seen",
	reached: "alerts.truth_reached",
};

/** A label's colour is the standard's own (TLP 2.0), and so are its letters. */
export const labelClass = (label: Label): string => `tlp ${label.split("+")[0]?.toLowerCase()}`;

const noticeKeys: Record<NoticeKind, string> = {
	duty: "alerts.notice_duty",
	next: "alerts.notice_next",
	admin: "alerts.notice_admin",
	coordinator: "alerts.notice_coordinator",
	steward: "alerts.notice_steward",
	approve: "alerts.notice_approve",
	refused: "alerts.notice_refused",
	approved: "alerts.notice_approved",
};

/** Why the hub tells somebody of an alert by name. */
export const noticeName = (kind: NoticeKind): string => t(noticeKeys[kind]);
