import type { Mentions, Role, Room, UserId } from "../../state";

/** Somebody who can be called in a channel: a person, all people of an organisation or a role there, or everybody. */
export interface Callable {
	readonly kind: "person" | "organisation" | "role" | "everybody";
	/** What stands behind the @. */
	readonly label: string;
	readonly id: string;
	/** What tells namesakes apart. */
	readonly detail?: string;
	/** The people who are called by it. */
	readonly people: readonly UserId[];
}

/** What the network knows of the people in a channel. */
export interface Register {
	name(user: UserId): string;
	organisation(user: UserId): { readonly id: string; readonly name: string } | undefined;
	role(user: UserId): Role | undefined;
	roleName(role: Role): string;
	everybody: string;
	mayCallAll: boolean;
}

/** All that can be called in a channel: its people first, then organisations and roles that more than one of them have. */
export function callables(room: Room, me: UserId, known: Register): Callable[] {
	const people = [...room.members.values()].filter((member) => member.membership === "join" && member.id !== me).map((member) => member.id);
	const persons = people.map((id): Callable => {
		const detail = known.organisation(id)?.name;
		return { kind: "person", label: known.name(id), id, people: [id], ...(detail !== undefined && { detail }) };
	});
	return [
		...persons.sort((a, b) => a.label.localeCompare(b.label)),
		...groups(people, (id) => known.organisation(id)?.id).map(([id, inside]): Callable => {
			const label = inside.map((user) => known.organisation(user)?.name).find((name) => name !== undefined) ?? id;
			return { kind: "organisation", label, id, people: inside };
		}),
		...groups(people, known.role).map(([role, inside]): Callable => ({ kind: "role", label: known.roleName(role as Role), id: role, people: inside })),
		...(known.mayCallAll ? [{ kind: "everybody" as const, label: known.everybody, id: "", people: [] }] : []),
	];
}

function groups(people: readonly UserId[], of: (user: UserId) => string | undefined): [string, UserId[]][] {
	const found = new Map<string, UserId[]>();
	for (const user of people) {
		const key = of(user);
		if (key !== undefined) found.set(key, [...(found.get(key) ?? []), user]);
	}
	return [...found];
}

/** The @ that is being written: what stands between it and the caret, and where it begins. */
export function callingAt(text: string, caret: number): { readonly wanted: string; readonly from: number } | undefined {
	const found = /(?:^|[\s(«"„])@([\p{L}\p{M}\p{N}_ʻʼ'’\u200c-]{0,30}(?: [\p{L}\p{M}ʻʼ'’\u200c-]{0,20})?)$/u.exec(text.slice(0, caret));
	if (found?.[1] === undefined) return undefined;
	return { wanted: found[1], from: caret - found[1].length - 1 };
}

/** Those whose name, or a word of it, begins with what was written. */
export function matching(all: readonly Callable[], wanted: string, most = 5): Callable[] {
	const want = plain(wanted);
	return all.filter(({ label }) => plain(label).startsWith(want) || plain(label).split(" ").some((word) => word.startsWith(want))).slice(0, most);
}

const plain = (text: string) => text.normalize("NFKC").toLocaleLowerCase().replaceAll("ي", "ی").replaceAll("ك", "ک").replaceAll("\u200c", "");

/** Who is called in a text. The longest labels are looked for first, so that a name inside another one is not taken for it. */
export function calledIn(text: string, all: readonly Callable[]): Callable[] {
	const found: Callable[] = [];
	let rest = text;
	for (const one of [...all].sort((a, b) => b.label.length - a.label.length)) {
		if (one.label === "" || !rest.includes(`@${one.label}`)) continue;
		const namesakes = all.filter((other) => other.label === one.label);
		found.push(...namesakes.filter((other) => !found.includes(other)));
		rest = rest.replaceAll(`@${one.label}`, " ");
	}
	return found;
}

/** What a post says of whom it calls. */
export function mentionsOf(called: readonly Callable[]): Mentions | undefined {
	if (called.length === 0) return undefined;
	const of = (kind: Callable["kind"]) => called.filter((one) => one.kind === kind).map((one) => one.id);
	return {
		people: [...new Set(called.flatMap((one) => one.people))],
		room: called.some((one) => one.kind === "everybody"),
		organisations: of("organisation"),
		roles: of("role"),
	};
}
