import { t } from "../../i18n";
import type { Room, RoomId } from "../../state";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { toast } from "../kit/Toast";
import { useForm } from "../screens/form";
import { go } from "../shell/router";
import "./Ended.css";

/** At the end of a channel that has ended: why one cannot write here, and the way to where it goes on. */
export function Ended({ end: { to, via } }: { end: NonNullable<Room["ended"]> }) {
	const form = useForm();
	const open = async (id: RoomId) => {
		if (!client.rooms.peek().has(id) && (await client.channels.join(id, via)) === "waiting") return toast(t("outbox.later"), "clock");
		go({ at: "channel", room: id, details: false });
	};
	return (
		<div class="ended">
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Banner>
				{to !== undefined && <p>{t("room.replaced")}</p>}
				<p>{t("channel.ended")}</p>
			</Banner>
			{to !== undefined && (
				<Button kind="main" wide icon="next" busy={form.busy} onPress={() => void form.submit(() => open(to))}>
					{t("channel.to_new")}
				</Button>
			)}
		</div>
	);
}
