import { useEffect } from "preact/hooks";
import { t } from "../../i18n";
import type { Session } from "../../state";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Face, Outline } from "../kit/List";
import { face, shownName } from "../lock/face";
import { later, laterInside } from "../shell/later";
import { invitationToken, link, recoveryToken, route } from "../shell/router";
import { SignIn } from "./SignIn";
import { Tongues } from "./Tongues";
import "./Door.css";

const Guide = laterInside(() => import("./Guide"));
const Invited = later(() => import("./Invited"));
const Recover = laterInside(() => import("../signin/Recover"));
const Secure = laterInside(() => import("../signin/Secure"));
const Lock = later(() => import("../lock/Lock"));

/** The door: sign-in, or an invitation, in any of the eight languages. */
export function Door({ session }: { session: Session }) {
	// On a device whose app goes by another name, and while it is locked, nothing tells what it is.
	const reads = route.value.at === "guide" && face.value === "panah" && session.kind !== "locked";
	const title = shownName.value;
	useEffect(() => {
		document.title = title;
	}, [title]);
	return (
		<div class="door">
			<main id="main" tabIndex={-1}>
				<p class="brand">{title}</p>
				<Tongues />
				{reads ? <Reading /> : <Entrance session={session} />}
			</main>
		</div>
	);
}

/** The guide, for those who want to know first what they enter. */
function Reading() {
	return (
		<>
			<h1>{t("guide.title")}</h1>
			<Guide />
			<Button wide icon="back" href={link({ at: invitationToken() === null ? "sign-in" : "invite" })}>
				{t("act.back")}
			</Button>
		</>
	);
}

function Entrance({ session }: { session: Session }) {
	const invited = route.value.at === "invite" && invitationToken() !== null;
	const recovering = route.value.at === "recover" && recoveryToken() !== null;
	return (
		<>
			{session.kind === "checking" && <Outline rows={3} label={t("act.loading")} />}
			{session.kind === "unreachable" && <Unreachable />}
			{session.kind === "locked" && <Lock />}
			{session.kind === "out" && session.why === "elsewhere" && <Banner tone="warn">{t("sign_in.elsewhere")}</Banner>}
			{session.kind === "in" && <Secure />}
			{session.kind === "out" && (invited ? <Invited /> : recovering ? <Recover /> : <SignIn />)}
			{session.kind === "out" && !invited && !recovering && face.value === "panah" && (
				<Button kind="quiet" wide icon="help" href={link({ at: "guide" })}>
					{t("guide.open")}
				</Button>
			)}
		</>
	);
}

function Unreachable() {
	return (
		<Face
			icon="offline"
			alert
			text={t("error.unreachable")}
			act={
				<Button kind="main" icon="refresh" onPress={() => void client.door.start()}>
					{t("act.try_again")}
				</Button>
			}
		/>
	);
}
