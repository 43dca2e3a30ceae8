import { useId } from "preact/hooks";
import { Button } from "./Button";
import "./Stepper.css";

interface Props {
	label: string;
	value: number;
	least: number;
	most: number;
	/** The value in the reader's digits. */
	shown: string;
	less: string;
	more: string;
	onValue: (value: number) => void;
}

/** A number by two large buttons, without a keyboard. */
export function Stepper({ label, value, least, most, shown, less, more, onValue }: Props) {
	const id = useId();
	const by = (step: number) => onValue(Math.min(most, Math.max(least, value + step)));
	return (
		<fieldset class="stepper">
			<legend class="unseen">{label}</legend>
			<span class="name" id={id} aria-hidden="true">
				{label}
			</span>
			<div class="box">
				<Button icon="minus" iconOnly disabled={value <= least} onPress={() => by(-1)}>
					{less}
				</Button>
				<output aria-live="polite" aria-labelledby={id}>
					{shown}
				</output>
				<Button icon="plus" iconOnly disabled={value >= most} onPress={() => by(1)}>
					{more}
				</Button>
			</div>
		</fieldset>
	);
}
