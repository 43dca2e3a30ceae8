import { type Json, lenient, list, maybe, number, object, record, string } from "../wire/decode";
import { nothing, path, request, requestFile } from "../wire/http";
import { type EventId, type RoomId, type UserId, userId } from "../wire/ids";
import type { Kind, Organisation, Role } from "./account";

/** What those do who look after the network, an organisation, or their own account. */

const ours = "/_panah/v1";
const matrix = "/_matrix/client/v3";
const text = (o: Json, member: string) => maybe(string, o[member]) ?? "";

/** Somebody on duty. */
export interface Duty {
	readonly user: UserId;
	readonly organisation: string;
	/** Unix milliseconds. */
	readonly from: number;
	readonly until: number;
	readonly note: string;
}

const dutyPrefix = "network.panah.duty.";

/** Who is on duty, from what the hub keeps beside the account's own data. Whoever went off duty is there without an end. */
export function dutyOf(accountData: ReadonlyMap<string, Json>): ReadonlyMap<string, Duty> {
	const all = new Map<string, Duty>();
	for (const [type, content] of accountData) {
		const until = type.startsWith(dutyPrefix) ? lenient(number, content["until"]) : undefined;
		if (until === undefined) continue;
		const user = userId(type.slice(dutyPrefix.length));
		all.set(user, {
			user,
			organisation: lenient(string, content["organisation_id"]) ?? "",
			from: lenient(number, content["from"]) ?? 0,
			until,
			note: lenient(string, content["note"]) ?? "",
		});
	}
	return all;
}

export const ignoredType = "m.ignored_user_list";

/** Whom one has blocked. */
export function ignoredOf(list: Json | undefined): ReadonlySet<string> {
	return new Set(Object.keys(lenient(object, list?.["ignored_users"]) ?? {}));
}

/** The channels with one person alone, by person (Matrix, "Direct Messaging"). */
export function directOf(accountData: ReadonlyMap<string, Json>): Record<string, string[]> {
	return lenient(record(list(string)), accountData.get("m.direct")) ?? {};
}

/** Keeps something in one's account, for all one's devices. */
export const keepData = (me: UserId, type: string, content: Json): Promise<void> =>
	request("PUT", path`/_matrix/client/v3/user/${me}/account_data/${type}`, nothing, { body: content });

/** A person of an organisation, as those see them who look after them. */
export interface StaffMember {
	readonly id: UserId;
	readonly name: string;
	readonly role: Role;
	readonly suspended: boolean;
	readonly devices: number;
	/** Unix milliseconds. */
	readonly seenAt?: number;
}

const decodeStaff = (value: unknown): StaffMember[] =>
	list((one) => {
		const o = object(one);
		const seenAt = maybe(number, o["last_seen"]);
		return {
			id: userId(string(o["user_id"])),
			name: string(o["name"]),
			role: string(o["role"]) as Role,
			suspended: o["standing"] === "suspended",
			devices: number(o["devices"]),
			...(seenAt !== undefined && { seenAt }),
		};
	})(object(value)["members"]);

/** Without an organisation: those who belong to none. */
export const staffOf = (organisation: string | undefined): Promise<StaffMember[]> =>
	request("GET", organisation === undefined ? `${ours}/homeless` : path`/_panah/v1/organisations/${organisation}/members`, decodeStaff);

export interface Change {
	readonly role?: Role;
	readonly reason?: string;
	readonly organisation_id?: string;
	/** Also when an organisation loses its last administrator. */
	readonly sure?: boolean;
}

export type Deed = "role" | "suspend" | "lift" | "end-sessions" | "remove" | "move";

export const changePerson = (user: UserId, deed: Deed, change: Change = {}): Promise<void> =>
	request("POST", `${path`/_panah/v1/people/${user}`}/${deed}`, nothing, { body: change });

/** Until when in Unix milliseconds. */
export const goOnDuty = (user: UserId, until: number, note: string): Promise<void> =>
	request("PUT", path`/_panah/v1/people/${user}/duty`, nothing, { body: { until, note } });

export const goOffDuty = (user: UserId): Promise<void> => request("DELETE", path`/_panah/v1/people/${user}/duty`, nothing);

export const editOrganisation = (id: string, change: { name?: string; kind?: Kind; country?: string }): Promise<void> =>
	request("POST", path`/_panah/v1/organisations/${id}`, nothing, { body: change });

/** How much room the files of an organisation take, and how much they may, in bytes. */
export interface Space {
	readonly used: number;
	readonly allowed: number;
}

const decodeSpace = (value: unknown): Space => {
	const o = object(value);
	return { used: number(o["used"]), allowed: number(o["allowed"]) };
};

export const spaceOf = (id: string): Promise<Space> => request("GET", path`/_panah/v1/organisations/${id}/media`, decodeSpace);

export const decide = (id: string, standing: Organisation["standing"], reason = ""): Promise<void> =>
	request("POST", path`/_panah/v1/organisations/${id}/standing`, nothing, { body: { standing, reason } });

export const setAbout = (speaks: readonly string[], askAbout: string): Promise<void> =>
	request("PUT", `${ours}/me/about`, nothing, { body: { speaks, ask_about: askAbout } });

/** What waits for the stewards. */
export interface Overview {
	readonly organisations: number;
	readonly reports: number;
	readonly corrections: number;
	readonly invitations: number;
	readonly homeless: number;
	readonly countries: Readonly<Record<string, number>>;
}

