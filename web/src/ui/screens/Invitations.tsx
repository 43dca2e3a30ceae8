import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { hubNow, invitations, type OpenInvitation, revokeInvitation } from "../../state";
import { client, organisationsById } from "../client";
import { Button } from "../kit/Button";
import { Choices } from "../kit/Field";
import { List, Row } from "../kit/List";
import { toast } from "../kit/Toast";
import { personName, roleName } from "../names";
import { dot, moment, tongueName, trouble } from "../say";
import { link } from "../shell/router";
import { asOf, useLoading, usePeople } from "./load";
import { Again } from "./PickPeople";

type Which = "open" | "used" | "over";

const whichOf = (one: OpenInvitation): Which => (one.usedAt !== undefined ? "used" : one.revokedAt !== undefined || one.expiresAt <= hubNow() ? "over" : "open");

/** Invitations: those that wait, each with a way to take it back, those that somebody came with, and those of which nothing comes any more. */
export default function Invitations() {
	usePeople();
	const [which, setWhich] = useState<Which>("open");
	const [all, setAll] = useState<readonly OpenInvitation[]>();
	const { failed, again } = useLoading(async () => setAll(await invitations()));
	const gone = (id: string) => setAll(all?.map((one) => (one.id === id ? { ...one, revokedAt: hubNow() } : one)));
	const empty: Record<Which, string> = { open: t("invitations.empty"), used: t("invitations.none_used"), over: t("invitations.none_over") };
	return (
		<div class="column stack">
			<Choices
				label={t("invitations.which")}
				value={which}
				onValue={(value) => setWhich(value as Which)}
				options={[
					{ value: "open", label: t("invitations.open_ones") },
					{ value: "used", label: t("invitations.used_ones") },
					{ value: "over", label: t("invitations.over_ones") },
				]}
			/>
			<List
				label={t("invitations.title")}
				items={all?.filter((one) => whichOf(one) === which)}
				loading={t("act.loading")}
				asOf={asOf()}
				empty={{
					text: empty[which],
					icon: "link",
					act: (client.may("invite_person") || client.may("invite_anyone")) && (
						<Button kind="main" href={link({ at: "invite-person" })}>
							{t("people.invite")}
						</Button>
					),
				}}
				failed={failed === undefined ? undefined : { text: failed, act: <Again onPress={again} /> }}
				render={(one) => (
					<li key={one.id}>
						<One invitation={one} which={which} onGone={() => gone(one.id)} />
					</li>
				)}
			/>
		</div>
	);
}

function One({ invitation, which, onGone }: { invitation: OpenInvitation; which: Which; onGone: () => void }) {
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
							{dot()}
							<bdi>{organisation.name}</bdi>
						</>
					)}
				</>
			}
			detail={
				<>
					<bdi lang={invitation.language}>{tongueName(invitation.language)}</bdi>
					{dot()}
					{fate(invitation, which)}
				</>
			}
			end={
				which === "open" && (
					<Button kind="danger" busy={busy} onPress={() => void revoke()}>
						{t("invitations.revoke")}
					</Button>
				)
			}
		/>
	);
}

function fate(one: OpenInvitation, which: Which): string {
	if (which === "open") return t("invitations.until", { Time: moment(one.expiresAt) });
	if (which === "used") return t("invitations.used_by", { Name: personName(one.usedBy ?? "") });
	return one.revokedAt === undefined ? t("invitations.expired_at", { Time: moment(one.expiresAt) }) : t("invitations.revoked_at", { Time: moment(one.revokedAt) });
}
