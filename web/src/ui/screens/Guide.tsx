import { t } from "../../i18n";
import { Button } from "../kit/Button";
import { Card } from "../kit/Card";
import type { IconName } from "../kit/Icon";
import { client } from "../client";
import { link, type Route } from "../shell/router";
import { Correct } from "./Correct";

interface Part {
	readonly icon: IconName;
	readonly title: string;
	readonly lines: readonly string[];
	readonly way?: { readonly to: Route; readonly words: string };
}

/** A short guide, with or without a line, before one signs in and after: the first minutes, what not to write, leaving quickly, the phone in others' hands, a line that is down, what the hub sees. */
export default function Guide() {
	const inside = client.session.value.kind === "in";
	return (
		<div class="column stack">
			{parts(client.alone).map(({ icon, title, lines, way }) => (
				<Card
					key={title}
					icon={icon}
					title={title}
					acts={
						inside &&
						way && (
							<Button href={link(way.to)} icon="next">
								{way.words}
							</Button>
						)
					}
				>
					<ol class="guide-lines">
						{lines.map((line) => (
							<li key={line}>{line}</li>
						))}
					</ol>
				</Card>
			))}
			<Card icon="language" title={t("catalog.title")}>
				<p>{t("catalog.review")}</p>
				{inside && <Correct />}
			</Card>
		</div>
	);
}

/** `alone`: whoever opens the empty account is told nothing of what others write about, and of other accounts. */
function parts(alone: boolean): Part[] {
	const all: (Part & { readonly own?: true })[] = [
		{
			icon: "compass",
			title: t("guide.first"),
			lines: [t("guide.first_1"), t("guide.first_2"), t("guide.first_3"), t("guide.first_4")],
			way: { to: { at: "talk" }, words: t("now.to_talk") },
		},
		{
			own: true,
			icon: "shield",
			title: t("first.write_title"),
			lines: [t("guide.write_1"), t("guide.write_2"), t("guide.write_3"), t("guide.write_4")],
		},
		{ icon: "leave", title: t("first.leave_title"), lines: [t("guide.leave_1"), t("guide.leave_2"), t("guide.leave_3")] },
		{
			own: true,
			icon: "lock",
			title: t("guide.phone"),
			lines: [t("guide.phone_1"), t("guide.phone_5"), t("guide.phone_2"), t("guide.phone_3"), t("guide.phone_4"), t("guide.phone_6")],
			way: { to: { at: "lock" }, words: t("lock.settings_open") },
		},
		{ icon: "offline", title: t("guide.line"), lines: [t("guide.line_1"), t("guide.line_2"), t("guide.line_3"), t("guide.line_4")] },
		{ icon: "show", title: t("guide.hub"), lines: [t("guide.hub_1"), t("guide.hub_2"), t("guide.hub_3"), t("guide.hub_4")] },
	];
	return all.filter((part) => !alone || !part.own);
}
