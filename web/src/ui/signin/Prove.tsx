import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { Fault } from "../../state";
import { askProof, type Factors, factors, proveBy, provePasskey } from "../../state/signin";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Dialog } from "../kit/Dialog";
import { Outline } from "../kit/List";
import { useForm } from "../screens/form";
import { Passphrase } from "../screens/Passphrase";
import { knowsPasskeys, NoPasskey, usePasskey } from "./passkey";
import { CodeField } from "./SecondFactor";

/** The person put the question away: what they wanted is not done, and nothing went wrong. */
class PutAway extends Error {}

export interface Proof {
	/** Does something dangerous; where the hub asks for a proof first, the person is asked, and then it is done. */
	ask: <T>(act: () => Promise<T>) => Promise<T>;
	/** The same act, which ends without a word when the person puts the question away. */
	unlessPutAway: (act: () => Promise<void>) => () => Promise<void>;
	dialog: ComponentChildren;
}

export function useProof(): Proof {
	const [open, setOpen] = useState(false);
	const waits = useRef<{ proved: () => void; putAway: () => void }>();
	const show = () =>
		new Promise<void>((proved, refuse) => {
			waits.current = { proved, putAway: () => refuse(new PutAway()) };
			setOpen(true);
		});
	const end = (how: "proved" | "putAway") => {
		setOpen(false);
		waits.current?.[how]();
		waits.current = undefined;
	};
	const ask: Proof["ask"] = async (act) => {
		try {
			return await act();
		} catch (error) {
			if (!(error instanceof Fault) || error.key !== "error.prove_first") throw error;
			await show();
			return act();
		}
	};
	const unlessPutAway: Proof["unlessPutAway"] = (act) => async () => {
		try {
			await act();
		} catch (error) {
			if (!(error instanceof PutAway)) throw error;
		}
	};
	return { ask, unlessPutAway, dialog: open && <Prove onProved={() => end("proved")} onClose={() => end("putAway")} /> };
}

/** Asks once more who it is: by a second key, or by the passphrase where there is none. */
function Prove({ onProved, onClose }: { onProved: () => void; onClose: () => void }) {
	const [has, setHas] = useState<Factors>();
	const [code, setCode] = useState("");
	const [passphrase, setPassphrase] = useState("");
	const [unseen, setUnseen] = useState(false);
	const form = useForm<"code" | "passphrase">({ "error.wrong_code": "code", "error.wrong_credentials": "passphrase" });
	useEffect(() => void form.submit(async () => setHas(await factors())), []);
	const second = has !== undefined && (has.totp || has.passkeys.length > 0);
	const byPasskey = async () => {
		setUnseen(false);
		try {
			const { token, options } = await askProof();
			await provePasskey(token, await usePasskey(options));
		} catch (error) {
			if (!(error instanceof NoPasskey)) throw error;
			return setUnseen(true);
		}
		onProved();
	};
	const byText = async () => {
		await proveBy(second ? { code } : { passphrase });
		onProved();
	};
	const check = () => ({
		...(second && code.trim() === "" && { code: t("second.code_missing") }),
		...(!second && passphrase === "" && { passphrase: t("sign_in.passphrase_missing") }),
	});
	return (
		<Dialog title={t("prove.title")} close={t("act.close")} onClose={onClose}>
			<form
				class="stack"
				noValidate
				onSubmit={(event) => {
					event.preventDefault();
					event.stopPropagation();
					void form.submit(byText, check);
				}}
			>
				<p>{t("error.prove_first")}</p>
				{unseen && <Banner tone="warn">{t("signin.not_used")}</Banner>}
				{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
				{!has && <Outline rows={2} label={t("act.loading")} />}
				{has && has.passkeys.length > 0 && has.passkeysHere && knowsPasskeys() && (
					<Button kind="main" wide icon="key" busy={form.busy} onPress={() => void form.submit(byPasskey)}>
						{t("second.passkey")}
					</Button>
				)}
				{has && second && <CodeField value={code} onValue={setCode} wrong={form.wrong.code} hint={t("second.code_hint")} />}
				{has && !second && (
					<Passphrase value={passphrase} onValue={setPassphrase} wrong={form.wrong.passphrase} autocomplete="current-password" />
				)}
				{has && (
					<Button kind={has.passkeys.length > 0 ? "second" : "main"} wide submit busy={form.busy}>
						{t("second.act")}
					</Button>
				)}
			</form>
		</Dialog>
	);
}
