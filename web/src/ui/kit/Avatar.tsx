import { initials } from "./initials";
import "./Avatar.css";

interface Props {
	name: string;
	/** Organisations are squares, people are round. */
	square?: boolean;
	/** In rem. */
	size?: number;
	/** A picture in place of the letters. */
	src?: string;
}

/** Stands for a person or an organisation by the first letters of the name. It says nothing that the name beside it does not. */
export function Avatar({ name, square, size, src }: Props) {
	return (
		<span class={square ? "avatar square" : "avatar"} style={size ? { "--avatar": `${size}rem` } : undefined} aria-hidden="true">
			{src === undefined ? initials(name) : <img src={src} alt="" />}
		</span>
	);
}
