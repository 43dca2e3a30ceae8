import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Button } from "./Button";
import "./Dialog.css";

interface Props {
	title: string;
	close: string;
	onClose: () => void;
	children: ComponentChildren;
}

/** Asks or shows one thing above the page. Rises from the thumb's end on phones; Esc and the cross close it. */
export function Dialog({ title, close, onClose, children }: Props) {
	const box = useRef<HTMLDialogElement>(null);
	const id = useId();
	useEffect(() => {
		const dialog = box.current;
		const before = document.activeElement;
		dialog?.showModal();
		return () => {
			dialog?.close();
			if (before instanceof HTMLElement) before.focus();
		};
	}, []);
	return (
		// biome-ignore lint/a11y/useKeyWithClickEvents: a click beside the dialog closes it, as Esc does by the dialog itself
		<dialog
			ref={box}
			class="dialog"
			aria-labelledby={id}
			onCancel={(event) => {
				event.preventDefault();
				onClose();
			}}
			onClick={(event) => event.target === box.current && onClose()}
		>
			<header>
				<h2 id={id}>{title}</h2>
				<Button kind="quiet" icon="close" iconOnly onPress={onClose}>
					{close}
				</Button>
			</header>
			<div class="inside">{children}</div>
		</dialog>
	);
}
