import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./Icon";
import "./Card.css";

interface Props {
	title?: ComponentChildren;
	icon?: IconName;
	/** Stands at the end of the title's line. */
	aside?: ComponentChildren;
	acts?: ComponentChildren;
	children?: ComponentChildren;
}

/** One thing that asks for attention: what it is, then what can be done about it. */
export function Card({ title, icon, aside, acts, children }: Props) {
	return (
		<section class="card">
			{title !== undefined && (
				<header>
					{icon && <Icon name={icon} />}
					<h2>{title}</h2>
					{aside}
				</header>
			)}
			{children}
			{acts && <div class="acts">{acts}</div>}
		</section>
	);
}
