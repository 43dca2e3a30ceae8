import { t } from "../../i18n";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { toast } from "../kit/Toast";
import "./signin.css";

/** Recovery codes, shown this once: to copy, to save, to print, and then to have kept. */
export function Codes({ codes, onKept }: { codes: readonly string[]; onKept: () => void }) {
	const copy = async () => {
		try {
			await navigator.clipboard.writeText(codes.join("\n"));
			toast(t("totp.copied"));
		} catch {
			toast(t("invite_person.not_copied"), "warning");
		}
	};
	return (
		<section class="stack">
			<h2>{t("codes.title")}</h2>
			<Banner icon="lock">{t("codes.what")}</Banner>
			<ol class="recovery-codes" dir="ltr" aria-label={t("codes.title")}>
				{codes.map((code) => (
					<li key={code}>
						<bdi>
							<code>{code}</code>
						</bdi>
					</li>
				))}
			</ol>
			<div class="row">
				<Button icon="copy" onPress={() => void copy()}>
					{t("codes.copy")}
				</Button>
				<Button icon="down" onPress={() => save(codes)}>
					{t("codes.save")}
				</Button>
				<Button icon="print" onPress={() => print()}>
					{t("codes.print")}
				</Button>
			</div>
			<Button kind="main" wide icon="check" onPress={onKept}>
				{t("codes.kept")}
			</Button>
		</section>
	);
}

/** A text file that any device opens. */
function save(codes: readonly string[]): void {
	const address = URL.createObjectURL(new Blob([`${codes.join("\n")}\n`], { type: "text/plain" }));
	const anchor = document.createElement("a");
	anchor.href = address;
	anchor.download = `${t("codes.title")}.txt`;
	anchor.click();
	URL.revokeObjectURL(address);
}
