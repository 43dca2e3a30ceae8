import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Reply } from "../../state";
import { type Answer, type Entry, stage } from "../../state/alerts/model";
import { client, me } from "../client";
import { Button } from "../kit/Button";
import { Icon, type IconName } from "../kit/Icon";
import { toast } from "../kit/Toast";
import { now, trouble } from "../say";
import { Cannot } from "./Cannot";
import { alerts } from "./here";

/** Whether somebody can answer an alert: it lives, it is not their own, and their role answers. */
function mayAnswer(entry: Entry): boolean {
	const mine = entry.sender === me.value?.id || entry.organisation === me.value?.organisation?.id;
	return client.may("answer_alert") && !mine && stage(entry, now.value) === "live";
}

/** My answer, and what else I could answer: one tap each. A test is only looked at. */
export function Acts({ entry }: { entry: Entry }) {
	const [asking, setAsking] = useState(false);
	const [busy, setBusy] = useState<Answer>();
	const waits = client.outbox.value.some(({ act }) => act.kind === "answer" && act.alert === entry.id);
	const send = async (reply: Reply) => {
		const done = await alerts.value?.answer(entry, reply);
		if (done === "waiting") toast(t("outbox.later"), "clock");
	};
	const say = async (reply: Reply) => {
		setBusy(reply.answer);
		try {
			await send(reply);
		} catch (error) {
			toast(trouble(error), "warning");
		} finally {
			setBusy(undefined);
		}
	};
	const act = (answer: Answer, key: string, kind: "main" | "second" = "second") => (
		<Button kind={kind} busy={busy === answer} disabled={busy !== undefined} onPress={() => (answer === "cannot" ? setAsking(true) : void say({ answer }))}>
			{t(key)}
		</Button>
	);
	return (
		<>
			<Mine mine={entry.mine} waits={waits} />
			{mayAnswer(entry) && (
				<div class="alert-acts">
					{entry.block.status !== "Test" && entry.mine !== "can_act" && entry.mine !== "done" && act("can_act", "alerts.can_act", "main")}
					{entry.mine === "can_act" && act("done", "alerts.done", "main")}
					{entry.mine === "" && act("seen", "alerts.seen")}
					{entry.block.status !== "Test" && entry.mine !== "cannot" && entry.mine !== "done" && act("cannot", "alerts.cannot")}
				</div>
			)}
			{asking && <Cannot alert={entry.id} onClose={() => setAsking(false)} onSay={send} />}
		</>
	);
}

const mineKeys: Record<Answer, string> = {
	seen: "alerts.mine_seen",
	can_act: "alerts.mine_can_act",
	cannot: "alerts.mine_cannot",
	done: "alerts.mine_done",
};

const mineIcons: Record<Answer, IconName> = { seen: "show", can_act: "care", cannot: "close", done: "check" };

/** What I answered. It is read out when it changes. */
function Mine({ mine, waits }: { mine: Entry["mine"]; waits: boolean }) {
	return (
		<div role="status" class="mine-answer">
			{mine !== "" && (
				<p>
					<Icon name={mineIcons[mine]} size={18} />
					<span>
						{t(mineKeys[mine])}
						{waits && ` ${t("outbox.later")}`}
					</span>
				</p>
			)}
		</div>
	);
}
