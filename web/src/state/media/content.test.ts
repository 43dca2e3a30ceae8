import { expect, test } from "vitest";
import type { MediaUri, Stored } from "../../wire/media";
import type { RoomId, UserId } from "../../wire/ids";
import { attachmentOf, captionOf, fileContent, type FilePost, withStored } from "./content";

const post = (caption: string): FilePost => ({ room: "!r:hub" as RoomId, language: "fa-AF", caption });
const picture = { blob: new Blob(["123"], { type: "image/jpeg" }), name: "picture-1.jpg", width: 1600, height: 1200 };

test("a picture with words has both, and what is read is what was sent", () => {
	const content = fileContent(post("سلام"), { ...picture, alt: "یک در" });
	expect(content).toMatchObject({ msgtype: "m.image", body: "سلام", filename: "picture-1.jpg", "network.panah.language": "fa-AF" });
	expect(captionOf(content)).toBe("سلام");
	expect(attachmentOf(content)).toEqual({
		kind: "image",
		name: "picture-1.jpg",
		type: "image/jpeg",
		size: 3,
		width: 1600,
		height: 1200,
		alt: "یک در",
		voice: false,
	});
});

test("words to a picture call people as any post does", () => {
	const mentions = { people: ["@olga:hub" as UserId] };
	const content = fileContent({ ...post("@Olga, look"), html: "<a>Olga</a>, look", mentions }, picture);
	expect(content).toMatchObject({ formatted_body: "<a>Olga</a>, look", "m.mentions": { user_ids: ["@olga:hub"] } });
	expect(fileContent(post(""), picture)["m.mentions"]).toEqual({});
});

test("without words the body is the name, and there is no caption", () => {
	const content = fileContent(post(""), picture);
	expect(content["body"]).toBe("picture-1.jpg");
	expect(captionOf(content)).toBe("");
});

test("what the hub made of it holds", () => {
	const stored: Stored = { uri: "mxc://hub/abc" as MediaUri, name: "x", type: "image/png", size: 9, width: 10, height: 20 };
	const file = attachmentOf(withStored(fileContent(post(""), picture), stored));
	expect(file).toMatchObject({ uri: "mxc://hub/abc", type: "image/png", size: 9, width: 10, height: 20 });
});

test("a voice note carries the marks of MSC3245 beside a plain sound", () => {
	const note = { blob: new Blob(["1"], { type: "audio/webm" }), name: "voice.webm", duration: 2_000, waveform: [1, 2] };
	const content = fileContent(post(""), note);
	expect(content).toMatchObject({ msgtype: "m.audio", "org.matrix.msc3245.voice": {}, info: { duration: 2_000 } });
	expect(attachmentOf(content)).toMatchObject({ kind: "audio", voice: true, duration: 2_000, waveform: [1, 2] });
});

test.each([
	[{ msgtype: "m.text", body: "x" }, undefined],
	[
		{ msgtype: "m.image", url: "https://elsewhere/a.png", body: "a" },
		{ kind: "image", name: "a", type: "", voice: false },
	],
	[
		{ msgtype: "m.image", url: 7, info: "no", body: null },
		{ kind: "image", name: "", type: "", voice: false },
	],
	[
		{ msgtype: "m.image", url: "mxc://h/../../x", body: "a", info: { w: 1e9, h: -1, size: "big" } },
		{ kind: "image", name: "a", type: "", voice: false },
	],
])("whatever strangers send can be shown: %j", (content, want) => {
	expect(attachmentOf(content)).toEqual(want);
});
