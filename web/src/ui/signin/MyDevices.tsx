import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { MyDevice } from "../../state";
import { endMyDevice, endOtherDevices, myDevices, renameDevice } from "../../state/signin";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { List } from "../kit/List";
import { toast } from "../kit/Toast";
import { ago, dot, moment, now } from "../say";
import { useForm } from "../screens/form";
import { asOf, useLoading } from "../screens/load";
import { Again } from "../screens/PickPeople";
import { NamedDialog, NamedRow } from "./Named";
import { placeName } from "./place";
import { useProof } from "./Prove";

/** Where one is signed in, when it was last used and from which country. A lost phone is signed out here. */
export function MyDevices() {
	const [list, setList] = useState<readonly MyDevice[]>();
	const [open, setOpen] = useState<MyDevice>();
	const { failed, again } = useLoading(async () => setList(await myDevices()));
	const form = useForm();
	const proof = useProof();
	const endOthers = async () => {
		await proof.ask(endOtherDevices);
		toast(t("signin.ended"));
		again();
	};
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
						<NamedRow icon="device" name={device.name} unnamed={t("settings.device_unnamed")} detail={details(device)} onOpen={() => setOpen(device)} />
					</li>
				)}
			/>
			{list && list.length > 1 && (
				<Button kind="danger" wide icon="door" busy={form.busy} onPress={() => void form.submit(proof.unlessPutAway(endOthers))}>
					{t("signin.end_others")}
				</Button>
			)}
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			{proof.dialog}
			{open && (
				<One
					device={open}
					onClose={() => setOpen(undefined)}
					onChanged={() => {
						setOpen(undefined);
						again();
					}}
				/>
			)}
		</>
	);
}

function details(device: MyDevice): string {
	const place = placeName(device.country);
	const when = device.here ? t("settings.this_device") : ago(device.seenAt, now.value);
	return place === undefined ? when : `${when}${dot()}${place}`;
}

function One({ device, onClose, onChanged }: { device: MyDevice; onClose: () => void; onChanged: () => void }) {
	return (
		<NamedDialog
			name={device.name}
			unnamed={t("settings.device_unnamed")}
			label={t("signin.device_name")}
			rename={(name) => renameDevice(device.id, name)}
			ending={
				device.here ? undefined : { icon: "door", words: t("settings.end_device"), done: t("signin.ended"), act: () => endMyDevice(device.id) }
			}
			about={<p class="soft">{moment(device.seenAt)}</p>}
			onClose={onClose}
			onChanged={onChanged}
		/>
	);
}
