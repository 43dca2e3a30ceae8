import { t } from "../../i18n";
import { Icon, type IconName } from "../kit/Icon";
import { Portrait } from "../media/Portrait";
import { pictureOf } from "../names";
import type { Callable } from "./calling";

const icons: Record<Exclude<Callable["kind"], "person">, IconName> = { organisation: "building", role: "people", everybody: "talk" };

interface Props {
	id: string;
	all: readonly Callable[];
	/** The one that Enter takes. */
	at: number;
	onPick: (one: Callable) => void;
}

/** Who can be called, above the field in which an @ is being written. The field keeps the focus. */
export function CallList({ id, all, at, onPick }: Props) {
	return (
		<div class="call-list" id={id} role="listbox" aria-label={t("composer.call_whom")}>
			{all.map((one, n) => (
				// biome-ignore lint/a11y/useKeyWithClickEvents: the field above handles the keys
				<div
					key={`${one.kind} ${one.id}`}
					id={`${id}-${n}`}
					role="option"
					tabIndex={-1}
					aria-selected={n === at}
					onMouseDown={(event) => event.preventDefault()}
					onClick={() => onPick(one)}
				>
					{one.kind === "person" ? <Portrait name={one.label} picture={pictureOf(one.id)} size={2} /> : <Icon name={icons[one.kind]} />}
					<span class="words">
						<bdi>{one.label}</bdi>
						<span class="soft">{one.kind === "person" ? <bdi>{one.detail ?? ""}</bdi> : detail(one)}</span>
					</span>
				</div>
			))}
		</div>
	);
}

function detail(one: Callable): string {
	return one.kind === "everybody" ? t("composer.call_everybody_hint") : t("people.count", { Count: one.people.length });
}
