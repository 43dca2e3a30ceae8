import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { bytes, trouble } from "../say";
import { neutral } from "./naming";
import { Sound } from "./Player";
import { type Note, Recording, type Refusal, Refused } from "./recording";
import { longestNote } from "./sound";
import { addressed, type Target } from "./target";
import { lengthOf } from "./words";

const refusals: Record<Refusal, string> = { refused: "media.refused", no_microphone: "media.no_microphone", not_here: "media.not_here" };

interface Props {
	target: Target;
	onSent: () => void;
	/** Whether there is something that would be lost. */
	onHolding: (holding: boolean) => void;
	onDiscard: () => void;
}

/** A voice note: recorded, listened to, and only then sent. */
export function Recorder({ target, onSent, onHolding, onDiscard }: Props) {
	const { recording, level, length, note, wrong, begin, stop, discard } = useRecording();
	const [failed, setFailed] = useState<string>();
	const [going, setGoing] = useState(false);
	useEffect(() => onHolding(recording || note !== undefined), [recording, note]);
	const send = async () => {
		if (!note || going) return;
		setGoing(true); // pressed once more meanwhile, it would be sent twice
		try {
			await client.talk.sendFile({ ...addressed(target), caption: "" }, { ...note, name: neutral("voice", note.blob.type) });
			onSent();
		} catch (error) {
			setFailed(trouble(error));
		} finally {
			setGoing(false);
		}
	};
	if (wrong !== undefined) {
		return (
			<>
				<Banner tone="warn">{t(refusals[wrong])}</Banner>
				<Button wide icon="refresh" onPress={begin}>
					{t("act.try_again")}
				</Button>
			</>
		);
	}
	if (note) {
		return (
			<>
				<Sound blob={note.blob} duration={note.duration} waveform={note.waveform} />
				<p class="soft">{bytes(note.blob.size)}</p>
				{failed !== undefined && <Banner tone="danger">{failed}</Banner>}
				<Button kind="main" wide icon="send" busy={going} onPress={() => void send()}>
					{t("composer.send")}
				</Button>
				<Button
					wide
					icon="trash"
					disabled={going}
					onPress={() => {
						discard();
						onDiscard();
					}}
				>
					{t("post.discard")}
				</Button>
			</>
		);
	}
	return (
		<>
			<div class="recording" dir="ltr">
				<span class={recording ? "lamp on" : "lamp"} aria-hidden="true" />
				<span class="time" role="timer" aria-label={t("media.recording")}>
					{lengthOf(length)}
				</span>
				<span class="level" aria-hidden="true">
					<i style={{ "--level": String(level) }} />
				</span>
			</div>
			<p class="soft" role="status">
				{recording ? t("media.recording") : t("media.record_hint", { Count: longestNote / 60_000 })}
			</p>
			{recording ? (
				<Button kind="main" wide icon="stop_recording" onPress={stop}>
					{t("media.stop")}
				</Button>
			) : (
				<Button kind="main" wide icon="microphone" onPress={begin}>
					{t("media.begin")}
				</Button>
			)}
		</>
	);
}

function useRecording() {
	const running = useRef<Recording>();
	/** The browser asks for the microphone, which takes as long as somebody takes to answer. */
	const asking = useRef(false);
	const here = useRef(true);
	const [recording, setRecording] = useState(false);
	const [level, setLevel] = useState(0);
	const [length, setLength] = useState(0);
	const [note, setNote] = useState<Note>();
	const [wrong, setWrong] = useState<Refusal>();
	useEffect(
		() => () => {
			here.current = false;
			running.current?.close();
		},
		[],
	);
	const stop = async () => {
		const ended = running.current;
		running.current = undefined;
		if (!ended) return;
		setNote(await ended.stop());
		setRecording(false);
	};
	const begin = async () => {
		if (asking.current || running.current) return;
		asking.current = true;
		setWrong(undefined);
		setLength(0);
		try {
			const heard = (loud: number, milliseconds: number) => {
				setLevel(loud);
				setLength(milliseconds);
			};
			const begun = await Recording.begin(heard, () => void stop());
			if (!here.current) return begun.close(); // nobody looks any more, and nothing listens
			running.current = begun;
			setRecording(true);
		} catch (error) {
			if (!(error instanceof Refused)) throw error;
			setWrong(error.why);
		} finally {
			asking.current = false;
		}
	};
	const discard = () => setNote(undefined);
	return { recording, level, length, note, wrong, begin: () => void begin(), stop: () => void stop(), discard };
}
