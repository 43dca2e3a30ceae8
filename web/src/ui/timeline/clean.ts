import DOMPurify from "dompurify";

/** A piece of a formatted post: words, or one of the few kinds of marks with what is in it. */
export type Piece = string | { readonly tag: Tag; readonly href?: string; readonly start?: number; readonly inside: readonly Piece[] };

const tags = ["p", "br", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a"] as const;
export type Tag = (typeof tags)[number];

/** Other names for the same marks. */
const same: Record<string, Tag> = { b: "strong", i: "em", s: "del", strike: "del", h1: "p", h2: "p", h3: "p", h4: "p", h5: "p", h6: "p", div: "p" };

const allowed = {
	ALLOWED_TAGS: [...tags, ...Object.keys(same)],
	ALLOWED_ATTR: ["href", "start"],
	ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
	RETURN_DOM_FRAGMENT: true as const,
};

/** How deep marks may stand in each other; deeper ones show their words alone. */
const deepest = 12;

/**
 * HTML that someone sent, as pieces that can be shown: cleaned by DOMPurify with a short list of what is allowed, then read again
 * through a list of our own. The words that other clients quote before a reply are left out; ours shows the original.
 */
export function clean(html: string): readonly Piece[] {
	const own = html.replace(/<mx-reply>[\s\S]*?<\/mx-reply>/gi, "");
	return [...DOMPurify.sanitize(own, allowed).childNodes].flatMap((node) => read(node, 0));
}

function read(node: Node, depth: number): Piece[] {
	if (node.nodeType === Node.TEXT_NODE) return node.textContent ? [node.textContent] : [];
	if (!(node instanceof Element)) return [];
	const name = node.tagName.toLowerCase();
	const tag = same[name] ?? tags.find((one) => one === name);
	const inside = [...node.childNodes].flatMap((child) => read(child, depth + 1));
	if (tag === undefined || depth > deepest) return inside;
	const href = node.getAttribute("href");
	const start = Number(node.getAttribute("start"));
	return [{ tag, inside, ...(href && { href }), ...(Number.isInteger(start) && start > 1 && { start }) }];
}
