import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Attachment, Waiting } from "../../state";
import { Button } from "../kit/Button";
import { bytes } from "../say";
import { useFetched, useUrl } from "./fetched";
import { strokes } from "./sound";
import { useWaiting } from "./waiting";
import { decimal, lengthOf, spokenLength } from "./words";

/** A sound in a post. It is fetched when somebody presses play, and never begins by itself. */
export default function Player({ file, waiting }: { file: Attachment; waiting?: Waiting | undefined }) {
	const mine = useWaiting(waiting);
	const fetched = useFetched(waiting ? undefined : file.uri, "full", false);
	const [wanted, setWanted] = useState(false);
	const blob = mine ?? fetched.blob;
	return (
		<div class="sound">
			<Sound
				blob={blob}
				duration={file.duration}
				waveform={file.waveform}
				wanted={wanted}
				busy={fetched.coming !== undefined}
				onPlay={() => {
					setWanted(true);
					if (!blob) fetched.load();
				}}
			/>
			{fetched.failed !== undefined && (
				<p class="soft" role="alert">
					{fetched.failed}
				</p>
			)}
			{fetched.coming !== undefined && fetched.coming > 0 && (
				<p class="soft" role="status">
					{bytes(fetched.coming)}
				</p>
			)}
			{!file.voice && (
				<p class="soft">
					<bdi>{file.name}</bdi>
				</p>
			)}
		</div>
	);
}

interface Props {
	blob: Blob | undefined;
	duration?: number | undefined;
	waveform?: readonly number[] | undefined;
	/** Play was pressed before the sound was there. */
	wanted?: boolean;
	busy?: boolean;
	onPlay?: () => void;
}

const speeds = [1, 1.5, 2] as const;

/** Play and pause, where one is, how long it is, how fast. Sounds run from left to right in every script, as their buttons do. */
export function Sound({ blob, duration, waveform, wanted = false, busy = false, onPlay }: Props) {
	const audio = useRef<HTMLAudioElement>(null);
	const url = useUrl(blob);
	const [playing, setPlaying] = useState(false);
	const [at, setAt] = useState(0);
	const [length, setLength] = useState((duration ?? 0) / 1_000);
	const [speed, setSpeed] = useState<number>(1);
	const [broken, setBroken] = useState(false);
	const begin = () => void audio.current?.play().catch(() => setPlaying(false));
	useEffect(() => {
		if (url !== undefined && wanted) begin();
	}, [url]);
	useEffect(() => {
		if (audio.current) audio.current.playbackRate = speed;
	}, [speed, url]);
	const press = () => {
		if (playing) return audio.current?.pause();
		onPlay?.();
		if (url !== undefined) begin();
	};
	const seek = (to: number) => {
		setAt(to);
		if (audio.current) audio.current.currentTime = to;
	};
	return (
		<div class="player" dir="ltr">
			<Button kind="second" icon={playing ? "pause" : "play"} iconOnly class="play" busy={busy} onPress={press}>
				{playing ? t("media.pause") : t("media.play")}
			</Button>
			<span class="track">
				<Strokes waveform={waveform} done={length > 0 ? at / length : 0} />
				<input
					type="range"
					min={0}
					max={Math.max(length, 0.1)}
					step={0.1}
					value={at}
					disabled={url === undefined}
					aria-label={t("media.position")}
					aria-valuetext={`${spokenLength(at * 1_000)} / ${spokenLength(length * 1_000)}`}
					onInput={(event) => seek(Number(event.currentTarget.value))}
				/>
			</span>
			<span class="time soft">{lengthOf((at > 0 ? at : length) * 1_000)}</span>
			<button
				type="button"
				class="speed"
				aria-label={t("media.speed", { Speed: decimal(speed) })}
				onClick={() => setSpeed(speeds[(speeds.indexOf(speed as 1) + 1) % speeds.length] ?? 1)}
			>
				<span aria-hidden="true">{decimal(speed)}×</span>
			</button>
			{url !== undefined && (
				// biome-ignore lint/a11y/useMediaCaption: a voice note has no captions; its words are whoever's who sent it
				<audio
					ref={audio}
					src={url}
					preload="metadata"
					onPlay={() => {
						hush(audio.current);
						setPlaying(true);
					}}
					onPause={() => setPlaying(false)}
					onEnded={() => {
						setPlaying(false);
						seek(0);
					}}
					onTimeUpdate={(event) => setAt(event.currentTarget.currentTime)}
					onLoadedMetadata={(event) => Number.isFinite(event.currentTarget.duration) && setLength(event.currentTarget.duration)}
					onError={() => setBroken(true)}
				/>
			)}
			{broken && (
				<span class="soft" role="alert">
					{t("media.cannot_play")}
				</span>
			)}
		</div>
	);
}

/** One sound at a time. */
let sounding: HTMLAudioElement | null = null;

function hush(next: HTMLAudioElement | null): void {
	if (sounding !== next) sounding?.pause();
	sounding = next;
}

/** The loudness of a sound over time; a plain line where nobody measured it. */
function Strokes({ waveform, done }: { waveform: readonly number[] | undefined; done: number }) {
	const heights = waveform && waveform.length > 0 ? waveform : Array.from({ length: strokes }, () => 96);
	return (
		<svg class="strokes" viewBox={`0 0 ${heights.length * 3} 32`} preserveAspectRatio="none" aria-hidden="true">
			{heights.map((height, n) => {
				const tall = Math.max(2, Math.min(1, Math.max(0, height) / 1024) * 30);
				return (
					<rect key={n} class={n / heights.length < done ? "past" : undefined} x={n * 3} y={16 - tall / 2} width={2} height={tall} rx={1} />
				);
			})}
		</svg>
	);
}
