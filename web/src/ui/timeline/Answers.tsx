import { t } from "../../i18n";
import { Icon } from "../kit/Icon";
import { gist } from "../media/words";
import { clock } from "../say";
import type { Answers as Went, Line } from "./lines";

interface Props {
	line: Went;
	lines: readonly Line[];
	nameOf: (user: string) => string;
	onOpen: (root: string) => void;
}

/** That a thread goes on, where it happened: who answered, to what, and the last words. A press opens the thread. */
export function Answers({ line, lines, nameOf, onOpen }: Props) {
	const root = lines.find((one) => one.key === line.root);
	const [first = "", ...others] = line.people.map(nameOf);
	const about = root?.kind === "post" && !root.removed ? gist(root.content, root.body).replaceAll("\n", " ") : t("timeline.earlier_post");
	return (
		<li class="answered" data-key={line.key} data-row="" tabIndex={-1}>
			<button type="button" onClick={() => onOpen(line.root)}>
				<Icon name="thread" size={18} />
				<span class="words">
					<span class="soft">
						{others.length === 0
							? t("timeline.answered", { Name: first })
							: t("timeline.answered_many", { Name: first, Count: others.length })}{" "}
						<bdi class="about">{about}</bdi>
					</span>
					<span class="last" dir="auto">
						{gist(line.content, line.body)}
					</span>
				</span>
				<time class="soft" dateTime={new Date(line.at).toISOString()}>
					{clock(line.at)}
				</time>
			</button>
		</li>
	);
}
