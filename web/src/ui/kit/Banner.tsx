import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./Icon";
import "./Banner.css";

export type Tone = "info" | "warn" | "danger";

const icons: Record<Tone, IconName> = { info: "info", warn: "warning", danger: "stop" };

interface Props {
	tone?: Tone;
	icon?: IconName;
	children: ComponentChildren;
	act?: ComponentChildren;
}

/** A sentence about the state of things, above what it is about. Trouble is read out at once. */
export function Banner({ tone = "info", icon, children, act }: Props) {
	return (
		<div class={`banner ${tone}`} role={tone === "danger" ? "alert" : "status"}>
			<Icon name={icon ?? icons[tone]} />
			<div class="words">{children}</div>
			{act}
		</div>
	);
}
