import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { me } from "../client";
import { direction } from "../say";
import type { Answers, Line, Post } from "./lines";

/** Posts that come within this time, in milliseconds, are read out together. */
const together = 700;
const longest = 300;

interface Props {
	lines: readonly Line[];
	nameOf: (user: string) => string;
	/** A thread that is open beside: it says its own answers. */
	apart?: string | undefined;
}

type Said = Post | Answers;

/**
 * Reads new posts of others out to those who listen, when the voice is free: one by its author and words, in the voice of its
 * language; several by their number, so that nobody has to listen through what came while the line was down.
 */
export function Announcer({ lines, nameOf, apart }: Props) {
	const last = lines.at(-1)?.key;
	const heard = useRef(last);
	const newest = useRef(lines);
	newest.current = lines;
	const [news, setNews] = useState<readonly Said[]>([]);
	useEffect(() => {
		if (heard.current === last) return undefined;
		const soon = setTimeout(() => {
			const fresh = since(newest.current, heard.current).filter((one) => one.kind === "post" || one.root !== apart);
			heard.current = newest.current.at(-1)?.key;
			if (fresh.length > 0) setNews(fresh);
		}, together);
		return () => clearTimeout(soon);
	}, [last]);
	const [first] = news;
	return (
		<div class="unseen" role="log" aria-live="polite" aria-relevant="additions text">
			{news.length > 1 && <p key={news.at(-1)?.key}>{t("timeline.new_below", { Count: news.length })}</p>}
			{first && news.length === 1 && <One key={first.key} said={first} name={nameOf(first.sender)} />}
		</div>
	);
}

function One({ said, name }: { said: Said; name: string }) {
	const tongue = said.kind === "post" ? said.language : undefined;
	return (
		<p>
			{t("timeline.post_by", { Name: name })}{" "}
			<span lang={tongue} dir={tongue === undefined ? "auto" : direction(tongue)}>
				{said.body.slice(0, longest)}
			</span>
		</p>
	);
}

/** What others wrote after a line. Where that line is gone, the newest alone is taken for new. */
export function since(lines: readonly Line[], heard: string | undefined): Said[] {
	const at = lines.findIndex((line) => line.key === heard);
	const my = me.peek()?.id;
	return lines.slice(at < 0 ? -1 : at + 1).filter((line): line is Said => line.kind !== "notice" && line.sender !== my && !(line.kind === "post" && line.removed));
}
