import { t } from "../../i18n";
import { type Outgoing, quiet } from "../../state";
import { client } from "../client";
import { Icon } from "../kit/Icon";
import { number } from "../say";
import { link } from "./router";

/** What somebody would look for in the outbox: all but reading marks, and what the hub has answered already. */
export const shown = (items: readonly Outgoing[]): Outgoing[] => items.filter((item) => item.state !== "sent" && !quiet(item.act));

export const troubled = (item: Outgoing): boolean => item.state === "failed" || item.state === "conflict";

const choices: ReadonlySet<Outgoing["act"]["kind"]> = new Set(["settings", "mute"]);

/** What somebody said or did and waits for; their own choices go along without being counted. */
export const counted = (items: readonly Outgoing[]): Outgoing[] => shown(items).filter((item) => troubled(item) || !choices.has(item.act.kind));

/** How much waits, where everybody sees it; nothing while nothing does. */
export function OutboxLine() {
	const all = counted(client.outbox.value);
	const bad = all.filter(troubled).length;
	const waits = client.line.value.state !== "connected" || bad > 0;
	if (all.length === 0 || !waits) return null;
	return (
		<a class="notice" href={link({ at: "outbox" })}>
			<Icon name={bad > 0 ? "warning" : "clock"} size={18} />
			<span>{bad > 0 ? t("outbox.troubled", { Number: number(bad) }) : t("outbox.waiting", { Number: number(all.length) })}</span>
		</a>
	);
}
