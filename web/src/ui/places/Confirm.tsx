import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { freshTxn } from "../../state";
import type { Shelter } from "../../state/places/model";
import { Button } from "../kit/Button";
import { Card } from "../kit/Card";
import { toast } from "../kit/Toast";
import { ago, dot, now, number, trouble } from "../say";
import { link } from "../shell/router";
import { places } from "./here";
import { named } from "./words";

/** What is free, by category, in one line. */
export const freeLine = ({ free }: Pick<Shelter, "free">): string =>
	Object.entries(free)
		.map(([category, count]) => `${named("category", category)} ${number(count)}`)
		.join(dot());

/** Says that nothing has changed: one touch. */
export function ConfirmButton({ shelter, main }: { shelter: Shelter; main?: boolean }) {
	const [busy, setBusy] = useState(false);
	const confirm = async () => {
		setBusy(true);
		try {
			await places.peek()?.count(shelter.id, freshTxn());
			toast(t("shelter.confirmed"));
		} catch (error) {
			toast(trouble(error), "warning");
		} finally {
			setBusy(false);
		}
	};
	return (
		<Button kind={main ? "main" : "second"} wide={main === true} icon="check" busy={busy} onPress={() => void confirm()}>
			{t("shelter.unchanged")}
		</Button>
	);
}

/** Asks whether the numbers still hold. */
export function Confirm({ shelter }: { shelter: Shelter }) {
	return (
		<Card
			icon="place"
			title={t("place_notice.confirm")}
			acts={
				<>
					<ConfirmButton shelter={shelter} />
					<Button href={link({ at: "shelter", id: shelter.id })}>{t("shelter.change_count")}</Button>
				</>
			}
		>
			<p>
				<bdi>{shelter.name}</bdi>{dot()}{freeLine(shelter)}
			</p>
			<p class="soft">{ago(shelter.confirmedAt, now.value)}</p>
		</Card>
	);
}
