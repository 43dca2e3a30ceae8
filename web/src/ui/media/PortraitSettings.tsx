import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { client, me, peopleById } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Dialog } from "../kit/Dialog";
import { toast } from "../kit/Toast";
import { trouble } from "../say";
import { Portrait } from "./Portrait";
import { useUrl } from "./fetched";
import { face, Unreadable } from "./picture";
import "./Attach.css";

/** The picture of oneself: chosen, cut to a square on this device, shown to the network, or taken away. */
export default function PortraitSettings() {
	const [file, setFile] = useState<File>();
	const [busy, setBusy] = useState(false);
	const input = useRef<HTMLInputElement>(null);
	const person = me.value;
	const picture = peopleById.value.get(person?.id ?? "")?.picture;
	useEffect(() => {
		if (client.people.value === undefined) void client.circle.loadPeople().catch(() => undefined); // then the picture is not shown, and can be set all the same
	}, []);
	const remove = async () => {
		setBusy(true);
		await client.own.setPicture(undefined).catch((error: unknown) => toast(trouble(error), "warning"));
		setBusy(false);
	};
	return (
		<div class="face-line">
			<Portrait name={person?.name ?? ""} picture={picture} size={4} />
			<Button icon="picture" onPress={() => input.current?.click()}>
				{picture ? t("portrait.change") : t("portrait.add")}
			</Button>
			{picture && (
				<Button kind="quiet" icon="trash" busy={busy} onPress={() => void remove()}>
					{t("portrait.remove")}
				</Button>
			)}
			<input
				ref={input}
				type="file"
				hidden
				accept="image/*"
				aria-label={t("portrait.add")}
				onChange={(event) => {
					setFile(event.currentTarget.files?.[0]);
					event.currentTarget.value = "";
				}}
			/>
			{file && <Cut file={file} onClose={() => setFile(undefined)} />}
		</div>
	);
}

/** The square that is kept, in parts of the picture: its middle, and how much larger than needed the picture is. */
interface Place {
	readonly x: number;
	readonly y: number;
	readonly zoom: number;
}

/** The square within a picture, in its dots. It never leaves the picture. */
export function squareOf(width: number, height: number, { x, y, zoom }: Place): { x: number; y: number; side: number } {
	const side = Math.min(width, height) / zoom;
	const within = (middle: number, whole: number) => Math.min(whole - side, Math.max(0, middle * whole - side / 2));
	return { x: within(x, width), y: within(y, height), side };
}

const step = 0.03;

function Cut({ file, onClose }: { file: File; onClose: () => void }) {
	const [place, setPlace] = useState<Place>({ x: 0.5, y: 0.5, zoom: 1 });
	const [size, setSize] = useState<{ width: number; height: number }>();
	const [failed, setFailed] = useState<string>();
	const [busy, setBusy] = useState(false);
	const url = useUrl(file);
	const cut = size && squareOf(size.width, size.height, place);
	const move = (x: number, y: number) => setPlace((now) => ({ ...now, x: bounded(now.x + x), y: bounded(now.y + y) }));
	const save = async () => {
		if (!cut) return;
		setBusy(true);
		try {
			await client.own.setPicture(await face(file, cut));
			onClose();
		} catch (error) {
			setFailed(error instanceof Unreadable ? t("media.unreadable") : trouble(error));
		} finally {
			setBusy(false);
		}
	};
	const keys = (event: KeyboardEvent) => {
		const by = moves[event.key];
		if (!by) return;
		event.preventDefault();
		move(...by);
	};
	return (
		<Dialog title={t("portrait.cut")} close={t("act.close")} onClose={onClose}>
			{failed !== undefined && <Banner tone="danger">{failed}</Banner>}
			<div
				class="square-cut"
				dir="ltr"
				// biome-ignore lint/a11y/noNoninteractiveTabindex: the part that is kept is moved by the arrow keys
				tabIndex={0}
				role="application"
				aria-label={t("portrait.cut_hint")}
				onKeyDown={keys}
				onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
				onPointerMove={(event) => {
					if (!event.currentTarget.hasPointerCapture(event.pointerId) || !size || !cut) return;
					const dots = cut.side / event.currentTarget.clientWidth;
					move((-event.movementX * dots) / size.width, (-event.movementY * dots) / size.height);
				}}
			>
				{url !== undefined && (
					<img
						src={url}
						alt=""
						style={
							cut && size
								? { "--left": percent(-cut.x / cut.side), "--top": percent(-cut.y / cut.side), "--wide": percent(size.width / cut.side) }
								: undefined
						}
						onLoad={(event) => setSize({ width: event.currentTarget.naturalWidth, height: event.currentTarget.naturalHeight })}
						onError={() => setFailed(t("media.unreadable"))}
					/>
				)}
			</div>
			<label class="cut-size">
				{t("portrait.zoom")}
				<input
					type="range"
					min={1}
					max={4}
					step={0.1}
					value={place.zoom}
					onInput={(event) => setPlace({ ...place, zoom: Number(event.currentTarget.value) })}
				/>
			</label>
			<p class="soft">{t("portrait.seen_by")}</p>
			<Button kind="main" wide icon="check" busy={busy} disabled={!cut} onPress={() => void save()}>
				{t("act.save")}
			</Button>
		</Dialog>
	);
}

const moves: Record<string, [number, number]> = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
const bounded = (part: number): number => Math.min(1, Math.max(0, part));
const percent = (part: number): string => `${part * 100}%`;
