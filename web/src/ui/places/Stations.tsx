import { t } from "../../i18n";
import type { Entry, State } from "../../state/places/model";
import { Icon } from "../kit/Icon";
import { named } from "./words";

const way: readonly State[] = ["held", "accepted", "arrived", "left"];

/** How far each state has come on the way; what ended elsewhere ended after the asking, or after the acceptance. */
const reached: Record<State, number> = { asked: 0, waiting: 0, held: 1, accepted: 2, arrived: 3, left: 4, declined: 0, withdrawn: 0, expired: 0, no_show: 2 };

const ended: ReadonlySet<State> = new Set(["declined", "withdrawn", "expired", "no_show"]);

interface Station {
	readonly name: string;
	readonly how: "done" | "now" | "next" | "ended";
}

export function stationsOf({ state }: Pick<Entry, "state">): Station[] {
	const at = reached[state];
	const names = [t("place_request.asked"), ...way.map((one) => named("state", one))];
	if (ended.has(state)) return [...names.slice(0, at + 1).map((name): Station => ({ name, how: "done" })), { name: named("state", state), how: "ended" }];
	if (state === "waiting") names[1] = named("state", "waiting");
	const current = state === "waiting" ? 1 : at;
	return names.map((name, i) => ({ name, how: i < current ? "done" : i === current ? "now" : "next" }));
}

/** How far something has come, as a line of stations. */
export function Stations({ label, stations }: { label: string; stations: readonly Station[] }) {
	return (
		<ol class="stations" aria-label={label}>
			{stations.map(({ name, how }, i) => (
				<li key={`${i} ${name}`} class={how} aria-current={how === "now" || how === "ended" ? "step" : undefined}>
					<span class="mark" aria-hidden="true">
						{how === "done" && <Icon name="check" size={14} />}
						{how === "ended" && <Icon name="close" size={14} />}
					</span>
					<span>{name}</span>
				</li>
			))}
		</ol>
	);
}
