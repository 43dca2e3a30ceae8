import { t } from "../../i18n";
import { byNeed } from "../../state/alerts/fold";
import { type AlertNotice, type NoticeKind, stage } from "../../state/alerts/model";
import { organisationName } from "../client";
import { Button } from "../kit/Button";
import { Card } from "../kit/Card";
import { toast } from "../kit/Toast";
import { ago, dot, now, trouble } from "../say";
import { link } from "../shell/router";
import { AlertCard } from "./Card";
import { alerts } from "./here";
import { noticeName } from "./words";

/** What alerts need of me: the unanswered ones first, then what waits for a second person, then what I am told. */
export function NowAlerts() {
	const known = alerts.value;
	if (!known) return null;
	const open = (known.board.value ?? []).filter((one) => one.needsMe && stage(one, now.value) === "live").sort(byNeed(now.value));
	const shown = new Set<string>(open.map(({ id }) => id));
	return (
		<>
			{open.map((entry) => (
				<AlertCard key={entry.id} entry={entry} />
			))}
			{known.notices.value
				.filter(({ alert }) => alert === undefined || !shown.has(alert))
				.map((notice) => (
					<Told key={notice.id} notice={notice} />
				))}
		</>
	);
}

/** What is told of a draft, not of an alert that is out. */
const aboutDraft: ReadonlySet<NoticeKind> = new Set(["approve", "refused"]);

/** What became of a draft of mine: there is nothing to do about it but to read it. */
const ended: ReadonlySet<NoticeKind> = new Set(["approved", "refused"]);

/** What the hub asks of me by name: an escalation, a draft that waits for me, what became of mine. Opening how mine ended is reading it. */
function Told({ notice: { id, kind, alert, about, at } }: { notice: AlertNotice }) {
	const name = organisationName(about);
	const putAway = () => void alerts.peek()?.putAway(id).catch((error: unknown) => toast(trouble(error), "warning"));
	return (
		<Card
			icon={kind === "approved" ? "check" : "alerts"}
			title={noticeName(kind)}
			acts={
				<>
					{(alert !== undefined || aboutDraft.has(kind)) && (
						<Button
							kind="main"
							href={link(alert === undefined ? { at: "alerts-waiting" } : { at: "alert", id: alert })}
							{...(ended.has(kind) && { onPress: putAway })}
						>
							{t("alerts.open")}
						</Button>
					)}
					{ended.has(kind) && (
						<Button icon="check" onPress={putAway}>
							{t("first.understood")}
						</Button>
					)}
				</>
			}
		>
			<p class="soft">
				{name !== undefined && (
					<>
						<bdi>{name}</bdi>{dot()}
					</>
				)}
				{ago(at, now.value)}
			</p>
		</Card>
	);
}
