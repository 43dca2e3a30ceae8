import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Room } from "../../state";
import { Avatar } from "../kit/Avatar";
import { Button } from "../kit/Button";
import { Dialog } from "../kit/Dialog";
import { Row } from "../kit/List";
import { toast } from "../kit/Toast";
import { client, me, organisationOf } from "../client";
import { personName } from "../names";
import { moment, trouble } from "../say";
import { type Post, readersOf } from "./lines";
import { Body } from "./Post";

interface Props {
	room: Room;
	post: Post;
	onClose: () => void;
	onReply: () => void;
}

/** All about one post: its words, the moment it was written, who has read it, and what can be done with it. */
export default function PostDetails({ room, post, onClose, onReply }: Props) {
	const readers = post.event === undefined ? [] : readersOf(room, post.event, me.value?.id ?? "");
	return (
		<Dialog title={t("post.title")} close={t("act.close")} onClose={onClose}>
			<div class="stack-tight">
				<p>
					<bdi>{personName(post.sender, room)}</bdi>
				</p>
				<p class="soft">
					<time dateTime={new Date(post.at).toISOString()}>{moment(post.at)}</time>
				</p>
			</div>
			<Body body={post.body} language={post.language} removed={post.removed} />
			{post.event !== undefined && !post.removed && <Acts {...{ room, post, onClose, onReply }} />}
			{post.txn !== undefined && post.sending !== "sent" && <Pending post={post} onClose={onClose} />}
			{post.event !== undefined && (
				<section class="stack-tight">
					<h3>{readers.length === 0 ? t("timeline.seen_by_nobody") : t("timeline.seen_by", { Count: readers.length })}</h3>
					<ul>
						{readers.map((reader) => (
							<li key={reader.id}>
								<Row
									lead={<Avatar name={personName(reader.id, room)} />}
									title={<bdi>{personName(reader.id, room)}</bdi>}
									detail={<bdi>{organisationOf(reader.id)?.name ?? ""}</bdi>}
								/>
							</li>
						))}
					</ul>
				</section>
			)}
		</Dialog>
	);
}

function Acts({ room, post, onClose, onReply }: Props) {
	const [asked, setAsked] = useState(false);
	const remove = async () => {
		if (!asked) return setAsked(true);
		if (post.event === undefined) return;
		try {
			await client.redact(room.id, post.event);
			onClose();
		} catch (error) {
			toast(trouble(error), "warning");
		}
	};
	return (
		<div class="row">
			<Button icon="reply" onPress={onReply}>
				{t("timeline.reply")}
			</Button>
			{post.mine && (
				<Button kind="danger" icon="trash" onPress={() => void remove()}>
					{asked ? t("post.remove_sure") : t("post.remove")}
				</Button>
			)}
			{asked && <p class="soft">{t("post.remove_hint")}</p>}
		</div>
	);
}

function Pending({ post, onClose }: { post: Post; onClose: () => void }) {
	const discard = () => {
		client.discard(post.txn ?? "");
		onClose();
	};
	return (
		<Button kind="danger" icon="trash" onPress={discard}>
			{t("post.discard")}
		</Button>
	);
}
