import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Room } from "../../state";
import { Dialog } from "../kit/Dialog";
import { Icon } from "../kit/Icon";
import { go } from "../shell/router";
import { PinList } from "./PinList";

/** A line at the top of a channel for what it keeps in view. It opens the list. */
export function Pins({ room }: { room: Room }) {
	const [open, setOpen] = useState(false);
	if (room.pinned.length === 0) return null;
	return (
		<div class="pins">
			<button type="button" onClick={() => setOpen(true)}>
				<Icon name="pin" size={18} />
				<span>{t("channel.pinned", { Count: room.pinned.length })}</span>
			</button>
			{open && (
				<Dialog title={t("channel.pins")} close={t("act.close")} onClose={() => setOpen(false)}>
					<PinList room={room} onOpen={(event) => {
						setOpen(false);
						go({ at: "channel", room: room.id, details: false, post: event });
					}} />
				</Dialog>
			)}
		</div>
	);
}
