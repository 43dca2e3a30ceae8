import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { decideReport, type Report, type ReportDeed, reports } from "../../state";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Choices, Field } from "../kit/Field";
import { List } from "../kit/List";
import { personName, reportName } from "../names";
import { dot, moment } from "../say";
import { link } from "../shell/router";
import { useForm } from "./form";
import { asOf, useLoading, usePeople } from "./load";
import { Again } from "./PickPeople";
import "./People.css";

/** What people reported, for those who decide on it. */
export default function Reports() {
	usePeople();
	const [settled, setSettled] = useState(false);
	return (
		<div class="column stack">
			<Choices
				label={t("reports.which")}
				value={settled ? "settled" : "open"}
				onValue={(value) => setSettled(value === "settled")}
				options={[
					{ value: "open", label: t("reports.open") },
					{ value: "settled", label: t("reports.settled") },
				]}
			/>
			<Found key={String(settled)} settled={settled} />
		</div>
	);
}

function Found({ settled }: { settled: boolean }) {
	const [found, setFound] = useState<readonly Report[]>();
	const read = async () => setFound(await reports(settled));
	const { failed, again } = useLoading(read);
	const after = async () => {
		await read();
		await client.circle.loadWaiting();
	};
	return (
		<List
			label={t("reports.title")}
			items={found}
			loading={t("act.loading")}
			asOf={asOf()}
			empty={{ text: settled ? t("reports.none_settled") : t("reports.none"), icon: "check" }}
			failed={failed === undefined ? undefined : { text: failed, act: <Again onPress={again} /> }}
			render={(one) => (
				<li key={one.id}>
					<One report={one} after={after} />
				</li>
			)}
		/>
	);
}

function One({ report, after }: { report: Report; after: () => Promise<void> }) {
	const { id, standing, event, about, room } = report;
	const [settling, setSettling] = useState(false);
	const [note, setNote] = useState("");
	const form = useForm();
	const act = (deed: ReportDeed, words = "") => void form.submit(async () => {
		await decideReport(id, deed, words);
		await after();
	});
	return (
		<article class="entry">
			<p>
				<strong>{reportName(report.code)}</strong>
			</p>
			<p>{t(event !== "" ? "reports.about_post" : about !== "" ? "reports.about_person" : "reports.about_channel", { Name: about === "" ? report.channel || t("channel.unnamed") : personName(about) })}</p>
			<Wordings report={report} />
			{report.words !== "" && (
				<p dir="auto">
					<bdi>{report.words}</bdi>
				</p>
			)}
			<p class="soft">
				{t("reports.by", { Name: personName(report.by) })}{dot()}{moment(report.at)}
			</p>
			<p class="soft">{t(audiences[report.audience] ?? "reports.for_stewards")}</p>
			{standing !== "open" && <p class="soft">{t(standing === "taken" ? "reports.taken_by" : "reports.settled_by", { Name: personName(report.takenBy) })}</p>}
			{report.note !== "" && (
				<p dir="auto">
					<bdi>{report.note}</bdi>
				</p>
			)}
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			{standing !== "settled" && (
				<div class="row">
					{standing === "open" && (
						<Button icon="care" busy={form.busy} onPress={() => act("take")}>
							{t("reports.take")}
						</Button>
					)}
					{event !== "" && !report.gone && (
						<Button kind="danger" icon="trash" busy={form.busy} onPress={() => act("remove-post")}>
							{t("reports.remove_post")}
						</Button>
					)}
					{about !== "" && (
						<Button icon="people" href={link({ at: "person", id: about })}>
							{t("reports.see_person")}
						</Button>
					)}
					{room !== "" && client.rooms.value.has(room as never) && (
						<Button icon="talk" href={link(event === "" ? { at: "channel", room, details: false } : { at: "channel", room, details: false, post: event })}>
							{t("reports.see_place")}
						</Button>
					)}
					<Button kind="main" icon="check" expanded={settling} onPress={() => setSettling(!settling)}>
						{t("reports.settle")}
					</Button>
				</div>
			)}
			{settling && standing !== "settled" && (
				<form
					class="stack-tight"
					onSubmit={(e) => {
						e.preventDefault();
						act("settle", note);
					}}
				>
					<Field label={t("reports.note")} hint={t("reports.note_hint")} value={note} onValue={setNote} lines={2} maxLength={500} />
					<Button kind="main" wide submit busy={form.busy}>
						{t("reports.settle_confirm")}
					</Button>
				</form>
			)}
		</article>
	);
}

const audiences: Record<string, string> = {
	stewards: "reports.for_stewards",
	admins: "reports.for_admins",
	others: "reports.for_others",
};

/** What the reporter had before them, and what stands there now. */
function Wordings({ report }: { report: Report }) {
	const { event, body, now, gone } = report;
	if (event === "") return null;
	if (gone) return <p class="soft">{t("reports.post_gone")}</p>;
	if (body === now) return <Quote text={body} />;
	return (
		<>
			<p class="soft">{body === "" ? t("reports.wording_gone") : t("reports.wording_then")}</p>
			<Quote text={body} />
			<p class="soft">{t("reports.wording_now")}</p>
			<Quote text={now} />
		</>
	);
}

function Quote({ text }: { text: string }) {
	if (text === "") return null;
	return (
		<blockquote dir="auto">
			<bdi>{text}</bdi>
		</blockquote>
	);
}
