import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import { Icon } from "./Icon";
import "./Field.css";

interface FieldProps {
	label: string;
	value: string;
	onValue: (value: string) => void;
	hint?: ComponentChildren | undefined;
	/** What is wrong with the value, in words; nothing typed is ever lost for it. */
	wrong?: string | undefined;
	type?: "text" | "password" | "search" | "email";
	name?: string;
	autocomplete?: string;
	/** Direction of what is typed: user names are always left to right, free text follows its first letter. */
	dir?: "auto" | "ltr";
	lang?: string;
	maxLength?: number;
	required?: boolean;
	lines?: number;
	/** Stands at the end of the box: a button to show a passphrase. */
	after?: ComponentChildren;
	labelHidden?: boolean;
	placeholder?: string;
	/** Phones show their digits for it. */
	numeric?: boolean;
	/** What else a box of several lines takes: its keys, and where the caret is. */
	box?: JSX.IntrinsicElements["textarea"];
}

/** One value to type, with its name above it, a hint, and what is wrong with it below. */
export function Field(props: FieldProps) {
	const id = useId();
	const described = [props.hint !== undefined && `${id}-hint`, props.wrong !== undefined && `${id}-wrong`].filter(Boolean).join(" ");
	const shared = {
		id,
		name: props.name,
		dir: props.dir ?? "auto",
		lang: props.lang,
		...(props.maxLength !== undefined && { maxLength: props.maxLength }),
		placeholder: props.placeholder,
		autoComplete: props.autocomplete ?? "off",
		"aria-required": props.required || undefined,
		"aria-invalid": props.wrong !== undefined || undefined,
		"aria-describedby": described || undefined,
		value: props.value,
	};
	return (
		<div class={props.wrong === undefined ? "field" : "field invalid"}>
			<label for={id} class={props.labelHidden ? "unseen" : undefined}>
				{props.label}
			</label>
			{props.hint !== undefined && (
				<div class="hint" id={`${id}-hint`}>
					{props.hint}
				</div>
			)}
			<div class="box">
				{props.lines === undefined ? (
					<input
						{...shared}
						type={props.type ?? "text"}
						inputMode={props.numeric ? "numeric" : undefined}
						autoCapitalize={props.dir === "ltr" ? "none" : "sentences"}
						spellcheck={props.dir !== "ltr" && props.type !== "password"}
						onInput={(event) => props.onValue(event.currentTarget.value)}
					/>
				) : (
					<textarea {...shared} {...props.box} rows={props.lines} onInput={(event) => props.onValue(event.currentTarget.value)} />
				)}
				{props.after}
			</div>
			{props.wrong !== undefined && (
				<div class="wrong" id={`${id}-wrong`} role="alert">
					<Icon name="warning" size={16} />
					<span>{props.wrong}</span>
				</div>
			)}
		</div>
	);
}

export interface Option {
	value: string;
	label: string;
	/** The language of the label, where it is not the page's: languages are written in themselves. */
	lang?: string;
}

interface ChoiceProps {
	label: string;
	value: string;
	options: readonly Option[];
	onValue: (value: string) => void;
	hint?: ComponentChildren;
}

/** A long list of values to pick one from, by the system's own picker. */
export function Select(props: ChoiceProps) {
	const id = useId();
	return (
		<div class="field">
			<label for={id}>{props.label}</label>
			{props.hint !== undefined && <div class="hint">{props.hint}</div>}
			<div class="box">
				<select id={id} value={props.value} onChange={(event) => props.onValue(event.currentTarget.value)}>
					{props.options.map((option) => (
						<option key={option.value} value={option.value} lang={option.lang}>
							{option.label}
						</option>
					))}
				</select>
			</div>
		</div>
	);
}

/** A few values side by side, one of them chosen. Works with the arrow keys, as radio buttons do. */
export function Choices(props: ChoiceProps) {
	const name = useId();
	return (
		<fieldset class="choices">
			<legend>{props.label}</legend>
			{props.hint !== undefined && <div class="hint">{props.hint}</div>}
			<div class="options">
				{props.options.map((option) => (
					<label key={option.value} class="option" lang={option.lang}>
						<input
							type="radio"
							name={name}
							value={option.value}
							checked={option.value === props.value}
							onChange={() => props.onValue(option.value)}
						/>
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

interface ChecksProps {
	label: string;
	values: readonly string[];
	options: readonly Option[];
	onValues: (values: string[]) => void;
	hint?: ComponentChildren;
}

/** A few values side by side, any of them chosen. */
export function Checks(props: ChecksProps) {
	const toggle = (value: string) =>
		props.onValues(props.values.includes(value) ? props.values.filter((one) => one !== value) : [...props.values, value]);
	return (
		<fieldset class="choices">
			<legend>{props.label}</legend>
			{props.hint !== undefined && <div class="hint">{props.hint}</div>}
			<div class="options">
				{props.options.map((option) => (
					<label key={option.value} class="option" lang={option.lang}>
						<input type="checkbox" checked={props.values.includes(option.value)} onChange={() => toggle(option.value)} />
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
