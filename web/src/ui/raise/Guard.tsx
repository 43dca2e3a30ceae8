import { t } from "../../i18n";
import { Button } from "../kit/Button";
import { Dialog } from "../kit/Dialog";
import { Icon } from "../kit/Icon";

/** Something in the text, and how it stands there where this device found it itself. */
export interface Found {
	readonly kind: string;
	readonly words?: string;
}

interface Props {
	findings: readonly Found[];
	onConfirm: () => void;
	onClose: () => void;
	/** What is left in is looked at by somebody else before it goes. */
	second?: boolean;
}

const kinds: Record<string, string> = {
	phone: "guard.phone",
	coordinates: "guard.coordinates",
	passport: "guard.passport",
	tazkira: "guard.tazkira",
	cnic: "guard.cnic",
	identity: "guard.identity",
	birth: "guard.birth",
	address: "guard.address",
};

/** Asks about what stands in the text and could lead to a person: taking it out is the short way, leaving it in is looked at by somebody else. */
export function Guard({ findings, onConfirm, onClose, second = true }: Props) {
	return (
		<Dialog title={t("guard.title")} close={t("act.close")} onClose={onClose}>
			<p>{t("guard.what")}</p>
			<ul class="guard-lines">
				{findings.map(({ kind, words }) => (
					<li key={`${kind} ${words}`}>
						<Icon name="warning" />
						<span>
							{t(kinds[kind] ?? "guard.identity")}
							{words !== undefined && (
								<span class="found">
									<bdi>{words}</bdi>
								</span>
							)}
						</span>
					</li>
				))}
			</ul>
			{second && <p class="soft">{t("guard.second")}</p>}
			<Button kind="main" wide icon="write" onPress={onClose}>
				{t("guard.take_out")}
			</Button>
			<Button wide onPress={onConfirm}>
				{t("guard.leave_in")}
			</Button>
		</Dialog>
	);
}

/** What stands in a text and was not confirmed yet. Where the rules cannot be fetched, the hub asks when the alert is sent. */
export async function unasked(text: string, confirmed: readonly string[]): Promise<Found[]> {
	if (text.trim() === "") return [];
	try {
		const { find } = await import("../../i18n/guard");
		const found = find(text).filter(({ kind }) => !confirmed.includes(kind));
		return found.map(({ kind, start, end }) => ({ kind, words: text.slice(start, end) }));
	} catch {
		return [];
	}
}
