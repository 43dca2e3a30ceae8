import { t } from "../../i18n";
import type { Room } from "../../state";
import { personName } from "../names";

/** Who is writing just now. Not read out: it would interrupt without end. */
export function Typing({ room }: { room: Room }) {
	return (
		<p class="typing" aria-live="off">
			{words(room)}
		</p>
	);
}

function words(room: Room): string {
	const [first, second, ...more] = room.typing.map((user) => personName(user, room));
	if (first === undefined) return "";
	if (second === undefined) return t("typing.one", { Name: first });
	if (more.length === 0) return t("typing.two", { Name: first, Other: second });
	return t("typing.many", { Count: room.typing.length });
}
