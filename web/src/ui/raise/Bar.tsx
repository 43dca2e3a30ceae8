import "./raise.css";

interface Props {
	name: string;
	/** More about it, beside the name. */
	beside?: string | undefined;
	/** Of the longest bar, 0 to 1. */
	share: number;
	/** The number in words; the bar is for the eye alone. */
	said: string;
}

/** One line of a picture: the number is written, the bar is for the eye. */
export function Bar({ name, beside, share, said }: Props) {
	return (
		<li class="figure">
			<span class="name">{name}</span>
			<span class="soft">{beside}</span>
			<span class="bar" aria-hidden="true">
				<i style={{ inlineSize: `${100 * share}%` }} />
			</span>
			<span class="count">{said}</span>
		</li>
	);
}
