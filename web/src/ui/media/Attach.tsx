import { useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { Banner } from "../kit/Banner";
import { Dialog } from "../kit/Dialog";
import { Icon, type IconName } from "../kit/Icon";
import { accepted } from "./naming";
import { Preview } from "./Preview";
import { Recorder } from "./Recorder";
import type { Target } from "./target";
import "./Attach.css";

interface Props {
	target: Target;
	/** Words that were being written: they go along. */
	words: string;
	/** What was pasted or dropped. */
	files: readonly File[];
	onSent: () => void;
	onClose: () => void;
}

/** Sending something that is not words: what it is, how it will look, and then it goes. */
export default function Attach({ target, words, files, onSent, onClose }: Props) {
	const [chosen, setChosen] = useState(files);
	const [recording, setRecording] = useState(false);
	/** There is a voice that was not sent: closing would lose it. */
	const [holding, setHolding] = useState(false);
	const [asked, setAsked] = useState(false);
	const close = () => (holding && !asked ? setAsked(true) : onClose());
	const title = recording ? t("media.record") : chosen.length > 0 ? t("media.preview") : t("media.attach");
	return (
		<Dialog title={title} close={t("act.close")} onClose={close}>
			{asked && <Banner tone="warn">{t("media.unsent")}</Banner>}
			{recording ? (
				<Recorder target={target} onSent={onSent} onHolding={setHolding} onDiscard={() => setRecording(false)} />
			) : chosen.length > 0 ? (
				<Preview target={target} words={words} files={chosen} onSent={onSent} onMore={() => setChosen([])} />
			) : (
				<Ways onFiles={setChosen} onRecord={() => setRecording(true)} />
			)}
		</Dialog>
	);
}

function Ways({ onFiles, onRecord }: { onFiles: (files: File[]) => void; onRecord: () => void }) {
	return (
		<ul class="ways">
			<Pick icon="camera" words={t("media.take_picture")} accept="image/*" camera onFiles={onFiles} />
			<Pick icon="picture" words={t("media.choose_pictures")} accept="image/*" many onFiles={onFiles} />
			<Pick icon="file" words={t("media.choose_file")} accept={accepted} many onFiles={onFiles} />
			<li>
				<button type="button" onClick={onRecord}>
					<Icon name="microphone" />
					<span>{t("media.record")}</span>
				</button>
			</li>
		</ul>
	);
}

interface PickProps {
	icon: IconName;
	words: string;
	accept: string;
	camera?: boolean;
	many?: boolean;
	onFiles: (files: File[]) => void;
}

/** A way to choose by the system's own picker. */
function Pick({ icon, words, accept, camera = false, many = false, onFiles }: PickProps) {
	const input = useRef<HTMLInputElement>(null);
	return (
		<li>
			<button type="button" onClick={() => input.current?.click()}>
				<Icon name={icon} />
				<span>{words}</span>
			</button>
			<input
				ref={input}
				type="file"
				hidden
				accept={accept}
				multiple={many}
				aria-label={words}
				{...(camera && { capture: "environment" as const })}
				onChange={(event) => onFiles([...(event.currentTarget.files ?? [])])}
			/>
		</li>
	);
}
