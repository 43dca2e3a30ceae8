import { computed } from "@preact/signals";
import { t } from "../i18n";
import {
	type Invitation,
	type Kind,
	localpart,
	mediaUriOf,
	type MediaUri,
	type Role,
	type Room,
	type Standing,
	type UserId,
} from "../state";
import { dot, tongueName } from "./say";
import { places } from "./places/here";
import { client, me, organisationOf, organisationsById, peopleById } from "./client";
import { namesakesAmong } from "./namesakes";
import { originOf } from "./origin";

/** The network's countries, in the order in which they are shown. */
export const countries = ["AF", "PK", "TJ", "TM", "UZ"] as const;

const countryKeys: Record<string, string> = {
	AF: "country.af",
	PK: "country.pk",
	TJ: "country.tj",
	TM: "country.tm",
	UZ: "country.uz",
};

export const roleKeys: Record<Role, string> = {
	steward: "role.steward",
	admin: "role.admin",
	member: "role.member",
	interpreter: "role.interpreter",
	observer: "role.observer",
};

const roleHintKeys: Record<Role, string> = {
	steward: "role.steward_hint",
	admin: "role.admin_hint",
	member: "role.member_hint",
	interpreter: "role.interpreter_hint",
	observer: "role.observer_hint",
};

export const kindKeys: Record<Kind, string> = {
	ngo: "kind.ngo",
	shelter: "kind.shelter",
	government: "kind.government",
	international: "kind.international",
	hotline: "kind.hotline",
	media: "kind.media",
};

const standingKeys: Record<Standing, string> = {
	proposed: "standing.proposed",
	vetted: "standing.vetted",
	refused: "standing.refused",
	suspended: "standing.suspended",
};

export function countryName(code: string): string {
	const key = countryKeys[code];
	return key === undefined ? code : t(key);
}

export const roleName = (role: Role): string => t(roleKeys[role]);
export const roleHint = (role: Role): string => t(roleHintKeys[role]);
export const kindName = (kind: Kind): string => t(kindKeys[kind]);
export const standingName = (standing: Standing): string => t(standingKeys[standing]);

/** Why an organisation was refused or suspended, or a person suspended. */
export const reasonKeys: Record<string, string> = {
	safety: "reason.safety",
	breach: "reason.breach",
	compromised: "reason.compromised",
	closed: "reason.closed",
	duplicate: "reason.duplicate",
	incomplete: "reason.incomplete",
	outside: "reason.outside",
	other: "reason.other",
};

export const reasonName = (code: string): string => t(reasonKeys[code] ?? "reason.other");

/** What is wrong with what is reported. */
export const reportKeys: Record<string, string> = {
	danger: "report.danger",
	identity: "report.identity",
	harassment: "report.harassment",
	false: "report.false",
	spam: "report.spam",
	other: "report.other",
};

export const reportName = (code: string): string => t(reportKeys[code] ?? "report.other");

/** Languages beside the hub's own eight that people of the region speak. */
export const otherTongues: Record<string, string> = {
	ar: "tongue.ar",
	bal: "tongue.bal",
	brh: "tongue.brh",
	zh: "tongue.zh",
	fr: "tongue.fr",
	de: "tongue.de",
	haz: "tongue.haz",
	hi: "tongue.hi",
	kaa: "tongue.kaa",
	kk: "tongue.kk",
	ky: "tongue.ky",
	pa: "tongue.pa",
	sd: "tongue.sd",
	skr: "tongue.skr",
	sgh: "tongue.sgh",
	sgn: "tongue.sgn",
	tr: "tongue.tr",
	ug: "tongue.ug",
	wbl: "tongue.wbl",
};

/** A language as the reader calls it: the hub's own by their own names, the others from the catalogs. */
export function spokenName(tag: string): string {
	const key = otherTongues[tag];
	return key === undefined ? tongueName(tag) : t(key);
}

/** The hub's own account, which makes the network's spaces. Nobody can have this user name. */
const hubAccount = "@hub:";

