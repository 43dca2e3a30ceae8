import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Passkey } from "../../state";
import { type Factors, removePasskey, renamePasskey } from "../../state/signin";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Card } from "../kit/Card";
import { ago, now } from "../say";
import { NamedDialog, NamedRow } from "./Named";
import { knowsPasskeys } from "./passkey";
import { MakePasskey } from "./SetUp";

interface Props {
	has: Factors;
	onChanged: (codes?: readonly string[]) => void;
}

/** The passkeys that one has, and a new one. */
export function Passkeys({ has, onChanged }: Props) {
	const [open, setOpen] = useState<Passkey>();
	const possible = has.passkeysHere && knowsPasskeys();
	return (
		<Card title={t("secure.passkey")} icon="key">
			<p>{t("secure.passkey_what")}</p>
			{has.passkeys.length === 0 && <p class="soft">{t("signin.no_passkeys")}</p>}
			<ul>
				{has.passkeys.map((one) => (
					<li key={one.id}>
						<Line passkey={one} onOpen={() => setOpen(one)} />
					</li>
				))}
			</ul>
			{!possible && <Banner>{t("error.no_passkeys_here")}</Banner>}
			{possible && !client.alone && <MakePasskey onDone={onChanged}>{t("secure.passkey_make")}</MakePasskey>}
			{open && (
				<OnePasskey
					passkey={open}
					onClose={() => setOpen(undefined)}
					onChanged={() => {
						setOpen(undefined);
						onChanged();
					}}
				/>
			)}
		</Card>
	);
}

function Line({ passkey, onOpen }: { passkey: Passkey; onOpen: () => void }) {
	const used = passkey.usedAt === undefined ? t("signin.never_used") : ago(passkey.usedAt, now.value);
	return (
		<NamedRow
			icon={passkey.cloned ? "warning" : "key"}
			name={passkey.name}
			unnamed={t("secure.passkey")}
			detail={passkey.cloned ? t("signin.cloned") : used}
			onOpen={onOpen}
		/>
	);
}

function OnePasskey({ passkey, onClose, onChanged }: { passkey: Passkey; onClose: () => void; onChanged: () => void }) {
	return (
		<NamedDialog
			name={passkey.name}
			unnamed={t("secure.passkey")}
			label={t("signin.passkey_name")}
			rename={(name) => renamePasskey(passkey.id, name)}
			ending={{ icon: "trash", words: t("signin.remove"), done: t("signin.removed"), act: () => removePasskey(passkey.id) }}
			warning={<p>{t("signin.remove_what", { Name: passkey.name || t("secure.passkey") })}</p>}
			onClose={onClose}
			onChanged={onChanged}
		/>
	);
}
