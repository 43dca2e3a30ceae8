import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { type Factors, factors } from "../../state/signin";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Card } from "../kit/Card";
import { Face, Outline } from "../kit/List";
import { link } from "../shell/router";
import { useLoading } from "../screens/load";
import { Again } from "../screens/PickPeople";
import { CodeApp } from "./CodeApp";
import { Codes } from "./Codes";
import { MyDevices } from "./MyDevices";
import { OtherApp } from "./OtherApp";
import { Passkeys } from "./Passkeys";
import { RecoveryCodes } from "./RecoveryCodes";

/** How one signs in: second keys, recovery codes, the passphrase, other apps, and the devices where one is signed in. */
export default function SignInSettings() {
	const [has, setHas] = useState<Factors>();
	const [codes, setCodes] = useState<readonly string[]>([]);
	const read = async () => setHas(await factors());
	const { failed, again } = useLoading(read);
	const changed = (fresh: readonly string[] = []) => {
		setCodes(fresh);
		again();
	};
	if (codes.length > 0) {
		return (
			<div class="column stack">
				<Codes codes={codes} onKept={() => setCodes([])} />
			</div>
		);
	}
	if (!has && failed !== undefined) return <Face icon="warning" alert text={failed} act={<Again onPress={again} />} />;
	if (!has) return <Outline rows={5} label={t("act.loading")} />;
	return (
		<div class="column stack">
			{failed !== undefined && <Banner tone="warn">{failed}</Banner>}
			<Passkeys has={has} onChanged={changed} />
			{!client.alone && <CodeApp has={has} onChanged={changed} />}
			{(has.totp || has.passkeys.length > 0) && <RecoveryCodes left={has.recoveryCodes} onMade={changed} />}
			<Card title={t("settings.devices")} icon="device">
				<MyDevices />
			</Card>
			<Card title={t("sign_in.passphrase")} icon="lock">
				<Button wide href={link({ at: "new-passphrase" })} icon="lock">
					{t("passphrase.title")}
				</Button>
			</Card>
			{!client.alone && <OtherApp />}
		</div>
	);
}
