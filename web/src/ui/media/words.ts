import { t } from "../../i18n";
import { type Attachment, attachmentOf, captionOf, type Json } from "../../state";
import { number } from "../say";
import { minutes } from "./sound";

/** What a file is called where there is no room to show it. */
export function kindOf(file: Attachment): string {
	if (file.kind === "image") return t("media.picture");
	if (file.voice) return t("media.voice");
	if (file.kind === "audio") return t("media.sound");
	return t("media.file", { Name: file.name });
}

/** A post in a few words: what was written, else what was sent. */
export function gist(content: Json, body: string): string {
	const file = attachmentOf(content);
	if (!file) return body;
	const caption = captionOf(content).replaceAll("\n", " ");
	return caption === "" ? kindOf(file) : caption;
}

/** A length as 3:07, in the reader's digits. */
export function lengthOf(milliseconds: number): string {
	const { minutes: m, seconds: s } = minutes(milliseconds);
	return `${number(m)}:${number(Math.floor(s / 10))}${number(s % 10)}`;
}

/** The same, as it is said. */
export function spokenLength(milliseconds: number): string {
	const { minutes: m, seconds: s } = minutes(milliseconds);
	return m === 0 ? t("media.seconds", { Count: s }) : `${t("media.minutes", { Count: m })} ${t("media.seconds", { Count: s })}`;
}

/** A number with a point in it, such as 1.5, as the reader writes it. */
export function decimal(value: number): string {
	return String(value)
		.split(".")
		.map((part) => number(Number(part)))
		.join(t("size.point"));
}
