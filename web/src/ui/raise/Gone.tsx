import { t } from "../../i18n";
import type { Cause, Sent } from "../../state/alertSend";
import { Button } from "../kit/Button";
import { Face } from "../kit/List";
import { link } from "../shell/router";

/** Why an alert waits for somebody else. */
export const causeKeys: Record<Cause, string> = {
	code: "waiting_alert.cause_code",
	said: "waiting_alert.cause_said",
	guard: "waiting_alert.cause_guard",
};

/** What became of the alert: it is out, waits for somebody else, or for a line. */
export function Gone({ sent }: { sent: Sent | "later" }) {
	if (sent === "later") return <Face icon="clock" text={t("new_alert.later")} act={<Open to="#/outbox" words={t("outbox.title")} />} />;
	if (sent.state === "waiting") {
		return <Face icon="shield" text={t("new_alert.waits")} act={<Open to={link({ at: "alerts-waiting" })} words={t("waiting_alert.title")} />} />;
	}
	return <Face icon="check" text={t("new_alert.sent")} act={<Open to={`#/alerts/${encodeURIComponent(sent.alert)}`} words={t("new_alert.see")} />} />;
}

function Open({ to, words }: { to: string; words: string }) {
	return (
		<div role="status">
			<Button kind="main" href={to}>
				{words}
			</Button>
		</div>
	);
}
