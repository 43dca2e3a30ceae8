import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { invitations, type OpenInvitation, revokeInvitation } from "../../state";
import { organisationsById } from "../client";
import { Button } from "../kit/Button";
import { List, Row } from "../kit/List";
import { toast } from "../kit/Toast";
import { roleName } from "../names";
import { moment, tongueName, trouble } from "../say";
import { link } from "../shell/router";
import { asOf, useLoading, usePeople } from "./load";
import { Again } from "./PickPeople";

/** Invitations that nobody has used yet, each with a way to take it back. */
export default function Invitations() {
	usePeople();
	const [open, setOpen] = useState<readonly OpenInvitation[]>();
	const { failed, again } = useLoading(async () => setOpen(await invitations()));
	const gone = (id: string) => setOpen(open?.filter((one) => one.id !== id));
	return (
		<div class="column">
			<List
				label={t("invitations.title")}
				items={open}
				loading={t("act.loading")}
				asOf={asOf()}
				empty={{
					text: t("invitations.empty"),
					icon: "link",
					act: (
						<Button kind="main" href={link({ at: "invite-person" })}>
							{t("people.invite")}
						</Button>
					),
				}}
				failed={failed === undefined ? undefined : { text: failed, act: <Again onPress={again} /> }}
				render={(one) => (
					<li key={one.id}>
						<Open invitation={one} onGone={() => gone(one.id)} />
					</li>
				)}
			/>
		</div>
	);
}

function Open({ invitation, onGone }: { invitation: OpenInvitation; onGone: () => void }) {
	const [busy, setBusy] = useState(false);
	const organisation = organisationsById.value.get(invitation.organisation ?? "");
	const revoke = async () => {
		setBusy(true);
		try {
			await revokeInvitation(invitation.id);
			onGone();
		} catch (error) {
			toast(trouble(error), "warning");
			setBusy(false);
		}
	};
	return (
		<Row
			title={
				<>
					{roleName(invitation.role)}
					{organisation && (
						<>
							{" · "}
							<bdi>{organisation.name}</bdi>
						</>
					)}
				</>
			}
			detail={
				<>
					<bdi lang={invitation.language}>{tongueName(invitation.language)}</bdi>
					{" · "}
					{t("invitations.until", { Time: moment(invitation.expiresAt) })}
				</>
			}
			end={
				<Button kind="danger" busy={busy} onPress={() => void revoke()}>
					{t("invitations.revoke")}
				</Button>
			}
		/>
	);
}
