import { boolean, type Json, lenient, list, maybe, number, object, string } from "../wire/decode";
import { nothing, path, request } from "../wire/http";
import { type RoomId, roomId, type UserId, userId } from "../wire/ids";
import { type MediaUri, mediaUri } from "../wire/media";

export type Role = "steward" | "admin" | "member" | "interpreter" | "observer";
export type Kind = "ngo" | "shelter" | "government" | "international" | "hotline" | "media";
export type Standing = "proposed" | "vetted" | "refused" | "suspended";

export interface Organisation {
	readonly id: string;
	readonly name: string;
	readonly kind: Kind;
	readonly country: string;
	readonly standing: Standing;
	/** The code of why it was refused or suspended. */
	readonly reason: string;
	readonly space?: RoomId;
	readonly people: number;
}

/** Who is signed in, and what they may do. */
export interface Me {
	readonly id: UserId;
	readonly device: string;
	readonly name: string;
	readonly role: Role;
	readonly may: readonly string[];
	readonly organisation?: Organisation;
	readonly language: string;
	readonly speaks: readonly string[];
	readonly askAbout: string;
	readonly networkSpace: RoomId;
	/** At a device that others use too: nothing is kept here, and the session ends by itself. */
	readonly brief?: true;
	/** Has nothing, and speaks to nobody. */
	readonly alone?: true;
	/** How long this hub keeps posts at the most, in milliseconds. */
	readonly retention: number;
	/** Looks after others, and must set a second key up before anything else. */
	readonly factorNeeded?: true;
}

export interface Person {
	readonly id: UserId;
	readonly name: string;
	readonly picture?: MediaUri | undefined;
	readonly organisation?: string;
	readonly role: Role;
	readonly language: string;
	/** Language tags. */
	readonly speaks: readonly string[];
	/** What others may ask about, in the person's words. */
	readonly askAbout: string;
}

export interface HubInfo {
	readonly name: string;
	readonly server: string;
	readonly defaultLanguage: string;
	readonly founded: boolean;
}

/** What an invitation offers. */
export interface Offer {
	readonly organisation?: { readonly name: string; readonly kind: Kind; readonly country: string };
	readonly role: Role;
	/** Empty for the hub itself. */
	readonly invitedBy: string;
	/** Unix milliseconds. */
	readonly expiresAt: number;
	readonly language: string;
}

export interface OpenInvitation {
	readonly id: string;
	readonly organisation?: string;
	readonly role: Role;
	readonly language: string;
	readonly invitedBy: string;
	readonly expiresAt: number;
	/** Who came with it, and when. */
	readonly usedBy?: string;
	readonly usedAt?: number;
	readonly revokedAt?: number;
}

export interface NewInvitation {
	readonly id: string;
	readonly link: string;
	readonly expiresAt: number;
	/** A picture of the link, made by the hub. */
	readonly qr: string;
}

export interface Device {
	readonly id: string;
	readonly name: string;
	readonly seenAt: number;
}

export interface PublicChannel {
	readonly id: RoomId;
	readonly name: string;
	readonly topic: string;
	readonly members: number;
}

const text = (o: Json, member: string) => maybe(string, o[member]) ?? "";

function decodeOrganisation(value: unknown): Organisation {
	const o = object(value);
	const space = text(o, "space_id");
	return {
		id: string(o["id"]),
		name: string(o["name"]),
		kind: string(o["kind"]) as Kind,
		country: string(o["country"]),
		standing: string(o["standing"]) as Standing,
		reason: text(o, "reason"),
		people: maybe(number, o["people"]) ?? 0,
		...(space !== "" && { space: roomId(space) }),
	};
}

function decodeMe(value: unknown): Me {
	const o = object(value);
	const organisation = maybe(decodeOrganisation, o["organisation"]);
	return {
		id: userId(string(o["user_id"])),
		device: string(o["device_id"]),
		name: string(o["name"]),
		role: string(o["role"]) as Role,
		may: list(string)(o["may"]),
		language: text(o, "language"),
		speaks: maybe(list(string), o["speaks"]) ?? [],
		askAbout: text(o, "ask_about"),
		networkSpace: roomId(string(o["network_space"])),
		retention: number(o["retention_ms"]),
		...(organisation && { organisation }),
		...(o["brief"] === true && { brief: true as const }),
		...(o["second_factor_needed"] === true && { factorNeeded: true as const }),
	};
}

