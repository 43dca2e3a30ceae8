import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { changePassphrase } from "../../state";
import { me } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { toast } from "../kit/Toast";
import { go } from "../shell/router";
import { useProof } from "../signin/Prove";
import { useForm } from "./form";
import { Passphrase } from "./Passphrase";

type Wrong = "old" | "fresh";

/** Another passphrase. All other devices are signed out by it: a passphrase that somebody knows is changed for that. */
export default function NewPassphrase() {
	const [old, setOld] = useState("");
	const [fresh, setFresh] = useState("");
	const form = useForm<Wrong>({ "error.wrong_passphrase": "old", "error.wrong_credentials": "old", "error.weak_passphrase": "fresh", "error.long_passphrase": "fresh" });
	const proof = useProof();
	const change = async () => {
		if (!me.value) return;
		const { id } = me.value;
		await proof.ask(() => changePassphrase(id, old, fresh));
		toast(t("passphrase.changed"));
		go({ at: "settings" }, "replace");
	};
	const check = () => ({
		...(old === "" && { old: t("sign_in.passphrase_missing") }),
		...(fresh === "" && { fresh: t("sign_in.passphrase_missing") }),
	});
	return (
		<form
			class="column stack"
			noValidate
			onSubmit={(event) => {
				event.preventDefault();
				void form.submit(proof.unlessPutAway(change), check);
			}}
		>
			<p>{t("passphrase.what")}</p>
			<Passphrase label={t("passphrase.old")} value={old} onValue={setOld} wrong={form.wrong.old} autocomplete="current-password" />
			<Passphrase label={t("passphrase.fresh")} value={fresh} onValue={setFresh} wrong={form.wrong.fresh} autocomplete="new-password" open />
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button kind="main" wide submit busy={form.busy}>
				{t("passphrase.change")}
			</Button>
			{proof.dialog}
		</form>
	);
}
