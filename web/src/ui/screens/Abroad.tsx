import { t } from "../../i18n";
import type { Abroad } from "../../state";
import { Avatar } from "../kit/Avatar";
import { Icon } from "../kit/Icon";
import { Row } from "../kit/List";
import { countryName, kindName } from "../names";
import { dot } from "../say";

/** The organisations of other hubs, by hub. Of their people nothing is known here. */
export function AbroadGroups({ organisations }: { organisations: readonly Abroad[] }) {
	const hubs = [...new Set(organisations.map(({ hub }) => hub))].sort();
	return (
		<>
			{hubs.map((hub) => (
				<section key={hub} class="group">
					<h2>
						<Icon name="globe" size={18} />
						{t("abroad.hub", { Name: hub })}
					</h2>
					<p class="soft">{t("people.abroad_hint")}</p>
					<ul>
						{organisations
							.filter((one) => one.hub === hub)
							.map((one) => (
								<li key={one.id}>
									<Row
										lead={<Avatar name={one.name} square />}
										title={<bdi>{one.name}</bdi>}
										detail={[kindName(one.kind), countryName(one.country)].join(dot())}
									/>
								</li>
							))}
					</ul>
				</section>
			))}
		</>
	);
}
