import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Room } from "../../state";
import type { Entry } from "../../state/places/model";
import type { OpenNote } from "../../state/places/sealing";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Field } from "../kit/Field";
import { Icon } from "../kit/Icon";
import { personName } from "../names";
import { ago, dot, now } from "../say";
import { useForm } from "../screens/form";
import { useLoading } from "../screens/load";
import { NeedsLine, useDraft } from "../screens/reading";
import { sealing } from "./sealing";

/** Characters of a note: whatever is written in them fits into what the hub takes. */
const longest = 1000;

/** What is needed for the arrival: written and read on the devices of both sides alone. */
export default function Notes({ entry }: { entry: Entry }) {
	const [notes, setNotes] = useState<readonly OpenNote[]>();
	const { failed, again } = useLoading(async () => setNotes(await sealing.read(entry.id)));
	const room = client.rooms.value.get(entry.room ?? ("" as never));
	useEffect(again, [room?.timeline.length, entry.updatedAt]);
	return (
		<section class="stack-tight sealed-notes">
			<h3>
				<Icon name="lock" size={18} /> {t("sealed.title")}
			</h3>
			<p class="soft">{t("sealed.what")}</p>
			{notes?.map((note) => (
				<One key={note.id} note={note} room={room} />
			))}
			{failed !== undefined && <Banner tone="warn">{failed}</Banner>}
			<Write entry={entry} onSent={again} />
		</section>
	);
}

function One({ note: { user, at, text }, room }: { note: OpenNote; room: Room | undefined }) {
	return (
		<article class="place-note">
			<p class="soft">
				<bdi>{personName(user, room)}</bdi>{dot()}{ago(at, now.value)}
			</p>
			{text === undefined ? <p>{t("sealed.not_for_here")}</p> : <p dir="auto" class="words">{text}</p>}
		</article>
	);
}

function Write({ entry, onSent }: { entry: Entry; onSent: () => void }) {
	const [text, setText, sent] = useDraft(`place:note:${entry.id}`);
	const [open, setOpen] = useState(text !== "");
	const form = useForm();
	const send = () =>
		form.submit(async () => {
			await sealing.write(entry.id, text);
			if (sent(text)) setOpen(false);
			onSent();
		});
	if (!open) {
		return (
			<Button icon="write" onPress={() => setOpen(true)}>
				{t("sealed.write")}
			</Button>
		);
	}
	return (
		<div class="stack-tight">
			<Field label={t("sealed.text")} hint={t("sealed.hint")} value={text} lines={3} maxLength={longest} onValue={setText} />
			<NeedsLine />
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button kind="main" wide icon="lock" busy={form.busy} disabled={text.trim() === ""} onPress={() => void send()}>
				{t("sealed.send")}
			</Button>
		</div>
	);
}
