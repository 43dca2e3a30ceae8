import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Challenge } from "../../state";
import { askPasskey, signInWithCode, signInWithPasskey } from "../../state/signin";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Field } from "../kit/Field";
import { deviceName } from "../screens/device";
import { useForm } from "../screens/form";
import { knowsPasskeys, NoPasskey, usePasskey } from "./passkey";

/** After the passphrase: a passkey, a code of an app, or a recovery code. */
export default function SecondFactor({ challenge, onAgain }: { challenge: Challenge; onAgain: () => void }) {
	const [code, setCode] = useState("");
	const [unseen, setUnseen] = useState(false);
	const form = useForm<"code">({ "error.wrong_code": "code" });
	const byPasskey = async () => {
		setUnseen(false);
		try {
			const { token, options } = await askPasskey(challenge.token);
			await signInWithPasskey(token, await usePasskey(options), deviceName(), { challenge: challenge.token });
		} catch (error) {
			if (!(error instanceof NoPasskey)) throw error;
			return setUnseen(true);
		}
		await client.door.arrived();
	};
	const byCode = async () => {
		await signInWithCode(challenge.token, code.trim());
		await client.door.arrived();
	};
	return (
		<form
			noValidate
			onSubmit={(event) => {
				event.preventDefault();
				void form.submit(byCode, () => (code.trim() === "" ? { code: t("second.code_missing") } : {}));
			}}
		>
			<h1>{t("second.title")}</h1>
			<p>{t("second.what")}</p>
			{unseen && <Banner tone="warn">{t("signin.not_used")}</Banner>}
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			{challenge.passkey && knowsPasskeys() && (
				<Button kind="main" wide icon="key" busy={form.busy} onPress={() => void form.submit(byPasskey)}>
					{t("second.passkey")}
				</Button>
			)}
			<CodeField value={code} onValue={setCode} wrong={form.wrong.code} hint={t("second.code_hint")} />
			<Button kind={challenge.passkey ? "second" : "main"} wide submit busy={form.busy}>
				{t("second.act")}
			</Button>
			<p class="soft">{t("sign_in.lost")}</p>
			<Button kind="quiet" icon="back" onPress={onAgain}>
				{t("act.back")}
			</Button>
		</form>
	);
}

interface CodeProps {
	value: string;
	onValue: (value: string) => void;
	wrong: string | undefined;
	hint?: string;
}

/** A code of an app, or a recovery code: both are left to right in every script. */
export function CodeField({ value, onValue, wrong, hint }: CodeProps) {
	return (
		<Field
			label={t("second.code")}
			hint={hint}
			value={value}
			onValue={onValue}
			dir="ltr"
			name="code"
			autocomplete="one-time-code"
			maxLength={32}
			required
			wrong={wrong}
		/>
	);
}
