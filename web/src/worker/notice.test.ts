import { expect, test } from "vitest";
import { type Deed, decide, decodeNote, type Device, type Note, type Shown } from "./notice";

const note: Note = {
	id: "1",
	to: "me",
	kind: "direct",
	urgent: false,
	count: 1,
	topic: "t",
	language: "fa-AF",
	text: "۱ چیز تازه",
	several: "چیزهای تازه",
	more: { title: "فریده به شما نوشت", body: "دختر در هرات است" },
};
const here: Device = { told: "me", owing: false, locked: false, watched: false, already: false };
const shown = (deed: Deed): Shown => {
	if (typeof deed === "string") throw new Error(`nothing is shown: ${deed}`);
	return deed;
};

test("a device that was emptied, or that owes the end of its session, shows nothing and takes no more", () => {
	expect(decide(note, { ...here, told: undefined })).toBe("end");
	expect(decide(note, { ...here, told: "somebody before" })).toBe("end");
	expect(decide(note, { ...here, owing: true })).toBe("end");
});

test("behind a PIN nothing of the content is shown, whatever was chosen", () => {
	const open = shown(decide(note, here));
	expect([open.title, open.options.body]).toEqual(["فریده به شما نوشت", "دختر در هرات است"]);
	const locked = shown(decide(note, { ...here, locked: true, watched: true }));
	expect(locked.title).toBe("۱ چیز تازه");
	expect(JSON.stringify(locked)).not.toContain("هرات");
	expect(JSON.stringify(locked)).not.toContain("فریده");
});

test("without a wish for more it says that there is something, in the person's direction and with a picture of nothing", () => {
	const { more: _more, ...discreet } = note;
	const one = shown(decide(discreet, here));
	expect(one).toMatchObject({ title: "۱ چیز تازه", options: { lang: "fa-AF", dir: "rtl", icon: "/faces/notes-192.png", requireInteraction: false } });
	expect(one.options).not.toHaveProperty("body");
	expect(shown(decide(discreet, { ...here, already: true })).title).toBe("چیزهای تازه");
});

test("what is urgent stays until it is touched; what the person sees already is not shown; a test always is", () => {
	expect(shown(decide({ ...note, urgent: true }, here)).options).toMatchObject({ requireInteraction: true, vibrate: expect.anything() });
	expect(decide(note, { ...here, watched: true })).toBe("leave");
	expect(shown(decide({ ...note, kind: "test" }, { ...here, watched: true })).title).toBe(note.more?.title);
});

test("what cannot be read is nothing", () => {
	for (const bad of [undefined, null, "x", {}, { ...note, to: 1 }, { ...note, more: { title: 1 } }]) expect(decodeNote(bad)).toBeUndefined();
	expect(decodeNote(JSON.parse(JSON.stringify(note)))).toEqual(note);
});