/** What a person is called: as the network has it, as the channel has it, or by the user name, which also tells namesakes apart. */
export function personName(user: string, room?: Room): string {
	if (isHub(user)) return t("app.name");
	const known = peopleById.value.get(user)?.name ?? room?.members.get(user as UserId)?.name;
	if (!known) return localpart(user as UserId);
	const shared = namesakes.value.has(user) || (room !== undefined && namesakesIn(room).has(user));
	return shared ? t("person.namesake", { Name: known, User: localpart(user as UserId) }) : known;
}

const namesakes = computed(() => namesakesAmong(peopleById.value.values()));
const byMembers = new WeakMap<Room["members"], ReadonlySet<string>>();

function namesakesIn({ members }: Room): ReadonlySet<string> {
	const found = byMembers.get(members) ?? namesakesAmong(members.values());
	byMembers.set(members, found);
	return found;
}

/** Whom a person speaks for: their organisation, or, of somebody of another hub, which hub and of which country. */
export function standsFor(user: string): string | undefined {
	const own = organisationOf(user)?.name;
	const origin = own === undefined && me.value ? originOf(user, me.value.id, client.abroad.value) : undefined;
	if (!origin) return own;
	const hub = t("abroad.hub", { Name: origin.server });
	return origin.country === undefined ? hub : `${countryName(origin.country)}${dot()}${hub}`;
}

/** A person's picture: as the channel has it, which comes with the log and is never old, or as the network has it. */
export function pictureOf(user: string, room?: Room): MediaUri | undefined {
	const member = room?.members.get(user as UserId);
	return member ? mediaUriOf(member.avatar) : peopleById.value.get(user)?.picture;
}

/**
 * What a room is called by its reader. The spaces of the network and the first channel of each are the hub's own, so they
 * have a name in every language; what people made has the name that they gave.
 */
export function roomName(room: Room): string {
	if (room.general) return t("channel.general");
	if (room.places === "request") return requestName(room);
	const about = room.about;
	if (about?.kind === "network") return t("space.network");
	if (about?.kind === "country" && about.country !== undefined) return countryName(about.country);
	if (about?.organisation !== undefined) return organisationsById.value.get(about.organisation)?.name ?? room.name ?? t("channel.unnamed");
	return room.name ?? othersIn(room) ?? t("channel.unnamed");
}

/** The private channel of a request for places is called after the shelter, where it is known. */
function requestName({ id }: Room): string {
	const shelter = places.value?.requests.value?.find(({ room }) => room === id)?.shelter;
	return shelter === undefined ? t("places.channel") : t("places.channel_of", { Name: shelter });
}

/** The same with its space, where the name alone does not tell it from others: each space has a first channel. */
export function fullRoomName(room: Room): string {
	const space = room.general ? spaceOf(room) : undefined;
	return space ? `${roomName(room)}${dot()}${roomName(space)}` : roomName(room);
}

/** Whether this is an account of a hub itself, and of nobody. */
export const isHub = (user: string): boolean => user.startsWith(hubAccount);

/** A channel of a few people that nobody named is called after the others in it; who was asked in or has left counts too. */
function othersIn(room: Room): string | undefined {
	const my = client.model.value.me;
	const inside = [...room.members.values()].filter((member) => member.id !== my);
	const names = inside.slice(0, 3).map((member) => personName(member.id, room));
	return names.length === 0 ? undefined : names.join(dot());
}

/** The space that a channel is in, by name; its general channel is told apart by it. */
export function spaceOf(room: Pick<Room, "id"> & { parents?: Room["parents"] }): Room | undefined {
	const rooms = client.rooms.value;
	const parent = room.parents?.map((id) => rooms.get(id)).find((space) => space !== undefined);
	return parent ?? [...rooms.values()].find((space) => space.space && space.children.includes(room.id));
}

export function invitationName(invitation: Invitation): string {
	return invitation.name ?? invitation.byName ?? t("channel.unnamed");
}
