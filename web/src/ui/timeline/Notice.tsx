import { t } from "../../i18n";
import type { Happening, Notice as Happened } from "./lines";

const keys: Record<Happening, string> = {
	joined: "timeline.joined",
	left: "timeline.left",
	invited: "timeline.invited",
	removed: "timeline.person_removed",
	named: "timeline.named",
	topic: "timeline.topic_set",
	created: "timeline.created",
	pinned: "timeline.pinned",
	moved: "timeline.moved",
};

/** The same said of the first of several people. */
const keysOfMany: Partial<Record<Happening, string>> = {
	joined: "timeline.joined_many",
	left: "timeline.left_many",
	invited: "timeline.invited_many",
	removed: "timeline.person_removed_many",
};

/** A line about what happened in the channel: who came and went, what it is called now. */
export function Notice({ notice, name }: { notice: Happened; name: (user: string) => string }) {
	const [first = "", ...others] = notice.people;
	const many = others.length > 0 ? keysOfMany[notice.what] : undefined;
	return (
		<li class="event" data-key={notice.key}>
			{t(many ?? keys[notice.what], { Name: name(first), Count: others.length, Text: notice.text ?? "" })}
		</li>
	);
}
