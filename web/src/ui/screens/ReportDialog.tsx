import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { report, type Reported } from "../../state";
import { client, me, organisationOf } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Dialog } from "../kit/Dialog";
import { Choices, Field } from "../kit/Field";
import { toast } from "../kit/Toast";
import { personName, reportKeys, reportName } from "../names";
import { useForm } from "./form";

const longest = 500;

/** Whether somebody is the only steward beside oneself, so that no other steward would read of them. */
function onlySteward(user: string): boolean {
	const stewards = (client.people.value ?? []).filter((one) => one.role === "steward").map((one) => one.id as string);
	return stewards.includes(user) && stewards.every((one) => one === user || one === me.value?.id);
}

/** Telling those who look after the network that something is wrong. Whom it is about never reads it. */
export function ReportDialog({ what, about, onClose }: { what: Reported; about: string; onClose: () => void }) {
	const [code, setCode] = useState("identity");
	const [words, setWords] = useState("");
	const [audience, setAudience] = useState<"stewards" | "admins">("stewards");
	const organisation = organisationOf(about);
	const unread = onlySteward(about);
	const form = useForm();
	const send = async () => {
		const readers = await report(what, { code, words: words.trim(), audience });
		toast(readers === "others" ? t("report.sent_others", { Name: personName(about) }) : t("report.sent"));
		onClose();
	};
	return (
		<Dialog title={t("report.act")} close={t("act.close")} onClose={onClose}>
			<form
				class="stack"
				onSubmit={(event) => {
					event.preventDefault();
					void form.submit(send);
				}}
			>
				<p class="soft">{t("report.what", { Name: personName(about) })}</p>
				<Choices label={t("report.why")} value={code} onValue={setCode} options={Object.keys(reportKeys).map((value) => ({ value, label: reportName(value) }))} />
				<Field label={t("report.words")} hint={t("report.words_hint")} value={words} onValue={setWords} lines={3} maxLength={longest} />
				{unread && <Banner>{t("report.others_hint", { Name: personName(about) })}</Banner>}
				{organisation && !unread && (
					<Choices
						label={t("report.who_reads")}
						hint={audience === "admins" ? t("report.admins_hint", { Name: organisation.name }) : t("report.stewards_hint")}
						value={audience}
						onValue={(value) => setAudience(value as "stewards" | "admins")}
						options={[
							{ value: "stewards", label: t("report.stewards") },
							{ value: "admins", label: t("report.admins") },
						]}
					/>
				)}
				{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
				<Button kind="main" wide submit icon="send" busy={form.busy}>
					{t("report.send")}
				</Button>
			</form>
		</Dialog>
	);
}

export default ReportDialog;
