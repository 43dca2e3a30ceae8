import { t } from "../../i18n";
import type { Waiting } from "../../state";
import { client } from "../client";
import { Button } from "../kit/Button";
import { Icon } from "../kit/Icon";
import { number } from "../say";
import type { Post } from "../timeline/lines";
import { shareSent } from "./waiting";

/** Where a file of mine stands on its way to the hub, and what can be done about it. */
export function UploadState({ post, file }: { post: Post; file: Waiting }) {
	const txn = post.txn ?? "";
	const share = post.sending === "waiting" ? shareSent(txn, file) : undefined;
	return (
		<div class="upload">
			<span class={post.sending === "failed" ? "state failed" : "state"} role={share === undefined ? "status" : undefined}>
				<Icon name={post.sending === "failed" ? "warning" : file.paused ? "pause" : "clock"} size={16} />
				<span>{wordsFor(post, file, share)}</span>
			</span>
			{share !== undefined && <progress max={100} value={share} aria-label={t("media.sending")} />}
			{file.fleeting && post.sending !== "failed" && <span class="soft">{t("media.keep_open")}</span>}
			<span class="upload-acts">
				{post.sending === "waiting" && (
					<Button kind="quiet" icon={file.paused ? "play" : "pause"} iconOnly onPress={() => void client.talk.pauseFile(txn, !file.paused)}>
						{file.paused ? t("media.resume") : t("media.pause_sending")}
					</Button>
				)}
				{post.sending === "failed" && (
					<Button kind="quiet" icon="refresh" onPress={() => client.talk.retry(txn)}>
						{t("act.try_again")}
					</Button>
				)}
				<Button kind="quiet" icon="close" iconOnly onPress={() => client.talk.discard(txn)}>
					{t("post.discard")}
				</Button>
			</span>
		</div>
	);
}

function wordsFor(post: Post, file: Waiting, share: number | undefined): string {
	if (post.sending === "failed") return post.error ? t(post.error.key, post.error.args) : t("media.not_sent");
	if (file.paused) return t("media.paused");
	return share === undefined ? t("timeline.waiting") : t("media.share_sent", { Share: number(share) });
}
