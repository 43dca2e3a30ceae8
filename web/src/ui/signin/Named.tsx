import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Dialog } from "../kit/Dialog";
import { Field } from "../kit/Field";
import { Icon, type IconName } from "../kit/Icon";
import { Row } from "../kit/List";
import { toast } from "../kit/Toast";
import { useForm } from "../screens/form";
import { useProof } from "./Prove";

/** A device or a passkey in its list, with the button that opens it. `name` is the one that its owner gave, or nothing. */
export function NamedRow({ icon, name, unnamed, detail, onOpen }: { icon: IconName; name: string; unnamed: string; detail: string; onOpen: () => void }) {
	return (
		<Row
			lead={<Icon name={icon} />}
			title={<bdi>{name || unnamed}</bdi>}
			detail={detail}
			end={
				<Button icon="write" iconOnly onPress={onOpen} label={`${t("signin.rename")}: ${name}`}>
					{t("signin.rename")}
				</Button>
			}
		/>
	);
}

interface Ending {
	icon: IconName;
	/** What the button says, and what is said once it is done. */
	words: string;
	done: string;
	act: () => Promise<void>;
}

interface Props {
	/** The name that its owner gave, or nothing. */
	name: string;
	unnamed: string;
	/** What the field of the name is called. */
	label: string;
	rename: (name: string) => Promise<void>;
	/** How it is taken away, after a proof; what cannot be taken away has none. */
	ending?: Ending | undefined;
	/** Said above the name. */
	about?: ComponentChildren;
	/** Said before it is taken away. */
	warning?: ComponentChildren;
	onClose: () => void;
	onChanged: () => void;
}

/** One of one's own things that have a name: called otherwise, or taken away. */
export function NamedDialog({ name, unnamed, label, rename, ending, about, warning, onClose, onChanged }: Props) {
	const [wanted, setWanted] = useState(name);
	const form = useForm();
	const proof = useProof();
	const save = async () => {
		await rename(wanted.trim());
		onChanged();
	};
	const end = async ({ act, done }: Ending) => {
		await proof.ask(act);
		toast(done);
		onChanged();
	};
	return (
		<Dialog title={name || unnamed} close={t("act.close")} onClose={onClose}>
			<form
				class="stack"
				noValidate
				onSubmit={(event) => {
					event.preventDefault();
					void form.submit(save);
				}}
			>
				{about}
				<Field label={label} value={wanted} onValue={setWanted} maxLength={100} />
				<Button kind="main" wide submit busy={form.busy}>
					{t("act.save")}
				</Button>
				{warning}
				{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
				{ending && (
					<Button kind="danger" wide icon={ending.icon} busy={form.busy} onPress={() => void form.submit(proof.unlessPutAway(() => end(ending)))}>
						{ending.words}
					</Button>
				)}
			</form>
			{proof.dialog}
		</Dialog>
	);
}