function decodeOffer(value: unknown): Offer {
	const o = object(value);
	const organisation = maybe(object, o["organisation"]);
	return {
		role: string(o["role"]) as Role,
		invitedBy: text(o, "invited_by"),
		expiresAt: number(o["expires_at"]),
		language: text(o, "language"),
		...(organisation && {
			organisation: {
				name: string(organisation["name"]),
				kind: string(organisation["kind"]) as Kind,
				country: string(organisation["country"]),
			},
		}),
	};
}

function decodePerson(value: unknown): Person {
	const o = object(value);
	const organisation = text(o, "organisation_id");
	const picture = lenient(mediaUri, o["avatar_url"]);
	return {
		...(picture && { picture }),
		id: userId(string(o["user_id"])),
		name: string(o["name"]),
		role: string(o["role"]) as Role,
		language: text(o, "language"),
		speaks: maybe(list(string), o["speaks"]) ?? [],
		askAbout: text(o, "ask_about"),
		...(organisation !== "" && { organisation }),
	};
}

function moments(o: Json): { usedBy?: string; usedAt?: number; revokedAt?: number } {
	const [usedBy, usedAt, revokedAt] = [maybe(string, o["used_by"]), maybe(number, o["used_at"]), maybe(number, o["revoked_at"])];
	return { ...(usedBy !== undefined && { usedBy }), ...(usedAt !== undefined && { usedAt }), ...(revokedAt !== undefined && { revokedAt }) };
}

function decodeInvitation(value: unknown): OpenInvitation {
	const o = object(value);
	const organisation = text(o, "organisation_id");
	return {
		id: string(o["id"]),
		role: string(o["role"]) as Role,
		language: text(o, "language"),
		invitedBy: text(o, "invited_by"),
		expiresAt: number(o["expires_at"]),
		...moments(o),
		...(organisation !== "" && { organisation }),
	};
}

const ours = "/_panah/v1";
const matrix = "/_matrix/client/v3";

export const hubInfo = (): Promise<HubInfo> =>
	request("GET", `${ours}/hub`, (value) => {
		const o = object(value);
		return {
			name: string(o["name"]),
			server: string(o["server_name"]),
			defaultLanguage: text(o, "default_language"),
			founded: boolean(o["founded"]),
		};
	});

export const me = (): Promise<Me> => request("GET", `${ours}/me`, decodeMe);

export const checkInvitation = (token: string): Promise<Offer> =>
	request("POST", `${ours}/invitations/check`, decodeOffer, { body: { token } });

export interface SignUp {
	readonly token: string;
	readonly user: string;
	readonly name: string;
	readonly passphrase: string;
	readonly language: string;
	readonly deviceName: string;
}

export const signUp = ({ deviceName, ...rest }: SignUp): Promise<void> =>
	request("POST", `${ours}/sign-up`, nothing, { body: { ...rest, device_name: deviceName } });

/** The passphrase was right; the second key is still to be shown. */
export interface Challenge {
	readonly token: string;
	readonly passkey: boolean;
}

/** Gives a challenge to those who have a second key; the others are in. `brief` is for a device that others use too. */
export const signIn = (user: string, passphrase: string, deviceName: string, brief: boolean): Promise<Challenge | undefined> =>
	request("POST", `${ours}/sign-in`, decodeChallenge, { body: { user, passphrase, device_name: deviceName, brief } });

function decodeChallenge(value: unknown): Challenge | undefined {
	const challenge = maybe(object, object(value)["challenge"]);
	return challenge && { token: string(challenge["token"]), passkey: boolean(challenge["passkey"]) };
}

export const signOut = (): Promise<void> => request("POST", `${ours}/sign-out`, nothing, { body: {}, always: true });


/** Which organisation coordinates a country's alerts, by country. */
export const leads = (): Promise<ReadonlyMap<string, string>> =>
	request("GET", `${ours}/countries/leads`, (v) => {
		const all = list(object)(object(v)["leads"]);
		return new Map(all.map((one) => [string(one["country"]), string(one["organisation_id"])]));
	});

/** Says which organisation coordinates a country's alerts; "" for none. */
export const setLead = (country: string, organisation: string): Promise<void> =>
	request("PUT", path`/_panah/v1/countries/${country}/lead`, nothing, { body: { organisation_id: organisation } });

export const organisations = (): Promise<Organisation[]> =>
	request("GET", `${ours}/organisations`, (v) => list(decodeOrganisation)(object(v)["organisations"]));

