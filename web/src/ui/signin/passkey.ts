import { type Json, lenient, list, object, string } from "../../state";

/** Whether this browser knows passkeys on this page. */
export const knowsPasskeys = (): boolean => window.isSecureContext && "PublicKeyCredential" in window;

/** Whether the browser can offer passkeys inside the field of the user name. */
export async function offersInField(): Promise<boolean> {
	if (!knowsPasskeys()) return false;
	return (await PublicKeyCredential.isConditionalMediationAvailable?.()) ?? false;
}

/** The person put it away, or the device had none: no error of anybody's. */
export class NoPasskey extends Error {}

/** Has this device make a passkey as the hub asks for it. */
export async function makePasskey(options: Json): Promise<Json> {
	const user = object(options["user"]);
	const publicKey = {
		...options,
		challenge: bytes(string(options["challenge"])),
		user: { ...user, id: bytes(string(user["id"])) },
		excludeCredentials: credentials(options["excludeCredentials"]),
	} as unknown as PublicKeyCredentialCreationOptions;
	const made = await asked(() => navigator.credentials.create({ publicKey }));
	const response = made.response as AuthenticatorAttestationResponse;
	return {
		...outer(made),
		response: {
			clientDataJSON: text(response.clientDataJSON),
			attestationObject: text(response.attestationObject),
			transports: response.getTransports?.() ?? [],
		},
	};
}

/** Has this device answer with a passkey. With `quietly` the browser offers it in the field of the user name, and waits for as long as that takes. */
export async function usePasskey(options: Json, quietly?: AbortSignal): Promise<Json> {
	const publicKey = {
		...options,
		challenge: bytes(string(options["challenge"])),
		allowCredentials: credentials(options["allowCredentials"]),
	} as unknown as PublicKeyCredentialRequestOptions;
	const how: CredentialRequestOptions = quietly ? { publicKey, mediation: "conditional", signal: quietly } : { publicKey };
	const made = await asked(() => navigator.credentials.get(how));
	const response = made.response as AuthenticatorAssertionResponse;
	return {
		...outer(made),
		response: {
			clientDataJSON: text(response.clientDataJSON),
			authenticatorData: text(response.authenticatorData),
			signature: text(response.signature),
			...(response.userHandle && { userHandle: text(response.userHandle) }),
		},
	};
}

async function asked(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
	const made = await ask().catch((error: unknown) => {
		if (error instanceof DOMException) throw new NoPasskey(error.name);
		throw error;
	});
	if (!made) throw new NoPasskey("none");
	return made as PublicKeyCredential;
}

const outer = (made: PublicKeyCredential): Json => ({
	id: made.id,
	rawId: text(made.rawId),
	type: made.type,
	clientExtensionResults: made.getClientExtensionResults(),
	...(made.authenticatorAttachment && { authenticatorAttachment: made.authenticatorAttachment }),
});

function credentials(value: unknown): Json[] {
	return (lenient(list(object), value) ?? []).map((one) => ({ ...one, id: bytes(string(one["id"])) }));
}

/** Base64 for addresses (RFC 4648, 5), in which WebAuthn's JSON holds bytes. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
	const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
	return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

export function text(buffer: ArrayBuffer): string {
	const raw = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
	return btoa(raw).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}
