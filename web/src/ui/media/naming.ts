/** What turns a text round, and what no name of a file may hold. */
const bad = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\\/:*?"<>|]/gu;
const longest = 80;

/** A file's name in two parts: what it is called, and the ending that says what it is. */
export interface FileName {
	readonly base: string;
	/** With its full stop; may be empty. */
	readonly ending: string;
}

/** Reads a name, without what would make it read as something else. */
export function nameOf(raw: string): FileName {
	const clean = raw.replace(bad, "").trim();
	const [, base = clean, ending = ""] = /^(.+?)(\.[A-Za-z0-9]{1,8})$/u.exec(clean) ?? [];
	return { base: shorten(base), ending: ending.toLowerCase() };
}

export function joined({ base, ending }: FileName): string {
	const clean = shorten(base.replace(bad, "").trim());
	return `${clean === "" ? "file" : clean}${ending}`;
}

const shorten = (text: string): string => [...text].slice(0, longest).join("");

/** What a file's name may end in by what it is, as the hub has it (hub/media/ending.go). */
const office = "application/vnd.openxmlformats-officedocument.";
const open = "application/vnd.oasis.opendocument.";
const fits: Record<string, readonly string[]> = {
	"image/jpeg": [".jpg", ".jpeg"],
	"image/png": [".png"],
	"image/webp": [".webp"],
	"image/gif": [".gif"],
	"text/plain": [".txt", ".csv"],
	"text/csv": [".csv", ".txt"],
	"application/pdf": [".pdf"],
	"audio/ogg": [".ogg", ".oga", ".opus"],
	"audio/webm": [".webm", ".weba"],
	"audio/mp4": [".m4a", ".mp4"],
	[`${office}wordprocessingml.document`]: [".docx"],
	[`${office}spreadsheetml.sheet`]: [".xlsx"],
	[`${office}presentationml.presentation`]: [".pptx"],
	[`${office}presentationml.slideshow`]: [".ppsx"],
	[`${open}text`]: [".odt"],
	[`${open}spreadsheet`]: [".ods"],
	[`${open}presentation`]: [".odp"],
};

/** The name with the ending of what the file is; one that says something else is replaced, for it could be run when it is opened. */
export function fitting(raw: string, type: string): string {
	const may = fits[type.split(";")[0]?.trim().toLowerCase() ?? ""] ?? [".bin"];
	const { base, ending } = nameOf(raw.replace(/[. ]+$/u, ""));
	if (may.includes(ending)) return joined({ base, ending });
	const kept = /[a-z]/u.test(ending) ? base : `${base}${ending}`;
	return joined({ base: kept, ending: may.some((one) => kept.toLowerCase().endsWith(one)) ? "" : (may[0] ?? "") });
}

const endings: Record<string, string> = {
	"image/jpeg": ".jpg",
	"image/png": ".png",
	"image/webp": ".webp",
	"audio/webm": ".webm",
	"audio/ogg": ".ogg",
	"audio/mp4": ".m4a",
};

/** A name that says nothing of anybody: what the phone called it says when it was taken. */
export const neutral = (what: string, type: string): string => `${what}${endings[type.split(";")[0] ?? ""] ?? ""}`;

/** What the hub takes, for the system's own picker. */
export const accepted =
	"image/jpeg,image/png,image/webp,application/pdf,text/plain,.txt,.csv,.docx,.xlsx,.pptx,audio/webm,audio/ogg,audio/mp4,audio/mpeg";
