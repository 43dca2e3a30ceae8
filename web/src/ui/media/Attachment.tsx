import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { attachmentOf, type Attachment as File, type Json, type Waiting } from "../../state";
import { client } from "../client";
import { Button } from "../kit/Button";
import { Icon } from "../kit/Icon";
import { toast } from "../kit/Toast";
import { bytes, trouble } from "../say";
import { laterInside } from "../shell/later";
import { loadsByItself } from "./auto";
import { useFetched, useUrl } from "./fetched";
import { save } from "./save";
import { useWaiting } from "./waiting";
import { lengthOf } from "./words";
import "./Attachment.css";

const Player = laterInside(() => import("./Player"), SoundOutline);
const Viewer = laterInside(() => import("./Viewer"), Nothing);

interface Props {
	content: Json;
	/** Who sent it, for those who hear the page. */
	by: string;
	/** A file of mine that the hub does not have yet. */
	waiting?: Waiting | undefined;
}

/** The file of a post: a picture, a sound, or something to save. */
export function Attachment({ content, by, waiting }: Props) {
	const file = attachmentOf(content);
	if (!file) return null;
	if (file.kind === "image") return <Picture file={file} by={by} waiting={waiting} />;
	if (file.kind === "audio") return <Player file={file} waiting={waiting} />;
	return <Document file={file} waiting={waiting} />;
}

/** A small picture is fetched as it is; of a larger one a post shows what the hub makes of it. */
const smallEnough = 60_000;

function Picture({ file, by, waiting }: { file: File; by: string; waiting: Waiting | undefined }) {
	const mine = useWaiting(waiting);
	const cut = (file.size ?? Number.POSITIVE_INFINITY) <= smallEnough ? "full" : "thumb";
	const fetched = useFetched(waiting ? undefined : file.uri, cut, loadsByItself());
	const [open, setOpen] = useState(false);
	const url = useUrl(mine ?? fetched.blob);
	const words = file.alt ?? t("media.picture_by", { Name: by });
	return (
		<div class="picture" style={roomFor(file)}>
			{url === undefined ? (
				<Placeholder file={file} fetched={fetched} waiting={waiting !== undefined} />
			) : (
				<button type="button" class="picture-open" onClick={() => setOpen(true)}>
					<img src={url} alt={words} />
					<span class="unseen">{t("media.open_picture")}</span>
				</button>
			)}
			{open && (
				<Viewer file={file} words={words} shown={mine ?? fetched.blob} whole={waiting !== undefined} onClose={() => setOpen(false)} />
			)}
		</div>
	);
}

/** Sides of a picture in a post, in pixels. */
const most = 320;
const least = 112;

/** The room of a picture is kept free before it is there, so that nothing jumps. */
function roomFor({ width = 4, height = 3 }: File): Record<string, string> {
	const scale = Math.min(1, most / Math.max(width, height));
	const known = width > 4;
	const across = known ? Math.max(least, Math.round(width * scale)) : most;
	const down = known ? Math.max(least, Math.round(height * scale)) : Math.round((most * 3) / 4);
	return { "--across": `${across / 16}rem`, "--shape": `${across} / ${down}` };
}

function Placeholder({ file, fetched, waiting }: { file: File; fetched: ReturnType<typeof useFetched>; waiting: boolean }) {
	if (waiting || !fetched.looked) return <span class="picture-wait" aria-hidden="true" />;
	const size = file.size === undefined ? "" : bytes(file.size);
	if (fetched.coming !== undefined) {
		return (
			<span class="picture-wait" role="status">
				<Icon name="picture" size={28} />
				<span>{fetched.coming === 0 ? t("act.loading") : bytes(fetched.coming)}</span>
			</span>
		);
	}
	return (
		<span class="picture-wait" role={fetched.failed === undefined ? undefined : "alert"}>
			{fetched.failed !== undefined && <span class="soft">{fetched.failed}</span>}
			{file.alt !== undefined && (
				<span class="alt" dir="auto">
					{file.alt}
				</span>
			)}
			<Button icon={fetched.failed === undefined ? "picture" : "refresh"} onPress={fetched.load}>
				{fetched.failed === undefined ? t("media.show_picture") : t("act.try_again")}
			</Button>
			{size !== "" && <span class="soft">{size}</span>}
		</span>
	);
}

/** A document: its name, what it is, how large, and saving it. */
function Document({ file, waiting }: { file: File; waiting: Waiting | undefined }) {
	const [coming, setComing] = useState(false);
	const mine = useWaiting(waiting);
	const [base, ending] = partsOf(file.name);
	const take = async () => {
		setComing(true);
		try {
			const blob = mine ?? (file.uri && (await client.media.load(file.uri, "full")));
			if (blob) save(blob, file.name);
		} catch (error) {
			toast(trouble(error), "warning");
		} finally {
			setComing(false);
		}
	};
	return (
		<div class="document">
			<Icon name="file" size={28} />
			<span class="words">
				<span class="name">
					<bdi>{base}</bdi>
				</span>
				<span class="about soft">
					{ending !== undefined && (
						<bdi dir="ltr" class="ending">
							{ending}
						</bdi>
					)}
					{file.size !== undefined && <span>{bytes(Math.max(file.size, 100))}</span>}
				</span>
			</span>
			<Button kind="quiet" icon="save" iconOnly busy={coming} label={t("media.save_file", { Name: file.name })} onPress={() => void take()}>
				{t("media.save")}
			</Button>
		</div>
	);
}

/** The ending of a name says what a file is, and stands apart: in a right-to-left line it would look like the name's beginning. */
function partsOf(name: string): [base: string, ending: string | undefined] {
	const [, base = name, ending] = /^(.+)\.([A-Za-z0-9]{1,5})$/su.exec(name) ?? [];
	return [base, ending?.toUpperCase()];
}

/** While the player comes: as large as it will be. */
function SoundOutline({ file }: { file: File }) {
	return (
		<span class="player" aria-hidden="true">
			<span class="soft">{file.duration === undefined ? "" : lengthOf(file.duration)}</span>
		</span>
	);
}

function Nothing() {
	return null;
}
