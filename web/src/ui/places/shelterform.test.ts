// @vitest-environment happy-dom
import { h, render } from "preact";
import { act } from "preact/test-utils";
import { expect, test, vi } from "vitest";
import { speak, speakInside } from "../../i18n";
import type { Me, Person, UserId } from "../../state";
import type { Shelter } from "../../state/places/model";
import { Places } from "../../state/places/places";
import { readerIn } from "../../i18n/alertin";
import { reader } from "../alerts/words";
import { client } from "../client";
import { places } from "./here";
import ShelterForm from "./ShelterForm";

test("who takes people in is not changed before it was read: whoever is not named would take in nobody any more", async () => {
	let told = (_: string[]): void => undefined;
	vi.spyOn(Places.prototype, "soon").mockReturnValue(undefined);
	vi.spyOn(Places.prototype, "staff").mockReturnValue(new Promise((done) => (told = done)));
	vi.spyOn(client.circle, "loadPeople").mockResolvedValue(undefined);
	await speak("en");
	await speakInside(true);
	client.session.value = { kind: "in", me: { id: "@me:hub" as UserId, may: [], organisation: { id: "o", country: "TJ" } } as unknown as Me };
	client.people.value = ["One", "Two"].map((name) => ({ id: `@${name}:hub`, name, role: "member", organisation: "o" }) as unknown as Person);
	const known = client.part(({ here, keeping, sending, talk }) => new Places(here, keeping, sending, talk));
	const shelter = { id: "s", name: "Umed", country: "TJ", province: "", facility: "short_stay", services: [], languages: [], criteria: [], zone: 0, hold: 90, seenBy: "network" };
	known.shelters.value = [shelter as unknown as Shelter];
	places.value = known;
	reader.value = await readerIn("en", () => undefined);
	const place = document.body.appendChild(document.createElement("div"));
	await act(() => render(h(ShelterForm, { id: "s" }), place));
	const box = (name: string) => [...place.querySelectorAll("label")].find((label) => label.textContent?.includes(name))?.querySelector("input");
	expect(place.querySelector("button.main")).not.toBeNull();
	expect(box("Two")).toBeUndefined();
	await act(async () => told(["@One:hub"]));
	await act(() => box("Two")?.click());
	expect(JSON.parse(client.drafts.value.get("place:shelter:s") ?? "{}").staff).toEqual(["@One:hub", "@Two:hub"]);
});
