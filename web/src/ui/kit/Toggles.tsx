import type { ComponentChildren } from "preact";
import { Icon } from "./Icon";
import type { Option } from "./Field";

interface Props {
	label: string;
	values: readonly string[];
	options: readonly Option[];
	onValues: (values: readonly string[]) => void;
	hint?: ComponentChildren;
}

/** A few values side by side, any of them chosen. */
export function Toggles({ label, values, options, onValues, hint }: Props) {
	const turn = (value: string) => onValues(values.includes(value) ? values.filter((one) => one !== value) : [...values, value]);
	return (
		<fieldset class="choices">
			<legend>{label}</legend>
			{hint !== undefined && <div class="hint">{hint}</div>}
			<div class="options">
				{options.map((option) => (
					<label key={option.value} class="option" lang={option.lang}>
						<input type="checkbox" checked={values.includes(option.value)} onChange={() => turn(option.value)} />
						<span class="mark">
							<Icon name="check" size={18} />
						</span>
						<span>{option.label}</span>
					</label>
				))}
			</div>
		</fieldset>
	);
}
