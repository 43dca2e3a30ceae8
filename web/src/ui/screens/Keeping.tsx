import { t } from "../../i18n";
import { lifetimeOf, maySet, type Room } from "../../state";
import { client, me } from "../client";
import { Choices } from "../kit/Field";

const day = 86_400_000;
const type = "m.room.retention";

/** The times that are offered, in days, each with its sentence and its name. */
const times = [
	{ days: 30, sentence: "keeping.is_month", name: "keeping.month" },
	{ days: 90, sentence: "keeping.is_quarter", name: "keeping.quarter" },
	{ days: 365, sentence: "keeping.is_year", name: "keeping.year" },
	{ days: 730, sentence: "keeping.is_two_years", name: "keeping.two_years" },
] as const;

/** How long what is written in a channel is kept. Everybody reads it; moderators change it. */
export function Keeping({ room }: { room: Room }) {
	const my = me.value;
	if (!my) return null;
	const said = sentence(lifetimeOf(room, my.retention));
	if (!maySet(room, my.id, type) || !client.may("moderate")) {
		return (
			<section class="stack-tight">
				<h2 class="group-title">{t("keeping.title")}</h2>
				<p class="soft">{said}</p>
			</section>
		);
	}
	const wish = client.outbox.value.filter((item) => item.room === room.id && item.act.kind === "state" && item.act.type === type).at(-1)?.act;
	const asked = wish?.kind === "state" ? wish.content["max_lifetime"] : room.lifetime;
	const offered = times.filter(({ days }) => days * day < my.retention);
	const chosen = offered.find(({ days }) => days * day === asked);
	return (
		<Choices
			label={t("keeping.title")}
			hint={`${said} ${t("keeping.hint")}`}
			value={chosen ? String(chosen.days) : asked === undefined ? "most" : ""}
			onValue={(value) => void client.talk.setState(room.id, type, value === "most" ? {} : { max_lifetime: Number(value) * day })}
			options={[
				...offered.map(({ days, name }) => ({ value: String(days), label: t(name) })),
				{ value: "most", label: t("keeping.most") },
			]}
		/>
	);
}

function sentence(lifetime: number): string {
	const known = times.find(({ days }) => days * day === lifetime);
	return known ? t(known.sentence) : t("keeping.is_days", { Count: Math.round(lifetime / day) });
}
