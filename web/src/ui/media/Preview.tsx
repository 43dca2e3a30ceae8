import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { NewFile } from "../../state";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Choices, Field } from "../kit/Field";
import { Icon } from "../kit/Icon";
import { bytes, trouble } from "../say";
import { CallList } from "../timeline/CallList";
import { calledIn } from "../timeline/calling";
import { foresee, formatted, useCalling } from "../timeline/callPeople";
import { thinLine } from "./auto";
import { useUrl } from "./fetched";
import { joined, nameOf, neutral } from "./naming";
import { prepare } from "./picture";
import type { Drawn, Sizes } from "./shrink";
import { addressed, type Target } from "./target";

/** Files in one go. */
const mostFiles = 10;

type Standing = "preparing" | "ready" | "unreadable";

/** One of the things that are about to be sent. */
interface Item {
	readonly key: number;
	readonly file: File;
	readonly picture: boolean;
	readonly standing: Standing;
	readonly sizes?: Sizes;
	readonly base: string;
	readonly ending: string;
	readonly alt: string;
}

type Size = "large" | "small";

interface Props {
	target: Target;
	words: string;
	files: readonly File[];
	onSent: () => void;
	onMore: () => void;
}

/** How it will look, before it goes: pictures as they will be sent, names that can be changed, words that go along. */
export function Preview({ target, words, files, onSent, onMore }: Props) {
	const { items, change, remove } = useItems(files);
	const [caption, setCaption] = useState(words);
	const box = useRef<HTMLTextAreaElement>(null);
	const calling = useCalling(target.room, caption, box, setCaption);
	const [size, setSize] = useState<Size>(thinLine() ? "small" : "large");
	const [failed, setFailed] = useState<string>();
	const [going, setGoing] = useState(false);
	const limit = useLimit();
	const tooLarge = (item: Item) => limit !== undefined && blobOf(item, size).size > limit;
	const ready = items.length > 0 && items.every((item) => item.standing === "ready" && !tooLarge(item));
	const send = async () => {
		if (!ready || going) return;
		setGoing(true); // pressed once more meanwhile, all would be sent twice
		const said = caption.trim();
		try {
			const first = { caption: said, ...(await formatted(said, calledIn(said, calling.all))) };
			for (const [n, item] of items.entries())
				await client.talk.sendFile({ ...addressed(target), ...(n === 0 ? first : { caption: "" }) }, fileOf(item, size, n));
			onSent();
		} catch (error) {
			setFailed(trouble(error));
		} finally {
			setGoing(false);
		}
	};
	return (
		<form
			class="stack"
			onSubmit={(event) => {
				event.preventDefault();
				void send();
			}}
		>
			<ul class="stack">
				{items.map((item) => (
					<li key={item.key} class="chosen">
						{item.picture ? (
							<ChosenPicture item={item} size={size} onAlt={(alt) => change(item.key, { alt })} />
						) : (
							<ChosenFile item={item} onName={(base) => change(item.key, { base })} />
						)}
						{tooLarge(item) && <Banner tone="warn">{t("media.too_large", { Size: bytes(limit ?? 0) })}</Banner>}
						<Button kind="quiet" icon="trash" onPress={() => (items.length === 1 ? onMore() : remove(item.key))}>
							{t("media.remove")}
						</Button>
					</li>
				))}
			</ul>
			{files.length > mostFiles && <Banner>{t("media.too_many", { Count: mostFiles })}</Banner>}
			<SizeChoice items={items} size={size} onSize={setSize} />
			<div class="caption">
				{calling.offered.length > 0 && <CallList id={calling.id} all={calling.offered} at={calling.at} onPick={calling.pick} />}
				<Field
					label={t("media.caption")}
					value={caption}
					onValue={(value) => {
						setCaption(value);
						foresee(value);
						calling.look();
					}}
					lines={2}
					maxLength={2_000}
					box={{ ref: box, onSelect: calling.look, onKeyDown: (event) => !event.isComposing && calling.key(event), ...calling.field }}
				/>
			</div>
			{failed !== undefined && <Banner tone="danger">{failed}</Banner>}
			<p class="soft">{t("media.care")}</p>
			<Button kind="main" wide submit icon="send" disabled={!ready} busy={going || items.some((item) => item.standing === "preparing")}>
				{t("composer.send")}
			</Button>
		</form>
	);
}

