import { t } from "../../i18n";
import type { OtherHub as Known } from "../../state/places/model";
import { Icon } from "../kit/Icon";
import { ago, dot, moment, now } from "../say";

/** Of which other hub something is, and when that one was last heard. One that does not answer is said before anybody counts on it. */
export function OtherHub({ hub }: { hub: Known }) {
	const { server, heardAt, silentSince } = hub;
	return (
		<p class={silentSince === undefined ? "other-hub soft" : "other-hub count-age old"}>
			<Icon name={silentSince === undefined ? "people" : "offline"} size={16} />
			<span>
				{t("abroad.hub", { Name: server })}
				{silentSince !== undefined ? `${dot()}${t("abroad.silent", { Time: moment(silentSince) })}` : heardAt !== undefined && `${dot()}${t("abroad.heard", { Time: ago(heardAt, now.value) })}`}
			</span>
		</p>
	);
}
