import type { ComponentChildren } from "preact";
import { t, type Tag } from "../../i18n";
import * as alert from "../../i18n/alert";
import { readerIn } from "../../i18n/alertin";
import { reader } from "../alerts/words";
import { organisationsById } from "../client";
import { Outline } from "../kit/List";

/** What stands inside can say what alerts say: it waits for the words. */
export function WithWords({ children }: { children: () => ComponentChildren }) {
	if (reader.value) return <>{children()}</>;
	return (
		<div class="column">
			<Outline rows={4} label={t("act.loading")} />
		</div>
	);
}

/** The person at the screen; only within `WithWords`. */
export function readerHere(): alert.Reader {
	if (!reader.value) throw new Error("the words of alerts are not there yet");
	return reader.value;
}

const word = (key: string): string => {
	const found = readerHere().catalog[key];
	return typeof found === "string" ? found : key;
};

export const codeName = (code: string): string => word(`alert.code.${code}`);
export const slotName = (slot: alert.Slot): string => word(`alert.slot.${slot.name}`);

/** Values and places are written as they stand within a sentence; on a button or in a list they begin one. */
function begun(words: string): string {
	const [first = "", ...rest] = words;
	return first.toLocaleUpperCase(readerHere().tag) + rest.join("");
}

export const valueName = (type: string, value: string): string => begun(alert.label(type, value, readerHere()));
export const placeName = (code: string): string => begun(alert.placeName(code, readerHere()));

/** Somebody who reads another language. */
export const readerOf = (tag: Tag): Promise<alert.Reader> => readerIn(tag, (id) => organisationsById.value.get(id)?.name);
