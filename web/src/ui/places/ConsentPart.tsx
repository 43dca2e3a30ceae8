import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { hubNow } from "../../state";
import type { Entry } from "../../state/places/model";
import type { Done } from "../../state/client/sending";
import { Button } from "../kit/Button";
import { Dialog } from "../kit/Dialog";
import { toast } from "../kit/Toast";
import { spokenName } from "../names";
import { dot, language, moment, trouble } from "../say";
import { When, WordsToRead } from "./Consenting";
import { places } from "./here";
import { named } from "./words";

/** That the person agreed, as a fact; recording it when they could be asked; and taking it back, with what that means said before. */
export function ConsentPart({ entry: { consent, ask, mine, state, wish } }: { entry: Entry }) {
	const [open, setOpen] = useState<"agree" | "revoke">();
	const act = async (what: Promise<Done> | undefined) => {
		setOpen(undefined);
		try {
			if ((await what) === "waiting") toast(t("outbox.later"), "clock");
		} catch (error) {
			toast(trouble(error), "warning");
		}
	};
	return (
		<section class="stack-tight">
			<p class="soft">
				{named("consent", consent.given)}
				{consent.at > 0 && `${dot()}${moment(consent.at)}${dot()}${spokenName(consent.language)}`}
			</p>
			{mine && consent.given === "none" && wish && state !== "left" && (
				<Button wide icon="check" onPress={() => setOpen("agree")}>
					{t("place_request.agreed")}
				</Button>
			)}
			{mine && consent.given === "given" && state !== "left" && (
				<div class="row">
					<Button kind="quiet" icon="erase" onPress={() => setOpen("revoke")}>
						{t("place_request.revoke")}
					</Button>
				</div>
			)}
			{open === "agree" && <Agreeing onClose={() => setOpen(undefined)} onAgreed={(at, tag) => void act(places.peek()?.agree(ask, at, tag))} />}
			{open === "revoke" && (
				<Dialog title={t("place_request.revoke_title")} close={t("act.close")} onClose={() => setOpen(undefined)}>
					<div class="stack">
						<p>{t("place_request.revoke_means")}</p>
						<Button kind="danger" wide onPress={() => void act(places.peek()?.revoke(ask))}>
							{t("place_request.revoke_sure")}
						</Button>
					</div>
				</Dialog>
			)}
		</section>
	);
}

interface AgreeingProps {
	onAgreed: (at: number, language: string) => void;
	onClose: () => void;
}

/** The words are read out, and then it is said when the person agreed. */
function Agreeing({ onAgreed, onClose }: AgreeingProps) {
	const [tag, setTag] = useState<string>(language.peek());
	const [at, setAt] = useState(hubNow());
	return (
		<Dialog title={t("find_place.consent")} close={t("act.close")} onClose={onClose}>
			<div class="stack">
				<WordsToRead language={tag} onLanguage={setTag} />
				<When at={at} onAt={setAt} />
				<Button kind="main" wide onPress={() => onAgreed(at, tag)}>
					{t("find_place.agreed")}
				</Button>
			</div>
		</Dialog>
	);
}
