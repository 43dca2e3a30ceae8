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
import { client, organisationsById, peopleById } from "./client";

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

/** The hub's own account, which makes the network's spaces. Nobody can have this user name. */
const hubAccount = "@hub:";

/** What a person is called: as the network has it, as the channel has it, or by the user name. */
export function personName(user: string, room?: Room): string {
	if (user.startsWith(hubAccount)) return t("app.name");
	return peopleById.value.get(user)?.name ?? room?.members.get(user as UserId)?.name ?? localpart(user as UserId);
}

/** A person's picture: as the network has it, or as the channel has it. */
export function pictureOf(user: string, room?: Room): MediaUri | undefined {
	const known = peopleById.value.get(user);
	return known ? known.picture : mediaUriOf(room?.members.get(user as UserId)?.avatar);
}

/**
 * What a room is called by its reader. The spaces of the network and the first channel of each are the hub's own, so they
 * have a name in every language; what people made has the name that they gave.
 */
export function roomName(room: Room): string {
	if (room.general) return t("channel.general");
	const about = room.about;
	if (about?.kind === "network") return t("space.network");
	if (about?.kind === "country" && about.country !== undefined) return countryName(about.country);
	if (about?.organisation !== undefined) return organisationsById.value.get(about.organisation)?.name ?? room.name ?? t("channel.unnamed");
	return room.name ?? t("channel.unnamed");
}

/** The space that a channel is in, by name; its general channel is told apart by it. */
export function spaceOf(room: Pick<Room, "id"> & { parents?: Room["parents"] }): Room | undefined {
	const rooms = client.rooms.value;
	const parent = room.parents?.map((id) => rooms.get(id)).find((space) => space !== undefined);
	return parent ?? [...rooms.values()].find((space) => space.space && space.children.includes(room.id));
}

export function invitationName(invitation: Invitation): string {
	return invitation.name ?? t("channel.unnamed");
}
