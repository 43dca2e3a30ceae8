import type { Reader } from "./alert";
import { readingIn } from "./index";
import type { Tag } from "./languages";
import type { Catalog } from "./message";

const catalogs = import.meta.glob<Catalog>("../../../locales/alerts.*.json", { import: "default" });

/** Somebody who reads another language of the hub: so that a sender sees an alert as its readers will. */
export async function readerIn(tag: Tag, organisation: Reader["organisation"]): Promise<Reader> {
	const [{ catalog, style }, own] = await Promise.all([readingIn(tag), catalogs[`../../../locales/alerts.${tag}.json`]?.()]);
	return { tag, catalog: { ...catalog, ...own }, style, organisation };
}
