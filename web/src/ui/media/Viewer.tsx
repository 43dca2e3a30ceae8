import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Attachment } from "../../state";
import { Button } from "../kit/Button";
import { bytes } from "../say";
import { useFetched, useUrl } from "./fetched";
import { save } from "./save";
import { decimal } from "./words";
import "./Viewer.css";

interface Props {
	file: Attachment;
	/** What is to be seen. */
	words: string;
	/** What the post shows, until the whole picture is there. */
	shown: Blob | undefined;
	/** That is the whole picture already. */
	whole: boolean;
	onClose: () => void;
}

const steps = [1, 1.5, 2, 3, 4] as const;

/** A picture by itself, over the whole screen: larger and smaller by buttons or keys, saved, closed. */
export default function Viewer({ file, words, shown, whole, onClose }: Props) {
	const box = useRef<HTMLDialogElement>(null);
	const [step, setStep] = useState(0);
	const fetched = useFetched(whole ? undefined : file.uri, "full", true);
	const picture = fetched.blob ?? shown;
	const url = useUrl(picture);
	useEffect(() => {
		const before = document.activeElement;
		const dialog = box.current;
		dialog?.showModal();
		return () => {
			dialog?.close();
			if (before instanceof HTMLElement) before.focus();
		};
	}, []);
	const zoom = (by: number) => setStep((now) => Math.min(steps.length - 1, Math.max(0, now + by)));
	const keys = (event: KeyboardEvent) => {
		if (event.key === "+" || event.key === "=") zoom(1);
		else if (event.key === "-") zoom(-1);
		else if (event.key === "0") setStep(0);
		else return;
		event.preventDefault();
	};
	const scale = steps[step] ?? 1;
	return (
		<dialog
			ref={box}
			class="viewer"
			aria-label={words}
			onKeyDown={keys}
			onCancel={(event) => {
				event.preventDefault();
				onClose();
			}}
		>
			<div class="viewer-bar">
				<Button kind="quiet" icon="close" iconOnly onPress={onClose}>
					{t("act.close")}
				</Button>
				<span class="grow soft" role="status">
					{progressOf(fetched)}
				</span>
				<Button kind="quiet" icon="zoom_out" iconOnly disabled={step === 0} onPress={() => zoom(-1)}>
					{t("media.smaller")}
				</Button>
				<span class="scale">{decimal(scale)}×</span>
				<Button kind="quiet" icon="zoom_in" iconOnly disabled={step === steps.length - 1} onPress={() => zoom(1)}>
					{t("media.larger")}
				</Button>
				<Button kind="quiet" icon="save" iconOnly disabled={!whole && !fetched.blob} onPress={() => picture && save(picture, file.name)}>
					{t("media.save")}
				</Button>
			</div>
			{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what is larger than the screen is moved by the arrow keys */}
			<section class="viewer-ground" tabIndex={0} aria-label={words}>
				{url !== undefined && (
					<img src={url} alt={words} style={{ "--scale": String(scale) }} onDblClick={() => setStep(step === 0 ? 2 : 0)} />
				)}
			</section>
			{file.alt !== undefined && (
				<p class="viewer-words" dir="auto">
					{file.alt}
				</p>
			)}
			{fetched.failed !== undefined && (
				<div class="viewer-words" role="alert">
					<span>{fetched.failed}</span>
					<Button icon="refresh" onPress={fetched.load}>
						{t("act.try_again")}
					</Button>
				</div>
			)}
		</dialog>
	);
}

function progressOf({ coming }: ReturnType<typeof useFetched>): string {
	if (coming === undefined) return "";
	return coming === 0 ? t("act.loading") : bytes(coming);
}
