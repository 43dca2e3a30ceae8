import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./Icon";
import "./List.css";

interface Props<T> {
	/** Undefined until the first answer. What was read earlier stays shown when a later answer fails. */
	items: readonly T[] | undefined;
	render: (item: T) => ComponentChildren;
	label: string;
	/** Said to screen readers while the outline stands for what is coming. */
	loading: string;
	empty: { text: string; icon?: IconName; act?: ComponentChildren };
	/** What happened and what to do about it, when the last try failed. */
	failed?: { text: string; icon?: IconName; act?: ComponentChildren } | undefined;
	/** A sentence saying as of when the list stands, while there is no line. */
	asOf?: string | undefined;
	rows?: number;
}

/** A list with its four faces: its outline while loading, empty, failed, and offline as of a moment. */
export function List<T>(props: Props<T>) {
	const { items, failed, empty } = props;
	if (items === undefined) {
		return failed ? <Face icon="warning" {...failed} alert /> : <Outline rows={props.rows ?? 4} label={props.loading} />;
	}
	return (
		<>
			{failed && <Face icon="warning" {...failed} alert />}
			{props.asOf !== undefined && (
				<p class="list-as-of" role="status">
					<Icon name="offline" size={18} />
					<span>{props.asOf}</span>
				</p>
			)}
			{items.length === 0 && !failed ? (
				<Face icon={empty.icon ?? "now"} text={empty.text} act={empty.act} />
			) : (
				<ul aria-label={props.label}>{items.map(props.render)}</ul>
			)}
		</>
	);
}

export function Face({ icon, text, act, alert }: { icon: IconName; text: string; act?: ComponentChildren; alert?: boolean }) {
	return (
		<div class="list-face" role={alert ? "alert" : undefined}>
			<Icon name={icon} size={36} />
			<p>{text}</p>
			{act}
		</div>
	);
}

export function Outline({ rows, label }: { rows: number; label: string }) {
	return (
		<div role="status" aria-label={label}>
			<ul class="outline" aria-hidden="true">
				{Array.from({ length: rows }, (_, row) => (
					<li key={row}>
						<i class="dot" />
						<i class="short" />
						<i />
					</li>
				))}
			</ul>
		</div>
	);
}

interface RowProps {
	href?: string;
	onPress?: () => void;
	lead?: ComponentChildren;
	title: ComponentChildren;
	detail?: ComponentChildren;
	/** The detail is somebody's words: their name, then what they said. */
	quoted?: boolean;
	end?: ComponentChildren;
	current?: boolean;
	/** Has something new in it. */
	strong?: boolean;
	label?: string;
}

/** One line of a list; with an address or an act it opens something. Lines carry data-row so that j and k can walk over them. */
export function Row(props: RowProps) {
	const inside = (
		<>
			{props.lead}
			<span class="words">
				<span class="title">{props.title}</span>
				{props.detail !== undefined && <span class={props.quoted ? "detail quoted" : "detail"}>{props.detail}</span>}
			</span>
			{props.end !== undefined && <span class="end">{props.end}</span>}
		</>
	);
	const shared = {
		class: props.strong ? "row-item strong" : "row-item",
		"data-row": "",
		"aria-current": props.current ? ("page" as const) : undefined,
		"aria-label": props.label,
	};
	if (props.href !== undefined) {
		return (
			<a href={props.href} {...shared}>
				{inside}
			</a>
		);
	}
	if (props.onPress === undefined) return <div {...shared}>{inside}</div>;
	return (
		<button type="button" onClick={props.onPress} {...shared}>
			{inside}
		</button>
	);
}
