import { t } from "../../i18n";
import { pieces } from "./marks";

/** Words that someone wrote. What would turn them round unseen is shown as a mark; addresses of pages become links. */
export function Words({ text, linkless = false }: { text: string; linkless?: boolean }) {
	return (
		<>
			{pieces(text).map((piece, n) =>
				"mark" in piece ? (
					<span key={n} class="bidi-mark" role="img" aria-label={t("timeline.hidden_mark", { Name: piece.mark })}>
						{piece.mark}
					</span>
				) : "href" in piece && linkless ? (
					piece.href
				) : "href" in piece ? (
					<a key={n} href={piece.href} dir="ltr" target="_blank" rel="noopener noreferrer nofollow ugc">
						{piece.href}
					</a>
				) : (
					piece.text
				),
			)}
		</>
	);
}
