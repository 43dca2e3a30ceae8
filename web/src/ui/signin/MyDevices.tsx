import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { MyDevice } from "../../state";
import { endMyDevice, endOtherDevices, myDevices, renameDevice } from "../../state/signin";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Dialog } from "../kit/Dialog";
import { Field } from "../kit/Field";
import { Icon } from "../kit/Icon";
import { List, Row } from "../kit/List";
import { toast } from "../kit/Toast";
import { ago, moment, now } from "../say";
import { useForm } from "../screens/form";
import { asOf, useLoading } from "../screens/load";
import { Again } from "../screens/PickPeople";
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
						<Row
							lead={<Icon name="device" />}
							title={<bdi>{device.name || t("settings.device_unnamed")}</bdi>}
							detail={details(device)}
							end={
								<Button icon="write" iconOnly onPress={() => setOpen(device)} label={`${t("signin.rename")}: ${device.name}`}>
									{t("signin.rename")}
								</Button>
							}
						/>
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
	return place === undefined ? when : `${when} · ${place}`;
}

function One({ device, onClose, onChanged }: { device: MyDevice; onClose: () => void; onChanged: () => void }) {
	const [name, setName] = useState(device.name);
	const form = useForm();
	const proof = useProof();
	const rename = async () => {
		await renameDevice(device.id, name.trim());
		onChanged();
	};
	const end = async () => {
		await proof.ask(() => endMyDevice(device.id));
		toast(t("signin.ended"));
		onChanged();
	};
	return (
		<Dialog title={device.name || t("settings.device_unnamed")} close={t("act.close")} onClose={onClose}>
			<form
				class="stack"
				noValidate
				onSubmit={(event) => {
					event.preventDefault();
					void form.submit(rename);
				}}
			>
				<p class="soft">{moment(device.seenAt)}</p>
				<Field label={t("signin.device_name")} value={name} onValue={setName} maxLength={100} />
				{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
				<Button kind="main" wide submit busy={form.busy}>
					{t("act.save")}
				</Button>
				{!device.here && (
					<Button kind="danger" wide icon="door" busy={form.busy} onPress={() => void form.submit(proof.unlessPutAway(end))}>
						{t("settings.end_device")}
					</Button>
				)}
			</form>
			{proof.dialog}
		</Dialog>
	);
}