/** An organisation of another hub. */
export interface Abroad {
	/** As it is called here. */
	readonly id: string;
	/** The server of its hub. */
	readonly hub: string;
	readonly name: string;
	readonly kind: Kind;
	readonly country: string;
}

const decodeAbroad = (value: unknown): Abroad => {
	const o = object(value);
	return { id: string(o["abroad_id"]), hub: string(o["hub"]), name: string(o["name"]), kind: string(o["kind"]) as Kind, country: string(o["country"]) };
};

/** The organisations of the hubs that this one knows, by hub. */
export const abroad = (): Promise<Abroad[]> =>
	request("GET", `${ours}/hubs`, (v) => list(object)(object(v)["hubs"]).flatMap((hub) => list(decodeAbroad)(hub["organisations"])));

export const createOrganisation = (name: string, kind: Kind, country: string): Promise<Organisation> =>
	request("POST", `${ours}/organisations`, decodeOrganisation, { body: { name, kind, country } });

export const people = (): Promise<Person[]> => request("GET", `${ours}/people`, (v) => list(decodePerson)(object(v)["people"]));

export const invitations = (): Promise<OpenInvitation[]> =>
	request("GET", `${ours}/invitations`, (v) => list(decodeInvitation)(object(v)["invitations"]), { query: { all: "true" } });

/** Without an organisation the invitation is for a steward. */
export const invitePerson = (organisation: string | undefined, role: Role, language: string): Promise<NewInvitation> =>
	request(
		"POST",
		`${ours}/invitations`,
		(value) => {
			const o = object(value);
			return { id: string(o["id"]), link: string(o["link"]), expiresAt: number(o["expires_at"]), qr: string(o["qr_svg"]) };
		},
		{ body: { organisation_id: organisation ?? null, role, language } },
	);

export const revokeInvitation = (id: string): Promise<void> => request("DELETE", path`/_panah/v1/invitations/${id}`, nothing);

export const devices = (): Promise<Device[]> =>
	request("GET", `${matrix}/devices`, (v) =>
		list((d) => {
			const o = object(d);
			return { id: string(o["device_id"]), name: text(o, "display_name"), seenAt: maybe(number, o["last_seen_ts"]) ?? 0 };
		})(object(v)["devices"]),
	);

/** Ends the session of one of my devices. The hub asks for the passphrase once more. */
export const endDevice = (id: string, user: UserId, passphrase: string): Promise<void> =>
	request("DELETE", path`/_matrix/client/v3/devices/${id}`, nothing, {
		body: { auth: { type: "m.login.password", identifier: { type: "m.id.user", user }, password: passphrase } },
	});

export const setName = (user: UserId, name: string): Promise<void> =>
	request("PUT", path`/_matrix/client/v3/profile/${user}/displayname`, nothing, { body: { displayname: name } });

/** The channels and spaces inside a space, also those that one is not in yet but may enter. */
export const channelsIn = (space: RoomId): Promise<PublicChannel[]> =>
	request(
		"GET",
		path`/_matrix/client/v1/rooms/${space}/hierarchy`,
		(v) =>
			list(object)(object(v)["rooms"])
				.filter((o) => o["room_type"] !== "m.space")
				.map((o) => ({
					id: roomId(string(o["room_id"])),
					name: text(o, "name"),
					topic: text(o, "topic"),
					members: maybe(number, o["num_joined_members"]) ?? 0,
				})),
		{ query: { limit: "100" } },
	);

/** What somebody says of the words in their language. */
export interface Correction {
	readonly id: string;
	readonly by: UserId;
	/** Unix milliseconds. */
	readonly at: number;
	readonly language: string;
	readonly words: string;
	readonly better: string;
	/** The screen that it was sent from. */
	readonly place: string;
}

export const sendCorrection = (one: { language: string; words: string; better: string; place: string }): Promise<void> =>
	request("POST", `${ours}/corrections`, nothing, { body: one });

export const corrections = (): Promise<Correction[]> =>
	request("GET", `${ours}/corrections`, (value) =>
		list((each) => {
			const o = object(each);
			return {
				id: string(o["id"]),
				by: userId(string(o["by"])),
				at: number(o["at"]),
				language: string(o["language"]),
				words: string(o["words"]),
				better: string(o["better"]),
				place: string(o["place"]),
			};
		})(object(value)["corrections"]),
	);

export const settleCorrection = (id: string): Promise<void> => request("DELETE", path`/_panah/v1/corrections/${id}`, nothing);
