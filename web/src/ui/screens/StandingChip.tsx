import type { Standing } from "../../state";
import { Icon, type IconName } from "../kit/Icon";
import { standingName } from "../names";

const looks: Record<Standing, { tone: string; icon: IconName }> = {
	vetted: { tone: "good", icon: "check" },
	proposed: { tone: "warn", icon: "clock" },
	refused: { tone: "bad", icon: "close" },
	suspended: { tone: "bad", icon: "stop" },
};

/** How an organisation stands. In lists only what is out of the ordinary is said. */
export function StandingChip({ standing, quiet = false }: { standing: Standing; quiet?: boolean }) {
	if (quiet && standing === "vetted") return null;
	const { tone, icon } = looks[standing];
	return (
		<span class={`chip ${tone}`}>
			<Icon name={icon} size={16} />
			{standingName(standing)}
		</span>
	);
}