export const overview = (): Promise<Overview> =>
	request("GET", `${ours}/overview`, (value) => {
		const o = object(value);
		const count = (member: string) => number(o[member]);
		return {
			organisations: count("organisations"),
			reports: count("reports"),
			corrections: count("corrections"),
			invitations: count("invitations"),
			homeless: count("homeless"),
			countries: record(number)(o["countries"]),
		};
	});

export interface AuditEntry {
	/** Unix milliseconds. */
	readonly at: number;
	readonly actor: string;
	readonly actorName: string;
	readonly act: string;
	readonly target: string;
	readonly targetName: string;
	readonly organisation: string;
	readonly detail: Readonly<Record<string, string>>;
}

export interface AuditQuery {
	readonly person?: string | undefined;
	readonly act?: string | undefined;
	readonly organisation?: string | undefined;
	readonly from?: string | undefined;
	readonly to?: string | undefined;
}

export const audit = (query: AuditQuery, before?: string): Promise<{ entries: AuditEntry[]; next?: string }> =>
	request(
		"GET",
		`${ours}/audit`,
		(value) => {
			const o = object(value);
			const next = maybe(string, o["next"]);
			return { entries: list(decodeEntry)(o["entries"]), ...(next !== undefined && { next }) };
		},
		{ query: { ...query, before } },
	);

function decodeEntry(value: unknown): AuditEntry {
	const o = object(value);
	return {
		at: number(o["at"]),
		actor: string(o["actor"]),
		actorName: text(o, "actor_name"),
		act: string(o["act"]),
		target: text(o, "target"),
		targetName: text(o, "target_name"),
		organisation: text(o, "organisation"),
		detail: maybe(record(string), o["detail"]) ?? {},
	};
}

/** The chosen part of the log as a file. */
export function auditFile(query: AuditQuery, format: "csv" | "json", language: string): Promise<Blob> {
	const given = Object.entries({ ...query, format, language }).filter((pair): pair is [string, string] => pair[1] !== undefined);
	return requestFile(`${ours}/audit/export?${new URLSearchParams(given)}`);
}

/** All that is one's own, as a ZIP file. */
export const ownDataFile = (): Promise<Blob> => requestFile(`${ours}/me/export`);

export interface Report {
	readonly id: string;
	readonly at: number;
	readonly by: UserId;
	readonly about: string;
	readonly room: string;
	readonly event: string;
	readonly audience: string;
	readonly code: string;
	readonly words: string;
	readonly standing: "open" | "taken" | "settled";
	readonly takenBy: string;
	readonly note: string;
	/** What the post said when it was reported, as far as that still stands, and what it says now. */
	readonly body: string;
	readonly now: string;
	/** The post was taken back or is kept no longer. */
	readonly gone: boolean;
	readonly channel: string;
}

export const reports = (settled: boolean): Promise<Report[]> =>
	request(
		"GET",
		`${ours}/reports`,
		(value) =>
			list((one) => {
				const o = object(one);
				return {
					id: string(o["id"]),
					at: number(o["at"]),
					by: userId(string(o["by"])),
					about: text(o, "user_id"),
					room: text(o, "room_id"),
					event: text(o, "event_id"),
					audience: text(o, "audience"),
					code: text(o, "code"),
					words: text(o, "words"),
					standing: string(o["standing"]) as Report["standing"],
					takenBy: text(o, "taken_by"),
					note: text(o, "note"),
					body: text(o, "body"),
					now: text(o, "now"),
					gone: o["gone"] === true,
					channel: text(o, "channel"),
				};
			})(object(value)["reports"]),
		{ query: { settled: settled ? "true" : undefined } },
	);

export type ReportDeed = "take" | "settle" | "remove-post";

export const decideReport = (id: string, deed: ReportDeed, note = ""): Promise<void> =>
	request("POST", `${path`/_panah/v1/reports/${id}`}/${deed}`, nothing, { body: { note } });

export interface NewReport {
	readonly code: string;
	readonly words: string;
	readonly audience: "stewards" | "admins";
}

export type Reported = { readonly user: UserId } | { readonly room: RoomId; readonly event?: EventId };

/** Who reads a report: also those whom nobody chose, where it would reach nobody else. */
export type Readers = NewReport["audience"] | "others";

/** Reports something, and gives who reads it. */
export function report(what: Reported, { code, words, audience }: NewReport): Promise<Readers> {
	const body = { reason: words, "network.panah.code": code, "network.panah.audience": audience };
	return request("POST", reportPath(what), (value) => (object(value)["network.panah.audience"] === "others" ? "others" : audience), { body });
}

function reportPath(what: Reported): string {
	if ("user" in what) return path`/_matrix/client/v3/users/${what.user}/report`;
	if (what.event === undefined) return path`/_matrix/client/v3/rooms/${what.room}/report`;
	return path`/_matrix/client/v3/rooms/${what.room}/report/${what.event}`;
}

const proof = (user: UserId, passphrase: string) => ({
	type: "m.login.password",
	identifier: { type: "m.id.user", user },
	password: passphrase,
});

export const changePassphrase = (user: UserId, old: string, fresh: string): Promise<void> =>
	request("POST", `${matrix}/account/password`, nothing, { body: { auth: proof(user, old), new_password: fresh, logout_devices: true } });

/** Ends one's account for good; with `erase` what one wrote is taken back. */
export const endAccount = (user: UserId, passphrase: string, erase: boolean, sure: boolean): Promise<void> =>
	request("POST", `${matrix}/account/deactivate`, nothing, { body: { auth: proof(user, passphrase), erase, "network.panah.sure": sure } });
