import { t } from "../../i18n";
import { moment } from "../say";

export const certainties = ["Observed", "Likely", "Possible", "Unlikely", "Unknown"] as const;

export const severityName = (severity: string): string => t(`severity.${severity.toLowerCase()}`);
export const certaintyName = (certainty: string): string => t(`certainty.${certainty.toLowerCase()}`);

/** What a label of TLP 2.0 means, in the reader's words. The label itself stays in Latin capitals. */
export const labelHint = (label: string): string => t(`tlp.${label.toLowerCase().replace("+", "_")}`);

const steps: readonly number[] = [1, 3, 6, 12, 24, 48, 72, 168, 336, 720];

/** For how long an alert may stand, in hours; what its code proposes and what was chosen are among them. */
export const lasting = (...these: readonly number[]): number[] => [...new Set([...steps, ...these])].sort((a, b) => a - b);

/** Hours up to two days, then days. */
export function hoursName(hours: number): string {
	return hours <= 48 ? t("duty.hours", { Count: hours }) : t("new_alert.days", { Count: Math.round(hours / 24) });
}

export const untilName = (at: number): string => t("alerts.until", { Time: moment(at) });
