import { Marked, type Tokens } from "marked";

/** Somebody or something that is called in a text: the words that stand for it there, and the person's id where it is one. */
export interface Called {
	readonly label: string;
	readonly user?: string;
}

const escaped: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const quoted = (text: string) => text.replace(/[&<>"']/g, (sign) => escaped[sign] ?? sign);

/** Pictures by an address would tell strangers who reads, so they become links; HTML that someone writes stays text. */
const writer = new Marked({
	gfm: true,
	breaks: true,
	renderer: {
		html: ({ text }: Tokens.HTML | Tokens.Tag) => quoted(text),
		image: ({ href, text }: Tokens.Image) => `<a href="${quoted(href)}">${quoted(text || href)}</a>`,
		heading({ tokens }: Tokens.Heading) {
			return `<p><strong>${this.parser.parseInline(tokens)}</strong></p>\n`;
		},
		checkbox: ({ checked }: Tokens.Checkbox) => (checked ? "☑ " : "☐ "),
	},
	tokenizer: {
		code: () => undefined, // four spaces at the beginning of a line are no code to those who talk
		lheading: () => undefined,
		def: () => undefined,
	},
});

/** Private-use signs keep the place of a name while its letters could be taken for marks. */
const place = (n: number) => `\ue000${n}\ue001`;

/**
 * A text with Markdown in it as HTML, for those who read it; undefined when it is words alone, which need none. What it writes is
 * still cleaned by whoever shows it.
 */
export function toHtml(text: string, called: readonly Called[] = []): string | undefined {
	const marked = called.reduce((all, { label }, n) => all.replaceAll(`@${label}`, place(n)), text.replaceAll(/[\ue000\ue001]/g, ""));
	const html = String(writer.parse(marked, { async: false })).trim();
	if (!/<(?!\/?(p|br)\b)/.test(html) && marked === text) return undefined;
	return html.replaceAll(/\ue000(\d+)\ue001/g, (_whole, n: string) => link(called[Number(n)]));
}

function link(called: Called | undefined): string {
	if (!called) return "";
	if (called.user === undefined) return `<strong>@${quoted(called.label)}</strong>`;
	return `<a href="https://matrix.to/#/${encodeURIComponent(called.user)}">@${quoted(called.label)}</a>`;
}
