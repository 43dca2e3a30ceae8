import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { Button } from "../kit/Button";
import { Field } from "../kit/Field";

interface Props {
	value: string;
	onValue: (value: string) => void;
	wrong: string | undefined;
	/** `off`: at a device that others use too. */
	autocomplete: "current-password" | "new-password" | "off";
	hint?: ComponentChildren;
	/** Shown from the start: a new passphrase must be read to be remembered. */
	open?: boolean;
	label?: string;
}

/** A passphrase, hidden unless one asks to see it. */
export function Passphrase(props: Props) {
	const [shown, setShown] = useState(props.open ?? false);
	return (
		<Field
			label={props.label ?? t("sign_in.passphrase")}
			value={props.value}
			onValue={props.onValue}
			type={shown ? "text" : "password"}
			name="password"
			autocomplete={props.autocomplete}
			required
			wrong={props.wrong}
			hint={props.hint}
			after={
				<Button kind="quiet" icon={shown ? "hide" : "show"} iconOnly pressed={shown} onPress={() => setShown(!shown)}>
					{shown ? t("sign_in.hide") : t("sign_in.show")}
				</Button>
			}
		/>
	);
}
