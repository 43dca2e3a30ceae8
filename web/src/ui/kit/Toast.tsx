import { signal } from "@preact/signals";
import { Icon, type IconName } from "./Icon";
import "./Toast.css";

interface Toast {
	id: number;
	text: string;
	icon: IconName;
}

const toasts = signal<readonly Toast[]>([]);
const shownFor = 6_000;
let last = 0;

/** Says in passing that something was done or did not work. Gone after six seconds: nothing that must be kept is said here. */
export function toast(text: string, icon: IconName = "check"): void {
	const id = ++last;
	toasts.value = [...toasts.value.slice(-2), { id, text, icon }];
	setTimeout(() => {
		toasts.value = toasts.value.filter((one) => one.id !== id);
	}, shownFor);
}

/** Takes them away, for whoever must not read them. */
export function clearToasts(): void {
	toasts.value = [];
}

export function Toasts() {
	return (
		<div class="toasts" role="status" aria-live="polite">
			{toasts.value.map((one) => (
				<div key={one.id} class="toast">
					<Icon name={one.icon} size={20} />
					<span>{one.text}</span>
				</div>
			))}
		</div>
	);
}
