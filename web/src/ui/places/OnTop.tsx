import { t } from "../../i18n";
import type { RoomId } from "../../state";
import { Button } from "../kit/Button";
import { WithWords } from "../raise/say";
import { now } from "../say";
import { link } from "../shell/router";
import { places } from "./here";
import "./places.css";
import { forWhom, standingOf } from "./words";

/** Above the private channel of a request: what it is about, and the way to it. */
export default function OnTop({ room }: { room: RoomId }) {
	const entry = places.value?.requests.value?.find((one) => one.room === room);
	if (!entry) return null;
	return (
		<WithWords>
			{() => (
				<div class="place-on-top">
					<p>
						<strong>{forWhom(entry)}</strong> {standingOf(entry, now.value)}
					</p>
					<Button href={link({ at: "place-request", id: entry.id })} icon="place">
						{t("places.open")}
					</Button>
				</div>
			)}
		</WithWords>
	);
}
