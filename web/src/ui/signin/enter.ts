import { t } from "../../i18n";
import { Fault } from "../../state";
import { askPasskey, signInWithPasskey } from "../../state/signin";
import { client } from "../client";
import { toast } from "../kit/Toast";
import { deviceName } from "../screens/device";
import { NoPasskey, offersInField, usePasskey } from "./passkey";

/** Signs in with a passkey alone, as the button asks for it. `brief` is for a device that others use too. */
export async function enterWithPasskey(brief: boolean): Promise<void> {
	const { token, options } = await askPasskey();
	try {
		await signInWithPasskey(token, await usePasskey(options), deviceName(), { brief });
	} catch (error) {
		if (!(error instanceof NoPasskey)) throw error;
		return toast(t("signin.not_used"), "warning");
	}
	await client.door.arrived();
}

/** Offers passkeys in the field of the user name until one is chosen, or the door is left. Whose device it is, is asked once one is chosen. */
export async function enterQuietly(brief: () => boolean, stop: AbortSignal): Promise<void> {
	if (!(await offersInField()) || stop.aborted) return;
	try {
		const { token, options } = await askPasskey(undefined, stop);
		const answer = await usePasskey(options, stop);
		await signInWithPasskey(token, answer, deviceName(), { brief: brief() });
	} catch (error) {
		if (error instanceof NoPasskey || error instanceof Fault) return; // the passphrase is still there, and so is the button
		throw error;
	}
	await client.door.arrived();
}
