import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { t } from "../../i18n";
import type { Places } from "../../state/places/places";
import { client } from "../client";
import { Icon } from "../kit/Icon";
import { Face, Outline } from "../kit/List";
import "../raise/raise.css";
import { WithWords } from "../raise/say";
import { clock, dayKey, moment, trouble } from "../say";
import { Again } from "../screens/PickPeople";
import { fetchPlaces, places } from "./here";

/** What stands inside needs what is known of places, and the words for provinces. */
export function WithPlaces({ children }: { children: (known: Places) => ComponentChildren }) {
	const connected = client.line.value.state === "connected";
	useEffect(() => void fetchPlaces(), [connected]);
	const known = places.value;
	if (!known) return <Waiting />;
	return <WithWords>{() => children(known)}</WithWords>;
}

export function Waiting() {
	return (
		<div class="column">
			<Outline rows={4} label={t("act.loading")} />
		</div>
	);
}

/** As of when it stands, without a line; and what went wrong when it was to be read anew. */
export function Standing({ known }: { known: Places }) {
	const failed = known.failed.value;
	const at = known.at.value;
	const offline = client.line.value.state === "offline";
	const when = dayKey(at) === dayKey(Date.now()) ? clock(at) : moment(at);
	if (offline && at > 0) {
		return (
			<p class="list-as-of" role="status">
				<Icon name="offline" size={18} />
				<span>{t("reading.stood", { Time: when })}</span>
			</p>
		);
	}
	if (!failed || (offline && at > 0)) return null;
	return <Face icon={offline ? "offline" : "warning"} alert text={offline ? t("reading.unread") : trouble(failed)} act={<Again onPress={() => known.soon(0)} />} />;
}
