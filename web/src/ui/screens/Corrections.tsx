import { useState } from "preact/hooks";
import { catalogOf, t } from "../../i18n";
import { idsOf } from "../../i18n/reverse";
import { type Correction, corrections, settleCorrection } from "../../state";
import { Button } from "../kit/Button";
import { Select } from "../kit/Field";
import { List } from "../kit/List";
import { toast } from "../kit/Toast";
import { personName } from "../names";
import { dot, moment, tongueName, trouble } from "../say";
import { asOf, useLoading, usePeople } from "./load";
import { Again } from "./PickPeople";

/** What people said of the words in their language, for the stewards: by language, to be settled here or taken away as a file. */
export default function Corrections() {
	usePeople();
	const [open, setOpen] = useState<readonly Correction[]>();
	const [tongue, setTongue] = useState("");
	const { failed, again } = useLoading(async () => setOpen(await corrections()));
	const settle = async (one: Correction) => {
		try {
			await settleCorrection(one.id);
			setOpen(open?.filter(({ id }) => id !== one.id));
			toast(t("corrections.thanks", { Name: personName(one.by) }));
		} catch (error) {
			toast(trouble(error), "warning");
		}
	};
	const tongues = [...new Set(open?.map(({ language }) => language))].sort();
	const shown = open?.filter(({ language }) => tongue === "" || language === tongue);
	return (
		<div class="column stack">
			{tongues.length > 0 && (
				<div class="stack-tight">
					<Select
						label={t("settings.language")}
						value={tongue}
						onValue={setTongue}
						options={[{ value: "", label: t("corrections.all") }, ...tongues.map((tag) => ({ value: tag, label: tongueName(tag), lang: tag }))]}
					/>
					<Button icon="down" wide onPress={() => void exportFile(shown ?? []).catch((error: unknown) => toast(trouble(error), "warning"))}>
						{t("corrections.export")}
					</Button>
				</div>
			)}
			<List
				label={t("corrections.title")}
				items={shown}
				loading={t("act.loading")}
				asOf={asOf()}
				empty={{ text: t("corrections.empty"), icon: "language" }}
				failed={failed === undefined ? undefined : { text: failed, act: <Again onPress={again} /> }}
				render={(one) => (
					<li key={one.id} class="stack-tight correction">
						<p class="soft">
							<bdi lang={one.language}>{tongueName(one.language)}</bdi>{dot()}<bdi>{personName(one.by)}</bdi>{dot()}{moment(one.at)}
						</p>
						<p lang={one.language} dir="auto">
							<del>{one.words}</del>
						</p>
						<p lang={one.language} dir="auto">
							<ins>{one.better}</ins>
						</p>
						<Button icon="check" onPress={() => void settle(one)}>
							{t("corrections.settle")}
						</Button>
					</li>
				)}
			/>
		</div>
	);
}

interface Proposal {
	readonly words: string;
	readonly better: string;
	readonly screen: string;
}

/** Proposals by language and by the id of the sentence that they are about; those that fit no sentence stand under "". */
async function exportFile(all: readonly Correction[]): Promise<void> {
	const byLanguage: Record<string, Record<string, Proposal[]>> = {};
	for (const { language, words, better, place } of all) {
		const ids = idsOf(await catalogOf(language), words);
		const catalog = byLanguage[language] ?? {};
		byLanguage[language] = catalog;
		for (const id of ids.length > 0 ? ids : [""]) catalog[id] = [...(catalog[id] ?? []), { words, better, screen: place }];
	}
	const address = URL.createObjectURL(new Blob([`${JSON.stringify(byLanguage, null, "\t")}\n`], { type: "application/json" }));
	const link = Object.assign(document.createElement("a"), { href: address, download: "panah-words.json" });
	link.click();
	setTimeout(() => URL.revokeObjectURL(address), 60_000); // the browser reads it after the click
}
