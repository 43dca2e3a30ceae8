import { Field } from "../kit/Field";
import { Icon } from "../kit/Icon";

/** Narrows the list below it. The key / comes here. */
export function Search({ label, value, onValue }: { label: string; value: string; onValue: (value: string) => void }) {
	return (
		<search data-search="">
			<Field
				label={label}
				labelHidden
				placeholder={label}
				type="search"
				value={value}
				onValue={onValue}
				after={
					value === "" ? (
						<span class="field-sign" aria-hidden="true">
							<Icon name="search" size={20} />
						</span>
					) : undefined
				}
			/>
		</search>
	);
}
