import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import { Fault } from "../../state";
import { checkRecovery, recover } from "../../state/signin";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Outline } from "../kit/List";
import { deviceName } from "../screens/device";
import { useForm } from "../screens/form";
import { Passphrase } from "../screens/Passphrase";
import { moment, trouble } from "../say";
import { forgetRecovery, go, recoveryToken } from "../shell/router";

type State = { kind: "checking" } | { kind: "good"; name: string; opensAt: number; open: boolean } | { kind: "bad"; why: string; passing: boolean };

/** For someone whom two others let in again: a new passphrase, once the wait is over. */
export default function Recover() {
	const token = recoveryToken() ?? "";
	const [state, setState] = useState<State>({ kind: "checking" });
	const [tries, setTries] = useState(0);
	useEffect(() => {
		setState({ kind: "checking" });
		checkRecovery(token).then(
			(found) => setState({ kind: "good", ...found }),
			(error: unknown) => setState({ kind: "bad", why: trouble(error), passing: error instanceof Fault && error.passing }),
		);
	}, [token, tries]);
	const again = (
		<Button kind="main" wide icon="refresh" onPress={() => setTries(tries + 1)}>
			{t("act.try_again")}
		</Button>
	);
	const toSignIn = () => {
		forgetRecovery();
		go({ at: "sign-in" }, "replace");
	};
	if (state.kind === "checking") return <Outline rows={3} label={t("act.loading")} />;
	if (state.kind === "bad") {
		return (
			<>
				<h1>{t("recover.refused")}</h1>
				<Banner tone="danger">{state.why}</Banner>
				{state.passing && again}
				<Button wide onPress={toSignIn}>
					{t("invited.have_account")}
				</Button>
			</>
		);
	}
	return (
		<>
			<h1>{t("recover.title", { Name: state.name })}</h1>
			{state.open ? (
				<NewPassphrase token={token} />
			) : (
				<>
					<Banner icon="clock">{t("recover.waits", { Time: moment(state.opensAt) })}</Banner>
					{again}
				</>
			)}
		</>
	);
}

function NewPassphrase({ token }: { token: string }) {
	const [passphrase, setPassphrase] = useState("");
	const form = useForm<"passphrase">({ "error.weak_passphrase": "passphrase", "error.long_passphrase": "passphrase" });
	const set = async () => {
		await recover(token, passphrase, deviceName());
		forgetRecovery();
		go({ at: "now" }, "replace");
		await client.door.arrived();
	};
	return (
		<form
			noValidate
			onSubmit={(event) => {
				event.preventDefault();
				void form.submit(set, () => ([...passphrase].length < 10 ? { passphrase: t("error.weak_passphrase", { Limit: 10 }) } : {}));
			}}
		>
			<p>{t("recover.what")}</p>
			<Passphrase
				label={t("signin.next")}
				value={passphrase}
				onValue={(value) => {
					form.changed("passphrase");
					setPassphrase(value);
				}}
				wrong={form.wrong.passphrase}
				autocomplete="new-password"
				open
				hint={t("invited.passphrase_hint")}
			/>
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button kind="main" wide submit busy={form.busy}>
				{t("recover.act")}
			</Button>
		</form>
	);
}
