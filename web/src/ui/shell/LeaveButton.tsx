import { useEffect } from "preact/hooks";
import { t } from "../../i18n";
import { alerts } from "../alerts/here";
import { client } from "../client";
import { Button } from "../kit/Button";
import { leaveOnShift, leaveQuickly } from "./leave";

const leave = () =>
	leaveQuickly(() => {
		alerts.peek()?.hush();
		client.door.blank();
	});

/** Always in the top corner. What it does and does not do is told on the first screen and in the settings. */
export function LeaveButton() {
	return (
		<Button kind="quiet" icon="leave" class="leave" label={t("leave.button_long")} onPress={leave}>
			{t("leave.button")}
		</Button>
	);
}

/** Shift three times does the same, wherever one is. */
export function useLeaving(): void {
	useEffect(() => leaveOnShift(leave), []);
}
