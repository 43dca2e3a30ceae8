import { useEffect } from "preact/hooks";
import { t } from "../../i18n";
import type { Session } from "../../state";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Face, Outline } from "../kit/List";
import { shownName } from "../lock/face";
import { later } from "../shell/later";
import { invitationToken, route } from "../shell/router";
import { SignIn } from "./SignIn";
import { Tongues } from "./Tongues";
import "./Door.css";

const Invited = later(() => import("./Invited"));
const Lock = later(() => import("../lock/Lock"));

/** The door: sign-in, or an invitation, in any of the eight languages. */
export function Door({ session }: { session: Exclude<Session, { kind: "in" }> }) {
	const invited = route.value.at === "invite" && invitationToken() !== null;
	const title = shownName.value;
	useEffect(() => {
		document.title = title;
	}, [title]);
	return (
		<div class="door">
			<main id="main">
				<p class="brand">{title}</p>
				<Tongues />
				{session.kind === "checking" && <Outline rows={3} label={t("act.loading")} />}
				{session.kind === "unreachable" && <Unreachable />}
				{session.kind === "locked" && <Lock />}
				{session.kind === "out" && session.why === "elsewhere" && <Banner tone="warn">{t("sign_in.elsewhere")}</Banner>}
				{session.kind === "out" && (invited ? <Invited /> : <SignIn />)}
			</main>
		</div>
	);
}

function Unreachable() {
	return (
		<Face
			icon="offline"
			alert
			text={t("error.unreachable")}
			act={
				<Button kind="main" icon="refresh" onPress={() => void client.start()}>
					{t("act.try_again")}
				</Button>
			}
		/>
	);
}
