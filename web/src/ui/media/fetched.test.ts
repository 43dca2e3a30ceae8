// @vitest-environment happy-dom
import { h, render } from "preact";
import { act } from "preact/test-utils";
import { expect, test, vi } from "vitest";
import type { MediaUri } from "../../state";
import { client } from "../client";
import { useFetched } from "./fetched";

const [before, now] = ["mxc://hub/before", "mxc://hub/now"] as [MediaUri, MediaUri];

test("a file that comes late does not stand in the place of the one that is wanted now", async () => {
	client.line.value = { state: "connected", since: 0 };
	vi.spyOn(client.media, "kept").mockResolvedValue(undefined);
	const coming = new Map<string, (blob: Blob) => void>();
	vi.spyOn(client.media, "load").mockImplementation((uri) => new Promise((done) => void coming.set(uri, done)));
	let shown: Blob | undefined;
	const Picture = ({ uri }: { uri: MediaUri }) => {
		shown = useFetched(uri, "face", true).blob;
		return null;
	};
	const place = document.createElement("p");
	const settle = () => act(() => new Promise<void>((done) => setTimeout(done)));
	for (const uri of [before, now]) {
		await act(() => render(h(Picture, { uri }), place));
		await settle();
	}
	expect([...coming.keys()]).toEqual([before, now]);
	const [old, fresh] = [new Blob(["before"]), new Blob(["now"])];
	coming.get(now)?.(fresh);
	coming.get(before)?.(old);
	await settle();
	expect(shown).toBe(fresh);
});
