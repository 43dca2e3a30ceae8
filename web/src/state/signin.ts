import { boolean, type Json, list, maybe, number, object, record, string } from "../wire/decode";
import { nothing, path, request } from "../wire/http";
import { type UserId, userId } from "../wire/ids";

const ours = "/_panah/v1";

/** What a passkey is asked, and by what its answer is known again. */
export interface Asked {
	readonly token: string;
	readonly options: Json;
}

const decodeAsked = (value: unknown): Asked => {
	const o = object(value);
	return { token: string(o["token"]), options: object(o["options"]) };
};

export const signInWithCode = (challenge: string, code: string): Promise<void> =>
	request("POST", `${ours}/sign-in/code`, nothing, { body: { challenge, code } });

/** With a challenge the passkey comes after a passphrase, without one in its place. */
export const askPasskey = (challenge?: string, signal?: AbortSignal): Promise<Asked> =>
	request("POST", `${ours}/sign-in/passkey/ask`, decodeAsked, { body: { challenge: challenge ?? "" }, ...(signal && { signal }) });

/** After a passphrase, or in its place: then `brief` says that others use the device too. With a passphrase it was said before. */
export const signInWithPasskey = (
	token: string,
	answer: Json,
	deviceName: string,
	{ challenge = "", brief = false }: { challenge?: string; brief?: boolean },
): Promise<void> => request("POST", `${ours}/sign-in/passkey`, nothing, { body: { token, answer, device_name: deviceName, challenge, brief } });

export interface Passkey {
	readonly id: string;
	readonly name: string;
	readonly createdAt: number;
	/** Undefined when it was never used. */
	readonly usedAt: number | undefined;
	/** Refused, because somebody may have a copy. */
	readonly cloned: boolean;
}

/** What I can show beside my passphrase. */
export interface Factors {
	readonly passkeys: readonly Passkey[];
	readonly totp: boolean;
	readonly recoveryCodes: number;
	readonly required: boolean;
	/** Whether passkeys work at this address of the hub. */
	readonly passkeysHere: boolean;
}

export const factors = (): Promise<Factors> =>
	request("GET", `${ours}/second-factor`, (value) => {
		const o = object(value);
		return {
			passkeys: list((each) => {
				const k = object(each);
				return {
					id: string(k["id"]),
					name: string(k["name"]),
					createdAt: number(k["created_at"]),
					usedAt: maybe(number, k["used_at"]),
					cloned: boolean(k["cloned"]),
				};
			})(o["passkeys"]),
			totp: boolean(o["totp"]),
			recoveryCodes: number(o["recovery_codes"]),
			required: boolean(o["required"]),
			passkeysHere: boolean(o["passkeys_here"]),
		};
	});

/** A code app that is being set up. */
export interface TotpSetUp {
	readonly token: string;
	readonly secret: string;
	/** A picture of it, made by the hub. */
	readonly qr: string;
}

export const beginTotp = (): Promise<TotpSetUp> =>
	request(
		"POST",
		`${ours}/second-factor/totp`,
		(value) => {
			const o = object(value);
			return { token: string(o["token"]), secret: string(o["secret"]), qr: string(o["qr_svg"]) };
		},
		{ body: {} },
	);

const decodeCodes = (value: unknown): string[] => list(string)(object(value)["recovery_codes"]);

/** Gives recovery codes with one's first second key, shown this once. */
export const confirmTotp = (token: string, code: string): Promise<string[]> =>
	request("POST", `${ours}/second-factor/totp/confirm`, decodeCodes, { body: { token, code } });

export const removeTotp = (): Promise<void> => request("DELETE", `${ours}/second-factor/totp`, nothing);

export const beginPasskey = (): Promise<Asked> => request("POST", `${ours}/second-factor/passkeys/ask`, decodeAsked, { body: {} });

export const addPasskey = (token: string, name: string, answer: Json): Promise<string[]> =>
	request("POST", `${ours}/second-factor/passkeys`, decodeCodes, { body: { token, name, answer } });

export const renamePasskey = (id: string, name: string): Promise<void> =>
	request("PUT", path`/_panah/v1/second-factor/passkeys/${id}`, nothing, { body: { name } });

export const removePasskey = (id: string): Promise<void> => request("DELETE", path`/_panah/v1/second-factor/passkeys/${id}`, nothing);

export const newRecoveryCodes = (): Promise<string[]> => request("POST", `${ours}/second-factor/recovery-codes`, decodeCodes, { body: {} });

/** Shows once more who I am, before something dangerous. */
export const proveBy = (what: { code: string } | { passphrase: string }): Promise<void> => request("POST", `${ours}/prove`, nothing, { body: what });

export const askProof = (): Promise<Asked> => request("POST", `${ours}/prove/passkey/ask`, decodeAsked, { body: {} });

