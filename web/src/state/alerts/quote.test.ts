import { expect, test } from "vitest";
import { eventId, type RoomId, roomId, type UserId, userId } from "../../wire/ids";
import type { Room } from "../model";
import { type Entry, type Label, labels } from "./model";
import { type Circle, mayShow, quoteContent, quoteOf } from "./quote";

const user = (name: string) => userId(`@${name}:hub`);
const spaces: Record<string, string> = { "!rahnuma:hub": "rahnuma" };
const circle: Circle = {
	organisation: "rahnuma",
	organisationOf: (one: UserId) => ({ "@farida:hub": "rahnuma", "@hamid:hub": "rahnuma", "@mavzuna:hub": "mehrubon", "@samira:hub": "" })[one as string],
	space: (id: RoomId) => (spaces[id] === undefined ? undefined : { about: { kind: "organisation", organisation: spaces[id] } }),
};
const had = new Set([user("farida"), user("mavzuna")]);

function channel(joinRule: string, parents: string[], ...people: string[]): Room {
	const members = new Map(people.map((name) => [user(name), { id: user(name), name, membership: "join" }]));
	return { joinRule, parents: parents.map((id) => roomId(id)), members } as unknown as Room;
}

const open = (room: Room): Label[] => labels.filter((label) => mayShow(label, room, had, circle));

test.each<[string, Room, Label[]]>([
	["one's own organisation", channel("restricted", ["!rahnuma:hub"], "farida", "hamid"), ["AMBER+STRICT", "AMBER", "GREEN", "CLEAR"]],
	["somebody who got it as well", channel("invite", [], "farida", "mavzuna"), ["AMBER", "GREEN", "CLEAR"]],
	["somebody who did not", channel("invite", [], "farida", "samira"), ["GREEN", "CLEAR"]],
	["a channel that others may come into", channel("public", [], "farida", "hamid"), ["GREEN", "CLEAR"]],
	["a channel that another space may come into", channel("restricted", ["!rahnuma:hub", "!network:hub"], "farida"), ["GREEN", "CLEAR"]],
	["a guest from outside the network", channel("invite", [], "farida", "stranger"), ["CLEAR"]],
	["nobody, as far as is known", channel("invite", []), ["CLEAR"]],
])("what may be shown to %s", (_, room, expected) => expect(open(room)).toEqual(expected));

test("whoever is asked in counts, and whoever has left does not", () => {
	const room = channel("invite", [], "farida", "samira");
	const as = (membership: string) => ({ ...room, members: new Map([...room.members].map(([id, one]) => [id, id === user("samira") ? { ...one, membership } : one])) });
	expect(mayShow("AMBER", as("invite"), had, circle)).toBe(false);
	expect(mayShow("AMBER", as("leave"), had, circle)).toBe(true);
});

test("a quote says what the codes say, and leaves the free text where it is", () => {
	const block = { code: "transit", slots: { count: 2 }, status: "Actual", kind: "Alert", urgency: "Immediate", severity: "Severe", certainty: "Likely", areas: ["AF-HER"], expires: 1_800_000_000_000, tlp: "AMBER", text: "موتر سفید", language: "fa-AF", quotes: "", by: "" } as const;
	const content = quoteContent({ id: eventId("$a"), room: roomId("!r:hub"), block } as unknown as Entry, "Two people.", "en");
	expect(JSON.stringify(content)).not.toContain("موتر");
	expect(quoteOf(content)).toEqual({ alert: "$a", room: "!r:hub", block: { ...block, text: "", language: "" } });
	expect(quoteOf({ body: "x" })).toBeUndefined();
});
