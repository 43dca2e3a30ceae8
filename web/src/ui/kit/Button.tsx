import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./Icon";
import "./Button.css";

export type ButtonKind = "main" | "second" | "quiet" | "danger";

interface Props {
	children: ComponentChildren;
	kind?: ButtonKind;
	icon?: IconName;
	/** Fills the line: the one main act of a screen. */
	wide?: boolean;
	/** Shows the icon alone; the words stay for screen readers and as a hint. */
	iconOnly?: boolean;
	/** Something is under way: the button keeps its place and its focus, and does nothing. */
	busy?: boolean;
	disabled?: boolean;
	pressed?: boolean;
	expanded?: boolean;
	submit?: boolean;
	href?: string;
	class?: string;
	label?: string;
	onPress?: (event: MouseEvent) => void;
}

/** A thing to press. It stays focusable while busy or disabled, so that keyboards do not lose their place. */
export function Button(props: Props) {
	const { kind = "second", busy = false, disabled = false, iconOnly = false } = props;
	const classes = ["button", kind, props.wide && "wide", iconOnly && "icon-only", props.class].filter(Boolean).join(" ");
	const inside = (
		<>
			{busy ? <span class="turning" aria-hidden="true" /> : props.icon && <Icon name={props.icon} />}
			{iconOnly ? <span class="unseen">{props.children}</span> : <span>{props.children}</span>}
		</>
	);
	if (props.href !== undefined) {
		return (
			<a class={classes} href={props.href} aria-label={props.label} onClick={props.onPress}>
				{inside}
			</a>
		);
	}
	const idle = busy || disabled;
	return (
		<button
			type={props.submit ? "submit" : "button"}
			class={classes}
			aria-disabled={idle || undefined}
			aria-busy={busy || undefined}
			aria-pressed={props.pressed}
			aria-expanded={props.expanded}
			aria-label={props.label}
			title={iconOnly && typeof props.children === "string" ? props.children : undefined}
			onClick={(event) => {
				if (idle) event.preventDefault();
				else props.onPress?.(event);
			}}
		>
			{inside}
		</button>
	);
}
