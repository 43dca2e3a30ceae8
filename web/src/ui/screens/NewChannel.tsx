import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { client, me } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Choices, Field, Select } from "../kit/Field";
import { roomName } from "../names";
import { go } from "../shell/router";
import { useForm } from "./form";
import { PickPeople } from "./PickPeople";
import { useDraft } from "./reading";
import type { RoomId, UserId } from "../../state";

/** Making a channel: its name, what it is for, where it stands, who may come in. */
export default function NewChannel({ space }: { space?: string | undefined }) {
	const spaces = [...client.rooms.value.values()].filter((room) => room.space);
	const [name, setName] = useDraft("new-channel:name");
	const [topic, setTopic] = useDraft("new-channel:topic");
	const [parent, setParent] = useState<string>(space ?? me.value?.organisation?.space ?? me.value?.networkSpace ?? "");
	const [open, setOpen] = useState(true);
	const [invite, setInvite] = useState<readonly UserId[]>([]);
	const form = useForm<"name">({ "error.bad_name": "name" });
	const create = async () => {
		const room = await client.channels.createChannel({
			name: name.trim(),
			open,
			invite,
			...(topic.trim() !== "" && { topic: topic.trim() }),
			...(parent !== "" && { space: parent as RoomId }),
		});
		setName("");
		setTopic("");
		go({ at: "channel", room, details: false }, "replace");
	};
	return (
		<form
			class="column stack"
			noValidate
			onSubmit={(event) => {
				event.preventDefault();
				void form.submit(create, () => (name.trim() === "" ? { name: t("new_channel.name_missing") } : {}));
			}}
		>
			<Field label={t("new_channel.name")} value={name} onValue={setName} maxLength={80} required wrong={form.wrong.name} />
			<Field
				label={t("new_channel.purpose")}
				hint={t("new_channel.purpose_hint")}
				value={topic}
				onValue={setTopic}
				maxLength={500}
				lines={2}
			/>
			<Select
				label={t("new_channel.space")}
				value={parent}
				onValue={setParent}
				options={spaces.map((one) => ({ value: one.id, label: roomName(one) }))}
			/>
			<Choices
				label={t("new_channel.who")}
				value={open ? "open" : "closed"}
				onValue={(value) => setOpen(value === "open")}
				options={[
					{ value: "open", label: t("new_channel.open") },
					{ value: "closed", label: t("new_channel.closed") },
				]}
			/>
			<PickPeople label={t("new_channel.invite")} picked={invite} onPicked={setInvite} />
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button kind="main" wide submit busy={form.busy}>
				{t("new_channel.act")}
			</Button>
		</form>
	);
}
