import { Icon, type IconName } from "./Icon";
import type { Option } from "./Field";
import "./ChipSelect.css";

interface Props {
	icon: IconName;
	label: string;
	/** "" is the first option, which narrows nothing down. */
	value: string;
	options: readonly Option[];
	onValue: (value: string) => void;
}

/** A bound that is set or not, to pick by the system's own picker; set, it stands out. */
export function ChipSelect({ icon, label, value, options, onValue }: Props) {
	return (
		<span class={value === "" ? "chip-select" : "chip-select set"}>
			<Icon name={value === "" ? icon : "check"} size={18} />
			<select aria-label={label} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
				{options.map((option) => (
					<option key={option.value} value={option.value} lang={option.lang}>
						{option.label}
					</option>
				))}
			</select>
		</span>
	);
}
