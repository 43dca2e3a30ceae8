import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { link } from "../shell/router";
import type { Piece } from "./clean";
import { Words } from "./Words";

const ready = new Map<string, readonly Piece[]>();
const most = 300;

/** Cleans a post's HTML with what is loaded when the first such post is met; until then, and without a line, its plain words stand. */
function usePieces(html: string): readonly Piece[] | undefined {
	const [pieces, setPieces] = useState(ready.get(html));
	useEffect(() => {
		const known = ready.get(html);
		setPieces(known);
		if (known) return undefined;
		let wanted = true;
		import("./clean").then(
			({ clean }) => {
				if (ready.size >= most) ready.clear();
				ready.set(html, clean(html));
				if (wanted) setPieces(ready.get(html));
			},
			() => undefined,
		);
		return () => {
			wanted = false;
		};
	}, [html]);
	return pieces;
}

interface Props {
	html: string;
	plain: ComponentChildren;
	name: (user: string) => string;
	me: string;
}

/** The words of a post with their emphasis, lists, links and people. */
export function Formatted({ html, plain, name, me }: Props) {
	const pieces = usePieces(html);
	if (!pieces) return <>{plain}</>;
	return <>{pieces.map((piece, n) => show(piece, n, { name, me }))}</>;
}

interface Reader {
	name: (user: string) => string;
	me: string;
	/** Inside a link there are no others. */
	linkless?: boolean;
}

const blocks = new Set(["p", "pre", "blockquote", "li"]);

function show(piece: Piece, key: number, reader: Reader): ComponentChildren {
	if (typeof piece === "string") return <Words key={key} text={piece} linkless={reader.linkless ?? false} />;
	const { tag: Tag, href, start } = piece;
	if (Tag === "br") return <br key={key} />;
	const within = Tag === "a" ? { ...reader, linkless: true } : reader;
	const inside = piece.inside.map((one, n) => show(one, n, within));
	if (Tag === "a") return href === undefined ? inside : <Anchor key={key} href={href} reader={reader} words={inside} said={wordsOf(piece)} />;
	return (
		<Tag key={key} dir={blocks.has(Tag) ? "auto" : undefined} {...(start !== undefined && { start })}>
			{inside}
		</Tag>
	);
}

function wordsOf(piece: Piece): string {
	return typeof piece === "string" ? piece : piece.inside.map(wordsOf).join("");
}

/** A link shows where it leads, unless its words say so already: nobody is led astray by "www.bank" that goes elsewhere. */
function Anchor({ href, reader, words, said }: { href: string; reader: Reader; words: ComponentChildren; said: string }) {
	const target = matrixTarget(href);
	if (target?.startsWith("@")) {
		return <bdi class={target === reader.me ? "called me" : "called"}>@{reader.name(target)}</bdi>;
	}
	const place = target === undefined ? ownPlace(href) : roomPlace(target);
	if (place !== undefined) return <a href={place}>{words}</a>;
	const host = hostOf(href);
	return (
		<a href={href} target="_blank" rel="noopener noreferrer nofollow ugc">
			{words}
			{host !== undefined && !said.includes(host) && (
				<bdi dir="ltr" class="leads-to">
					{" "}
					({host})
				</bdi>
			)}
		</a>
	);
}

/** What a matrix.to link names (Matrix, appendices, "matrix.to navigation"). */
function matrixTarget(href: string): string | undefined {
	const found = /^https:\/\/matrix\.to\/#\/([^?]+)/.exec(href)?.[1];
	return found === undefined ? undefined : decoded(found);
}

function decoded(part: string): string | undefined {
	try {
		return decodeURIComponent(part);
	} catch {
		return undefined;
	}
}

function roomPlace(target: string): string | undefined {
	const [room = "", post] = target.split("/");
	if (!room.startsWith("!")) return undefined;
	return link({ at: "channel", room, details: false, ...(post?.startsWith("$") && { post }) });
}

/** Links to places of this hub stay in this page. */
function ownPlace(href: string): string | undefined {
	return href.startsWith(`${location.origin}/#/`) ? href.slice(location.origin.length + 1) : undefined;
}

function hostOf(href: string): string | undefined {
	try {
		return new URL(href).host || undefined;
	} catch {
		return undefined;
	}
}
