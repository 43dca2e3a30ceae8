import { t } from "../../i18n";
import { alerts } from "../alerts/here";
import { client, me } from "../client";
import { Icon, type IconName } from "../kit/Icon";
import { Row } from "../kit/List";
import { number } from "../say";
import { link, type Route } from "../shell/router";

/** Whether an alert may be written here: only in the name of an organisation. */
export const mayRaise = (): boolean => client.may("send_alert") && me.value?.organisation !== undefined;

interface Way {
	to: Route;
	icon: IconName;
	name: string;
	count?: number;
}

/** What else there is to do about alerts, as far as one's role has it. */
function ways(): Way[] {
	const organisation = me.value?.organisation?.id;
	const waiting = alerts.value?.drafts.value ?? 0;
	return [
		...(client.may("send_alert") ? [{ to: { at: "alerts-waiting" }, icon: "shield", name: t("waiting_alert.title"), count: waiting } as Way] : []),
		...(client.may("translate") ? [{ to: { at: "translate-alerts" }, icon: "language", name: t("translate.title") } as Way] : []),
		...(organisation !== undefined ? [{ to: { at: "rota", organisation }, icon: "rota", name: t("rota.title") } as Way] : []),
		...(client.may("share_alerts") || client.may("read_feeds") ? [{ to: { at: "alert-exchange" }, icon: "share", name: t("exchange_with.title") } as Way] : []),
		...(client.may("see_alert_figures") ? [{ to: { at: "alert-figures" }, icon: "figures", name: t("figures.title") } as Way] : []),
	];
}

/** They stand below the board, which comes first. */
export function Ways() {
	return (
		<ul class="group" aria-label={t("new_alert.ways")}>
			{ways().map(({ to, icon, name, count = 0 }) => (
				<li key={to.at}>
					<Row href={link(to)} lead={<Icon name={icon} />} title={name} end={count > 0 ? <span class="badge">{number(count)}</span> : <Icon name="next" />} />
				</li>
			))}
		</ul>
	);
}
