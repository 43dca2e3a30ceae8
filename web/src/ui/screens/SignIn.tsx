import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Challenge } from "../../state";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Choices, Field } from "../kit/Field";
import { deviceName } from "./device";
import { useForm } from "./form";
import { Passphrase } from "./Passphrase";
import { laterInside } from "../shell/later";

const SecondFactor = laterInside(() => import("../signin/SecondFactor"));

/** Passkeys are there on pages that were loaded safely, in browsers that know them. */
const mayHavePasskeys = (): boolean => window.isSecureContext && "PublicKeyCredential" in window;

/**
 * Has the browser offer passkeys in the field of the user name, where it can, and gives what the button does. What passkeys need is loaded
 * when the door is seen, never before. Browsers refuse a second question while the first one is open, so the button waits for its end.
 */
function usePasskeyDoor(wanted: boolean, shared: boolean): () => Promise<void> {
	const waits = useRef<{ stop: AbortController; over: Promise<void> }>();
	const brief = useRef(shared);
	brief.current = shared;
	useEffect(() => {
		if (!wanted || !mayHavePasskeys()) return;
		const stop = new AbortController();
		const over = import("../signin/enter")
			.then(({ enterQuietly }) => enterQuietly(() => brief.current, stop.signal))
			.catch(() => undefined); // a convenience; the button says what is wrong
		waits.current = { stop, over };
		return () => stop.abort();
	}, [wanted]);
	return async () => {
		waits.current?.stop.abort();
		await waits.current?.over;
		const { enterWithPasskey } = await import("../signin/enter");
		await enterWithPasskey(brief.current);
	};
}

/** For those who have an account. */
export function SignIn() {
	const [user, setUser] = useState("");
	const [passphrase, setPassphrase] = useState("");
	const [whose, setWhose] = useState<"mine" | "shared">("mine");
	const [challenge, setChallenge] = useState<Challenge>();
	const form = useForm<"user" | "passphrase">();
	const byPasskey = usePasskeyDoor(challenge === undefined, whose === "shared");
	const check = () => ({
		...(user.trim() === "" && { user: t("sign_in.user_missing") }),
		...(passphrase === "" && { passphrase: t("sign_in.passphrase_missing") }),
	});
	const signIn = async () => setChallenge(await client.door.signIn(user.trim().toLowerCase(), passphrase, deviceName(), whose === "shared"));
	if (challenge) return <SecondFactor challenge={challenge} onAgain={() => setChallenge(undefined)} />;
	return (
		<form
			noValidate
			autoComplete={whose === "shared" ? "off" : "on"}
			onSubmit={(event) => {
				event.preventDefault();
				void form.submit(signIn, check);
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
				autocomplete={whose === "shared" ? "off" : "username webauthn"}
				required
				wrong={form.wrong.user}
			/>
			<Passphrase value={passphrase} onValue={setPassphrase} wrong={form.wrong.passphrase} autocomplete={whose === "shared" ? "off" : "current-password"} />
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
			{mayHavePasskeys() && (
				<Button wide icon="key" busy={form.busy} onPress={() => void form.submit(byPasskey)}>
					{t("sign_in.passkey")}
				</Button>
			)}
			<p class="soft">{t("sign_in.no_account")}</p>
			<p class="soft">{t("sign_in.lost")}</p>
		</form>
	);
}
