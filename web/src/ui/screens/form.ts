import { useState } from "preact/hooks";
import { Fault } from "../../state";
import { trouble } from "../say";

interface Form<Wrong extends string> {
	busy: boolean;
	/** What is wrong with the form as a whole. */
	failed: string | undefined;
	/** What is wrong with its fields. */
	wrong: Partial<Record<Wrong, string>>;
	/** Takes back what was said about a field, because it is being changed. */
	changed: (field: Wrong) => void;
	/** Does what the form is for; whatever goes wrong is said, and nothing typed is lost. */
	submit: (act: () => Promise<void>, check?: () => Partial<Record<Wrong, string>>) => Promise<void>;
}

/** A form: checked first, sent once, and honest about what went wrong, beside the field where it belongs. */
export function useForm<Wrong extends string>(fieldOfError: Readonly<Record<string, Wrong>> = {}): Form<Wrong> {
	const [busy, setBusy] = useState(false);
	const [failed, setFailed] = useState<string>();
	const [wrong, setWrong] = useState<Partial<Record<Wrong, string>>>({});
	const submit: Form<Wrong>["submit"] = async (act, check) => {
		const found = check?.() ?? {};
		setWrong(found);
		setFailed(undefined);
		if (Object.keys(found).length > 0) return focusWrong();
		setBusy(true);
		try {
			await act();
		} catch (error) {
			const field = error instanceof Fault ? fieldOfError[error.key] : undefined;
			if (field === undefined) setFailed(trouble(error));
			else {
				setWrong({ [field]: trouble(error) } as Partial<Record<Wrong, string>>);
				focusWrong();
			}
		} finally {
			setBusy(false);
		}
	};
	const changed = (field: Wrong) => {
		if (wrong[field] !== undefined) setWrong({ ...wrong, [field]: undefined });
	};
	return { busy, failed, wrong, changed, submit };
}

function focusWrong(): void {
	requestAnimationFrame(() => document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}
