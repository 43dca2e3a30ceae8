import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { type StaffMember, staffOf } from "../../state";
import { useLoading, usePeople } from "./load";
import { StaffList } from "./Organisation";

/** People who belong to no organisation: a steward finds them one. */
export default function Homeless() {
	usePeople();
	const [staff, setStaff] = useState<readonly StaffMember[]>();
	const { failed, again } = useLoading(async () => setStaff((await staffOf(undefined)).filter((one) => one.role !== "steward")));
	return (
		<div class="column stack">
			<p class="soft">{t("overview.homeless_what")}</p>
			<StaffList staff={staff} failed={failed} again={again} empty={t("overview.homeless_none")} />
		</div>
	);
}