function useItems(files: readonly File[]) {
	const [items, setItems] = useState<readonly Item[]>(() => files.slice(0, mostFiles).map(begin));
	const change = (key: number, how: Partial<Item>) => setItems((all) => all.map((item) => (item.key === key ? { ...item, ...how } : item)));
	const remove = (key: number) => setItems((all) => all.filter((item) => item.key !== key));
	const here = useRef(true);
	useEffect(() => {
		void prepareAll(items, (key, how) => here.current && change(key, how));
		return () => {
			here.current = false;
		};
	}, []);
	return { items, change, remove };
}

function begin(file: File, key: number): Item {
	const picture = file.type.startsWith("image/");
	return { key, file, picture, standing: picture ? "preparing" : "ready", alt: "", ...nameOf(file.name) };
}

/** One picture after another: two at once are too much for a small phone. */
async function prepareAll(items: readonly Item[], change: (key: number, how: Partial<Item>) => void): Promise<void> {
	for (const item of items) {
		if (!item.picture) continue;
		const sizes = await prepare(item.file).catch(() => undefined); // Unreadable, and said beside the picture
		change(item.key, sizes ? { standing: "ready", sizes } : { standing: "unreadable" });
	}
}

/** How large a file may be; where the hub does not say now, it says so when it gets it. */
function useLimit(): number | undefined {
	const [limit, setLimit] = useState<number>();
	useEffect(() => {
		client.talk.uploadLimit().then(setLimit, () => undefined);
	}, []);
	return limit;
}

const drawnOf = ({ sizes }: Item, size: Size): Drawn | undefined => (size === "small" ? (sizes?.small ?? sizes?.large) : sizes?.large);
const blobOf = (item: Item, size: Size): Blob => drawnOf(item, size)?.blob ?? item.file;

function fileOf(item: Item, size: Size, n: number): NewFile {
	const drawn = drawnOf(item, size);
	if (!drawn) return { blob: item.file, name: joined(item) };
	const { blob, width, height } = drawn;
	return { blob, width, height, name: neutral(`picture-${n + 1}`, blob.type), ...(item.alt.trim() !== "" && { alt: item.alt.trim() }) };
}

function ChosenPicture({ item, size, onAlt }: { item: Item; size: Size; onAlt: (alt: string) => void }) {
	const drawn = drawnOf(item, size);
	const url = useUrl(drawn?.blob);
	if (item.standing === "unreadable") return <Banner tone="warn">{t("media.unreadable")}</Banner>;
	return (
		<>
			<div class="chosen-picture">
				{url === undefined ? <span class="soft">{t("media.preparing")}</span> : <img src={url} alt={item.alt || t("media.picture")} />}
			</div>
			{drawn && <p class="soft">{bytes(drawn.blob.size)}</p>}
			<Field label={t("media.alt")} hint={t("media.alt_hint")} value={item.alt} onValue={onAlt} maxLength={500} />
		</>
	);
}

function ChosenFile({ item, onName }: { item: Item; onName: (base: string) => void }) {
	return (
		<>
			<p class="row">
				<Icon name="file" />
				<span class="soft">{bytes(item.file.size)}</span>
			</p>
			<Field
				label={t("media.name")}
				hint={t("media.name_hint")}
				value={item.base}
				onValue={onName}
				maxLength={80}
				after={
					<bdi dir="ltr" class="field-sign">
						{item.ending}
					</bdi>
				}
			/>
		</>
	);
}

/** Smaller goes faster, larger shows more; both say what they cost. */
function SizeChoice({ items, size, onSize }: { items: readonly Item[]; size: Size; onSize: (size: Size) => void }) {
	const pictures = items.filter((item) => item.sizes);
	if (!pictures.some((item) => item.sizes?.small)) return null;
	const sum = (one: Size) => bytes(pictures.reduce((all, item) => all + blobOf(item, one).size, 0));
	return (
		<Choices
			label={t("media.size")}
			value={size}
			onValue={(value) => onSize(value as Size)}
			options={[
				{ value: "small", label: t("media.size_small", { Size: sum("small") }) },
				{ value: "large", label: t("media.size_large", { Size: sum("large") }) },
			]}
		/>
	);
}
