import { t } from "../../i18n";
import type { Delivery } from "../../state/alerts/model";
import { organisationName } from "../client";
import { Icon, type IconName } from "../kit/Icon";
import { personName } from "../names";
import { ago, moment, now, number } from "../say";
import { truthName } from "./words";

/** How far an alert came to each organisation: what is known, and never more. */
export function DeliveryTable({ delivery }: { delivery: readonly Delivery[] }) {
	return (
		<section class="card">
			<table class="delivery deliveries">
				<caption>{t("alerts.delivery")}</caption>
				<thead>
					<tr>
						<th scope="col">{t("alerts.organisation")}</th>
						<th scope="col">{t("alerts.reached")}</th>
						<th scope="col">{t("alerts.standing")}</th>
					</tr>
				</thead>
				<tbody>
					{delivery.map((one) => (
						<tr key={one.organisation}>
							<th scope="row">
								<bdi>{nameOf(one.organisation)}</bdi>
								{one.hub && <span class="hub soft">{t("abroad.hub", { Name: one.hub.server })}</span>}
							</th>
							<td>{one.people === 0 ? "–" : t("alerts.of", { Number: number(one.reached), All: number(one.people) })}</td>
							<td class={`truth ${one.truth}`}>
								<span>
									<Icon name={icons[one.truth]} size={18} />
									<span>{truth(one)}</span>
								</span>
							</td>
						</tr>
					))}
				</tbody>
			</table>
		</section>
	);
}

/** Somebody of no organisation whom an alert names stands for themselves. */
const nameOf = (id: string) => (id.startsWith("@") ? personName(id) : (organisationName(id) ?? id));

const icons: Record<Delivery["truth"], IconName> = { acknowledged: "check", seen: "show", reached: "device", unknown: "help" };

function truth({ truth, silentSince, hub }: Delivery): string {
	if (hub && (truth === "unknown" || (truth === "reached" && hub.silentSince !== undefined))) {
		return hub.silentSince === undefined ? t("alerts.hub_waits") : t("abroad.silent", { Time: moment(hub.silentSince) });
	}
	if (hub && truth === "reached") return t("alerts.hub_took");
	if (truth !== "unknown") return truthName(truth);
	return silentSince === undefined ? t("alerts.truth_never") : t("alerts.truth_unknown", { Time: ago(silentSince, now.value) });
}
