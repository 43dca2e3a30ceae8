import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Entry } from "../../state/places/model";
import { client } from "../client";
import { Button } from "../kit/Button";
import { toast } from "../kit/Toast";
import { trouble } from "../say";
import { places } from "./here";
import { Reason } from "./Reason";

type Asked = "decline" | "withdraw" | "leave";

const reasons = {
	decline: { list: "decline", title: "place_request.decline_title", act: "place_request.decline" },
	withdraw: { list: "withdraw", title: "place_request.withdraw_title", act: "place_request.withdraw" },
	leave: { list: "exit", title: "place_request.leave_title", act: "place_request.leave" },
} as const;

/** What each side can do about a request as it stands; the one that comes next is the main one. */
export function Acts({ entry }: { entry: Entry }) {
	const [asking, setAsking] = useState<Asked>();
	const [busy, setBusy] = useState(false);
	const waits = client.outbox.value.some(({ act }) => act.kind === "place" && act.door.includes(`/${encodeURIComponent(entry.id)}/`));
	const take = async (step: string, reason?: string) => {
		setAsking(undefined);
		setBusy(true);
		try {
			if ((await places.peek()?.step(entry.id, step, reason)) === "waiting") toast(t("outbox.later"), "clock");
		} catch (error) {
			toast(trouble(error), "warning");
			places.peek()?.soon(0);
		} finally {
			setBusy(false);
		}
	};
	const { decide, mine, state } = entry;
	const open = state === "asked" || state === "held" || state === "waiting";
	if (waits) return <p class="soft">{t("outbox.later")}</p>;
	return (
		<>
			{decide && open && client.may("decide_places") && (
				<>
					<Button kind={state === "held" ? "main" : "second"} icon="check" busy={busy} onPress={() => void take("accept")}>
						{t("place_request.accept")}
					</Button>
					<Button busy={busy} onPress={() => setAsking("decline")}>
						{t("place_request.decline_because")}
					</Button>
				</>
			)}
			{decide && state === "accepted" && (
				<>
					<Button kind="main" icon="door" busy={busy} onPress={() => void take("arrive")}>
						{t("place_request.arrive")}
					</Button>
					<Button busy={busy} onPress={() => void take("no_show")}>
						{t("place_request.no_show")}
					</Button>
					<Button busy={busy} onPress={() => setAsking("decline")}>
						{t("place_request.decline_because")}
					</Button>
				</>
			)}
			{decide && state === "arrived" && (
				<Button kind="main" busy={busy} onPress={() => setAsking("leave")}>
					{t("place_request.leave")}
				</Button>
			)}
			{mine && (open || state === "accepted") && client.may("ask_places") && (
				<Button busy={busy} onPress={() => setAsking("withdraw")}>
					{t("place_request.withdraw_because")}
				</Button>
			)}
			{asking && (
				<Reason
					list={reasons[asking].list}
					title={t(reasons[asking].title)}
					act={t(reasons[asking].act)}
					onReason={(reason) => void take(asking, reason)}
					onClose={() => setAsking(undefined)}
				/>
			)}
		</>
	);
}
