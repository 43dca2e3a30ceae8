import type { ComponentChildren } from "preact";
import { t } from "../../i18n";
import { type Json, lenient, object, string } from "../../state";
import { codes, type State } from "../../state/places/model";
import { reasonOf } from "./words";

interface Props {
	content: Json;
	/** The words as they were sent, for what this program does not understand. */
	plain: ComponentChildren;
}

/** What became of a request, said to each reader in their own language. */
export default function Said({ content, plain }: Props) {
	const said = lenient(object, content["network.panah.place"]) ?? {};
	const state = lenient(string, said["state"]) ?? "";
	if (!codes.state.includes(state)) return <>{plain}</>;
	const why = reasonOf({ state: state as State, reason: lenient(string, said["reason"]) ?? "" });
	const what = lenient(string, said["note"]) !== undefined ? "noted" : lenient(string, said["consent"]) === "given" ? "agreed" : state;
	return (
		<div class="body">
			<p>
				{t(`place.said.${what}`)}
				{what === state && why !== undefined && ` ${why}.`}
			</p>
		</div>
	);
}
