import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import { addPasskey, beginPasskey, beginTotp, confirmTotp, type TotpSetUp } from "../../state/signin";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Outline } from "../kit/List";
import { toast } from "../kit/Toast";
import { deviceName } from "../screens/device";
import { useForm } from "../screens/form";
import { makePasskey, NoPasskey } from "./passkey";
import { useProof } from "./Prove";
import { CodeField } from "./SecondFactor";
import "./signin.css";

interface Props {
	/** Recovery codes, when this is the first second key; else an empty list. */
	onDone: (codes: readonly string[]) => void;
}

/** Makes a passkey on this device. */
export function MakePasskey({ onDone, main, children }: Props & { main?: boolean; children: string }) {
	const [unmade, setUnmade] = useState(false);
	const form = useForm();
	const proof = useProof();
	const make = async () => {
		setUnmade(false);
		try {
			const { token, options } = await proof.ask(beginPasskey);
			const codes = await addPasskey(token, deviceName(), await makePasskey(options));
			toast(t("signin.made"));
			onDone(codes);
		} catch (error) {
			if (!(error instanceof NoPasskey)) throw error;
			setUnmade(true);
		}
	};
	return (
		<>
			{unmade && <Banner tone="warn">{t("signin.not_made")}</Banner>}
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button kind={main ? "main" : "second"} wide icon="key" busy={form.busy} onPress={() => void form.submit(proof.unlessPutAway(make))}>
				{children}
			</Button>
			{proof.dialog}
		</>
	);
}

/** Sets a code app up: its secret as a picture and as text, then a code of it as the proof that it works. */
export function SetUpTotp({ onDone }: Props) {
	const [made, setMade] = useState<TotpSetUp>();
	const [code, setCode] = useState("");
	const form = useForm<"code">({ "error.wrong_code": "code" });
	const proof = useProof();
	const begin = async () => setMade(await proof.ask(beginTotp));
	useEffect(() => void form.submit(proof.unlessPutAway(begin)), []);
	const confirm = async () => {
		if (made) onDone(await confirmTotp(made.token, code));
	};
	if (!made) {
		return (
			<>
				{form.failed === undefined ? <Outline rows={3} label={t("act.loading")} /> : <Banner tone="danger">{form.failed}</Banner>}
				{!form.busy && (
					<Button icon="refresh" onPress={() => void form.submit(proof.unlessPutAway(begin))}>
						{t("act.try_again")}
					</Button>
				)}
				{proof.dialog}
			</>
		);
	}
	return (
		<form
			class="stack"
			noValidate
			onSubmit={(event) => {
				event.preventDefault();
				void form.submit(confirm, () => (code.trim() === "" ? { code: t("second.code_missing") } : {}));
			}}
		>
			<p>{t("totp.scan")}</p>
			{/* The hub's own picture; nothing of it was written by people. */}
			<div class="totp-qr" role="img" aria-label={t("totp.qr")} dangerouslySetInnerHTML={{ __html: made.qr }} />
			<div class="stack-tight">
				<strong>{t("totp.secret")}</strong>
				<p class="secret" dir="ltr">
					<bdi>
						<code>{made.secret}</code>
					</bdi>
				</p>
				<Button icon="copy" onPress={() => void copy(made.secret)}>
					{t("totp.copy")}
				</Button>
			</div>
			<CodeField value={code} onValue={setCode} wrong={form.wrong.code} />
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button kind="main" wide submit busy={form.busy}>
				{t("totp.act")}
			</Button>
		</form>
	);
}

async function copy(text: string): Promise<void> {
	try {
		await navigator.clipboard.writeText(text);
		toast(t("totp.copied"));
	} catch {
		toast(t("invite_person.not_copied"), "warning");
	}
}
