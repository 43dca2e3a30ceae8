// @vitest-environment jsdom
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clean, type Piece } from "./clean";
import { toHtml } from "./markdown";

describe("writing", () => {
	it.each(["Salom!", "خط اول\nخط دوم", "2 < 3 & 4 > 1", "a_b_c", "    four spaces"])("needs no HTML for %j", (text) => {
		expect(toHtml(text)).toBeUndefined();
	});
	it("knows emphasis, lists, quotes and links", () => {
		expect(toHtml("**مهم**: *x*")).toBe("<p><strong>مهم</strong>: <em>x</em></p>");
		expect(toHtml("- a\n- b")).toContain("<li>a</li>");
		expect(toHtml("> gap")).toContain("<blockquote>");
		expect(toHtml("see https://example.org")).toContain('<a href="https://example.org">');
	});
	it("keeps HTML that someone writes as text, and loads no pictures", () => {
		expect(toHtml("<img src=x onerror=alert(1)> **b**")).toBe("<p>&lt;img src=x onerror=alert(1)&gt; <strong>b</strong></p>");
		expect(toHtml("![me](https://spy.example/p.gif)")).not.toContain("<img");
	});
	it("makes a link of whoever is called, whatever letters the name has", () => {
		const html = toHtml("Come, @a_b_c*!", [{ label: "a_b_c*", user: "@abc:hub" }]);
		expect(html).toBe('<p>Come, <a href="https://matrix.to/#/%40abc%3Ahub">@a_b_c*</a>!</p>');
	});
});

describe("reading", () => {
	it("keeps only what is allowed", () => {
		expect(clean('<p onclick="x()">a<script>alert(1)</script><strong>b</strong></p>')).toEqual([
			{ tag: "p", inside: ["a", { tag: "strong", inside: ["b"] }] },
		]);
	});
	it.each(["javascript:alert(1)", "data:text/html,x", "vbscript:x", "//evil.example"])("follows no %j", (href) => {
		expect(clean(`<a href="${href}">x</a>`)).toEqual([{ tag: "a", inside: ["x"] }]);
	});
	it("loads nothing from elsewhere", () => {
		const flat = JSON.stringify(clean('<img src="https://spy.example/x.gif"><iframe src="https://e.example"></iframe><style>*{}</style><svg><a href="https://e.example">y</a></svg>'));
		expect(flat).not.toContain("spy");
		expect(flat).not.toContain("iframe");
	});
	it("leaves out what other clients quote before a reply", () => {
		expect(clean("<mx-reply><blockquote>old</blockquote></mx-reply>new")).toEqual(["new"]);
	});
	it("does not nest for ever", () => {
		const deep = clean(["<blockquote>".repeat(200), "x", "</blockquote>".repeat(200)].join(""));
		const depth = (piece: (typeof deep)[number]): number => (typeof piece === "string" ? 0 : 1 + Math.max(0, ...piece.inside.map(depth)));
		expect(Math.max(...deep.map(depth))).toBeLessThan(15);
	});
});

/** Pieces of what attackers send, put together by chance. */
const hostile = fc.array(
	fc.oneof(
		fc.constantFrom(
			"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<math><mi//xlink:href=\"data:x,<script>alert(1)</script>\">", "<a href=\"javascript:alert(1)\">",
			"<a href=\"java\tscript:alert(1)\">", "<a href='data:text/html;base64,PHNjcmlwdD4='>", "<iframe srcdoc=\"<script>x</script>\">", "<style>@import 'https://e.example'</style>", "<form action=https://e.example>",
			"<input autofocus onfocus=alert(1)>", "<template><img src=x onerror=alert(1)></template>", "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">", "<!--<img src=\"--><img src=x onerror=alert(1)//\">",
			"<p style=\"background:url(https://e.example)\">", "<video><source onerror=alert(1)>", "<object data=x>", "<base href=https://e.example>", "<meta http-equiv=refresh content=0>", "</p>", "</a>", "<mx-reply>", "</mx-reply>",
			"[x](javascript:alert(1))", "![x](https://e.example/p.gif)", "<https://e.example>", "&#106;avascript:", "\u0000", "\u202e", "**", "`", "> ", "- ", "@someone",
		),
		fc.string(),
	),
	{ maxLength: 30 },
);

describe("whatever comes in", () => {
	const tags = new Set(["p", "br", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a"]);
	const harmless = (piece: Piece): boolean =>
		typeof piece === "string" ||
		(tags.has(piece.tag) &&
			Object.keys(piece).every((name) => ["tag", "inside", "href", "start"].includes(name)) &&
			(piece.href === undefined || (piece.tag === "a" && /^(https?:\/\/|mailto:)/iu.test(piece.href))) &&
			piece.inside.every(harmless));
	it("is read as words and the few marks that are allowed", () => {
		fc.assert(fc.property(hostile, (parts) => clean(parts.join("")).every(harmless)), { numRuns: 100 });
	});
	it("is written so that nothing else can be read", () => {
		fc.assert(fc.property(hostile, (parts) => clean(toHtml(parts.join("")) ?? "").every(harmless)), { numRuns: 100 });
	});
});
