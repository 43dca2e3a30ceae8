import { t } from "../../i18n";
import type { UserId } from "../../state";
import { client } from "../client";
import { Avatar } from "../kit/Avatar";
import { Button } from "../kit/Button";
import { List, Row } from "../kit/List";
import { toast } from "../kit/Toast";
import { personName } from "../names";
import { trouble } from "../say";
import { asOf, usePeople } from "./load";

/** Whom one has blocked, each with a way to lift it. */
export default function Blocked() {
	usePeople();
	const lift = (user: UserId) => void client.circle.block(user, false).then(() => toast(t("blocked.lifted")), (error: unknown) => toast(trouble(error), "warning"));
	return (
		<div class="column stack">
			<p class="soft">{t("blocked.what")}</p>
			<List
				label={t("blocked.title")}
				items={client.loaded.value ? ([...client.blocked.value] as UserId[]) : undefined}
				loading={t("act.loading")}
				asOf={asOf()}
				empty={{ text: t("blocked.nobody"), icon: "block" }}
				render={(user) => (
					<li key={user}>
						<Row
							lead={<Avatar name={personName(user)} />}
							title={<bdi>{personName(user)}</bdi>}
							end={<Button onPress={() => lift(user)}>{t("blocked.lift")}</Button>}
						/>
					</li>
				)}
			/>
		</div>
	);
}
