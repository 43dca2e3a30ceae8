import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { type Device, devices, endDevice } from "../../state";
import { me } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Dialog } from "../kit/Dialog";
import { Icon } from "../kit/Icon";
import { List, Row } from "../kit/List";
import { TimeAgo } from "../kit/TimeAgo";
import { ago, moment, now } from "../say";
import { useForm } from "./form";
import { asOf, useLoading } from "./load";
import { Passphrase } from "./Passphrase";
import { Again } from "./PickPeople";

/** Where one is signed in. A lost phone is signed out here. */
export function Devices() {
	const [list, setList] = useState<readonly Device[]>();
	const [ending, setEnding] = useState<Device>();
	const { failed, again } = useLoading(async () => setList(await devices()));
	return (
		<>
			<List
				label={t("settings.devices")}
				items={list}
				rows={2}
				loading={t("act.loading")}
				asOf={asOf()}
				empty={{ text: t("settings.no_devices"), icon: "device" }}
				failed={failed === undefined ? undefined : { text: failed, act: <Again onPress={again} /> }}
				render={(device) => (
					<li key={device.id}>
						<One device={device} onEnd={() => setEnding(device)} />
					</li>
				)}
			/>
			{ending && (
				<End
					device={ending}
					onClose={() => setEnding(undefined)}
					onEnded={() => {
						setList(list?.filter((one) => one.id !== ending.id));
						setEnding(undefined);
					}}
				/>
			)}
		</>
	);
}

function One({ device, onEnd }: { device: Device; onEnd: () => void }) {
	const here = device.id === me.value?.device;
	return (
		<Row
			lead={<Icon name="device" />}
			title={<bdi>{device.name || t("settings.device_unnamed")}</bdi>}
			detail={
				here ? t("settings.this_device") : <TimeAgo at={device.seenAt} ago={ago(device.seenAt, now.value)} moment={moment(device.seenAt)} />
			}
			end={
				here ? undefined : (
					<Button kind="danger" onPress={onEnd}>
						{t("settings.end_device")}
					</Button>
				)
			}
		/>
	);
}

function End({ device, onClose, onEnded }: { device: Device; onClose: () => void; onEnded: () => void }) {
	const [passphrase, setPassphrase] = useState("");
	const form = useForm<"passphrase">({ "error.wrong_passphrase": "passphrase", "error.wrong_credentials": "passphrase" });
	const end = async () => {
		if (!me.value) return;
		await endDevice(device.id, me.value.id, passphrase);
		onEnded();
	};
	return (
		<Dialog title={t("settings.end_device")} close={t("act.close")} onClose={onClose}>
			<form
				class="stack"
				noValidate
				onSubmit={(event) => {
					event.preventDefault();
					void form.submit(end, () => (passphrase === "" ? { passphrase: t("sign_in.passphrase_missing") } : {}));
				}}
			>
				<p>{t("settings.end_device_what", { Name: device.name || t("settings.device_unnamed") })}</p>
				<Passphrase value={passphrase} onValue={setPassphrase} wrong={form.wrong.passphrase} autocomplete="current-password" />
				{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
				<Button kind="danger" wide submit busy={form.busy}>
					{t("settings.end_device")}
				</Button>
			</form>
		</Dialog>
	);
}
