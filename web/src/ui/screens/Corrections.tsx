import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { type Correction, corrections, settleCorrection } from "../../state";
import { Button } from "../kit/Button";
import { List } from "../kit/List";
import { toast } from "../kit/Toast";
import { personName } from "../names";
import { moment, tongueName, trouble } from "../say";
import { asOf, useLoading, usePeople } from "./load";
import { Again } from "./PickPeople";

/** What people said of the words in their language, for the stewards. */
export default function Corrections() {
	usePeople();
	const [open, setOpen] = useState<readonly Correction[]>();
	const { failed, again } = useLoading(async () => setOpen(await corrections()));
	const settle = async (id: string) => {
		try {
			await settleCorrection(id);
			setOpen(open?.filter((one) => one.id !== id));
		} catch (error) {
			toast(trouble(error), "warning");
		}
	};
	return (
		<div class="column">
			<List
				label={t("corrections.title")}
				items={open}
				loading={t("act.loading")}
				asOf={asOf()}
				empty={{ text: t("corrections.empty"), icon: "language" }}
				failed={failed === undefined ? undefined : { text: failed, act: <Again onPress={again} /> }}
				render={(one) => (
					<li key={one.id} class="stack-tight correction">
						<p class="soft">
							<bdi lang={one.language}>{tongueName(one.language)}</bdi> · <bdi>{personName(one.by)}</bdi> · {moment(one.at)}
						</p>
						<p lang={one.language} dir="auto">
							<del>{one.words}</del>
						</p>
						<p lang={one.language} dir="auto">
							<ins>{one.better}</ins>
						</p>
						<Button icon="check" onPress={() => void settle(one.id)}>
							{t("corrections.settle")}
						</Button>
					</li>
				)}
			/>
		</div>
	);
}
