import { computed } from "@preact/signals";
import { Client, type Me, type Organisation, type Person, type Room } from "../state";

/** The one client of this page: what it knows, as signals, and what a person can do. */
export const client = new Client();

/** Who is signed in. */
export const me = computed<Me | undefined>(() => {
	const session = client.session.value;
	return session.kind === "in" ? session.me : undefined;
});

/** Whether something may still be written in a channel by who is signed in. */
export const mayWrite = (room: Room): boolean => client.may("send") && room.ended === undefined;

export const peopleById = computed<ReadonlyMap<string, Person>>(() => new Map(client.people.value?.map((person) => [person.id, person])));

export const organisationsById = computed<ReadonlyMap<string, Organisation>>(
	() => new Map(client.organisations.value?.map((organisation) => [organisation.id, organisation])),
);

const abroadById = computed(() => new Map(client.abroad.value.map((organisation) => [organisation.id, organisation])));

/** What an organisation is called, of this hub or of another. */
export const organisationName = (id: string): string | undefined => organisationsById.value.get(id)?.name ?? abroadById.value.get(id)?.name;

/** The organisation that a person belongs to, once the list of people was read. */
export function organisationOf(user: string): Organisation | undefined {
	const id = peopleById.value.get(user)?.organisation;
	return id === undefined ? undefined : organisationsById.value.get(id);
}
