import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Choices, Field } from "../kit/Field";
import { deviceName } from "./device";
import { useForm } from "./form";
import { Passphrase } from "./Passphrase";

/** For those who have an account. */
export function SignIn() {
	const [user, setUser] = useState("");
	const [passphrase, setPassphrase] = useState("");
	const [whose, setWhose] = useState<"mine" | "shared">("mine");
	const form = useForm<"user" | "passphrase">();
	const check = () => ({
		...(user.trim() === "" && { user: t("sign_in.user_missing") }),
		...(passphrase === "" && { passphrase: t("sign_in.passphrase_missing") }),
	});
	return (
		<form
			noValidate
			onSubmit={(event) => {
				event.preventDefault();
				void form.submit(() => client.signIn(user.trim().toLowerCase(), passphrase, deviceName(), whose === "shared"), check);
			}}
		>
			<h1>{t("sign_in.title")}</h1>
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Field
				label={t("sign_in.user")}
				value={user}
				onValue={setUser}
				dir="ltr"
				name="username"
				autocomplete="username"
				required
				wrong={form.wrong.user}
			/>
			<Passphrase value={passphrase} onValue={setPassphrase} wrong={form.wrong.passphrase} autocomplete="current-password" />
			<Choices
				label={t("sign_in.whose")}
				hint={whose === "shared" ? t("sign_in.shared_hint") : undefined}
				value={whose}
				onValue={(value) => setWhose(value as "mine" | "shared")}
				options={[
					{ value: "mine", label: t("sign_in.mine") },
					{ value: "shared", label: t("sign_in.shared") },
				]}
			/>
			<Button kind="main" wide submit busy={form.busy}>
				{t("sign_in.act")}
			</Button>
			<p class="soft">{t("sign_in.no_account")}</p>
		</form>
	);
}
