import { computed, signal } from "@preact/signals";
import { t } from "../../i18n";
import { mark, setMark } from "../../state";

/** What this app calls itself on the device: by its name, or as something that nobody looks at twice. */
export const faces = ["panah", "clock", "notes"] as const;
export type Face = (typeof faces)[number];

const key = "panah.face";

export const face = signal<Face>(readFace());

function readFace(): Face {
	const kept = mark(key);
	return faces.find((one) => one === kept) ?? "panah";
}

export function setFace(chosen: Face): void {
	face.value = chosen;
	setMark(key, chosen);
}

export const faceName = (one: Face): string => t(one === "panah" ? "app.name" : one === "clock" ? "face.clock" : "face.notes");

/** What stands in the browser's tab and on the home screen. */
export const shownName = computed(() => faceName(face.value));

/** Keeps the page's icon and its manifest with the chosen face; a new name on the home screen needs a new installation. */
export function followFace(): () => void {
	return face.subscribe((one) => {
		link("icon", `/faces/${one}.svg`);
		link("manifest", `/faces/${one}.webmanifest`);
	});
}

function link(rel: string, href: string): void {
	const known = document.head.querySelector<HTMLLinkElement>(`link[rel="${rel}"]`);
	const one = known ?? document.head.appendChild(Object.assign(document.createElement("link"), { rel }));
	if (one.getAttribute("href") !== href) one.href = href;
}