export const provePasskey = (token: string, answer: Json): Promise<void> =>
	request("POST", `${ours}/prove/passkey`, nothing, { body: { token, answer } });

export interface AppToken {
	readonly token: string;
	readonly qr: string;
	readonly server: string;
	readonly expiresAt: number;
}

export const appToken = (): Promise<AppToken> =>
	request(
		"POST",
		`${ours}/app-token`,
		(value) => {
			const o = object(value);
			return { token: string(o["token"]), qr: string(o["qr_svg"]), server: string(o["server"]), expiresAt: number(o["expires_at"]) };
		},
		{ body: {} },
	);

/** A device where I am signed in. */
export interface MyDevice {
	readonly id: string;
	readonly name: string;
	readonly seenAt: number;
	/** Country of the last use, or "". */
	readonly country: string;
	readonly here: boolean;
}

export const myDevices = (): Promise<MyDevice[]> =>
	request("GET", `${ours}/devices`, (value) =>
		list((each) => {
			const o = object(each);
			return { id: string(o["id"]), name: string(o["name"]), seenAt: number(o["seen_at"]), country: string(o["country"]), here: boolean(o["this"]) };
		})(object(value)["devices"]),
	);

export const renameDevice = (id: string, name: string): Promise<void> =>
	request("PUT", path`/_matrix/client/v3/devices/${id}`, nothing, { body: { display_name: name } });

export const endMyDevice = (id: string): Promise<void> => request("POST", path`/_panah/v1/devices/${id}/end`, nothing, { body: {} });

export const endOtherDevices = (): Promise<void> => request("POST", `${ours}/devices/end-others`, nothing, { body: {} });

export type NoticeKind = "new_device" | "recovery" | "recovery_asked" | "recovered" | "passkey_cloned" | "wrong_codes";

/** What the hub must tell me until I have answered. */
export interface Notice {
	readonly id: string;
	readonly kind: NoticeKind;
	/** The device or recovery that it is about. */
	readonly about: string;
	readonly detail: Readonly<Record<string, string>>;
	readonly at: number;
}

/** The account data that holds them; the hub alone writes there. */
export const noticesType = "network.panah.notices";

export function decodeNotices(content: Json | undefined): Notice[] {
	if (content?.["notices"] === undefined) return [];
	return list((each) => {
		const o = object(each);
		return {
			id: string(o["id"]),
			kind: string(o["kind"]) as NoticeKind,
			about: string(o["about"]),
			detail: record(string)(o["detail"]),
			at: number(o["at"]),
		};
	})(content["notices"]);
}

export const answerNotice = (id: string, mine: boolean): Promise<void> =>
	request("POST", path`/_panah/v1/notices/${id}/answer`, nothing, { body: { mine } });

/** Somebody is being let in again. */
export interface Recovery {
	readonly id: string;
	readonly user: UserId;
	readonly startedBy: UserId;
	readonly opensAt: number;
	readonly expiresAt: number;
	/** Empty until somebody has confirmed. */
	readonly confirmedBy: string;
}

const decodeRecovery = (value: unknown): Recovery => {
	const o = object(value);
	return {
		id: string(o["id"]),
		user: userId(string(o["user_id"])),
		startedBy: userId(string(o["started_by"])),
		opensAt: number(o["opens_at"]),
		expiresAt: number(o["expires_at"]),
		confirmedBy: string(o["confirmed_by"]),
	};
};

export const recoveries = (): Promise<Recovery[]> =>
	request("GET", `${ours}/recoveries`, (value) => list(decodeRecovery)(object(value)["recoveries"]));

export const startRecovery = (user: string): Promise<Recovery> =>
	request("POST", `${ours}/recoveries`, decodeRecovery, { body: { user_id: user } });

export interface RecoveryLink extends Recovery {
	readonly link: string;
	readonly qr: string;
}

/** The link is shown this once. */
export const confirmRecovery = (id: string): Promise<RecoveryLink> =>
	request(
		"POST",
		path`/_panah/v1/recoveries/${id}/confirm`,
		(value) => ({ ...decodeRecovery(value), link: string(object(value)["link"]), qr: string(object(value)["qr_svg"]) }),
		{ body: {} },
	);

export const cancelRecovery = (id: string): Promise<void> =>
	request("POST", path`/_panah/v1/recoveries/${id}/cancel`, nothing, { body: {} });

export const checkRecovery = (token: string): Promise<{ name: string; opensAt: number; open: boolean }> =>
	request(
		"POST",
		`${ours}/recover/check`,
		(value) => {
			const o = object(value);
			return { name: string(o["name"]), opensAt: number(o["opens_at"]), open: number(o["now"]) >= number(o["opens_at"]) };
		},
		{ body: { token } },
	);

export const recover = (token: string, passphrase: string, deviceName: string): Promise<void> =>
	request("POST", `${ours}/recover`, nothing, { body: { token, passphrase, device_name: deviceName } });
