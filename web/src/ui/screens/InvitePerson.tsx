import { useState } from "preact/hooks";
import { languages, t } from "../../i18n";
import { invitePerson, type NewInvitation, type Role } from "../../state";
import { client, me } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Choices, Select } from "../kit/Field";
import { Outline } from "../kit/List";
import { toast } from "../kit/Toast";
import { roleHint, roleName } from "../names";
import { language, moment } from "../say";
import { useForm } from "./form";
import { usePeople } from "./load";
import "./InvitePerson.css";

/** Inviting someone: into which organisation, as what, in which language. What comes out is a link and its picture. */
export default function InvitePerson({ organisation }: { organisation?: string | undefined }) {
	usePeople();
	const [made, setMade] = useState<NewInvitation>();
	if (client.organisations.value === undefined) return <Outline rows={4} label={t("act.loading")} />;
	if (made) return <Made invitation={made} again={() => setMade(undefined)} />;
	return <Ask organisation={organisation} onMade={setMade} />;
}

const network = "network";

function Ask({ organisation, onMade }: { organisation: string | undefined; onMade: (made: NewInvitation) => void }) {
	const anyone = client.may("invite_anyone");
	const own = me.value?.organisation?.id;
	const offered = (client.organisations.value ?? []).filter((one) => one.standing === "vetted" && (anyone || one.id === own));
	const [into, setInto] = useState(organisation ?? own ?? offered[0]?.id ?? network);
	const [role, setRole] = useState<Role>(into === network ? "steward" : "member");
	const [tongue, setTongue] = useState<string>(language.value);
	const form = useForm();
	const roles: Role[] = into === network ? ["steward"] : ["member", "admin", "interpreter", "observer"];
	const choose = (value: string) => {
		setInto(value);
		setRole(value === network ? "steward" : "member");
	};
	return (
		<form
			class="column stack"
			onSubmit={(event) => {
				event.preventDefault();
				void form.submit(async () => onMade(await invitePerson(into === network ? undefined : into, role, tongue)));
			}}
		>
			<p>{t("invite_person.what")}</p>
			<Select
				label={t("invite_person.organisation")}
				value={into}
				onValue={choose}
				options={[
					...offered.map((one) => ({ value: one.id, label: one.name })),
					...(anyone ? [{ value: network, label: t("invite_person.steward") }] : []),
				]}
			/>
			<Choices
				label={t("invite_person.role")}
				hint={roleHint(role)}
				value={role}
				onValue={(value) => setRole(value as Role)}
				options={roles.map((value) => ({ value, label: roleName(value) }))}
			/>
			<Choices
				label={t("invite_person.language")}
				hint={t("invite_person.language_hint")}
				value={tongue}
				onValue={setTongue}
				options={languages.map(({ tag, name }) => ({ value: tag, label: name, lang: tag }))}
			/>
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button kind="main" wide submit icon="link" busy={form.busy}>
				{t("invite_person.act")}
			</Button>
		</form>
	);
}

function Made({ invitation, again }: { invitation: NewInvitation; again: () => void }) {
	const copy = async () => {
		try {
			await navigator.clipboard.writeText(invitation.link);
			toast(t("invite_person.copied"));
		} catch {
			toast(t("invite_person.not_copied"), "warning");
		}
	};
	return (
		<div class="column stack">
			<Banner icon="lock">{t("invite_person.made", { Time: moment(invitation.expiresAt) })}</Banner>
			{/* The hub's own picture of the link; nothing of it was written by people. */}
			<div class="qr" role="img" aria-label={t("invite_person.qr")} dangerouslySetInnerHTML={{ __html: invitation.qr }} />
			<p class="invitation-link" dir="ltr">
				{invitation.link}
			</p>
			<Button kind="main" wide icon="copy" onPress={() => void copy()}>
				{t("invite_person.copy")}
			</Button>
			{typeof navigator.share === "function" && (
				<Button wide icon="share" onPress={() => void share(invitation.link)}>
					{t("invite_person.share")}
				</Button>
			)}
			<Button wide icon="invite" onPress={again}>
				{t("invite_person.another")}
			</Button>
		</div>
	);
}

/** Hands the link to whatever the phone sends with. Who closes the sheet has changed their mind; that is no failure. */
async function share(link: string): Promise<void> {
	try {
		await navigator.share({ title: t("app.name"), text: t("invite_person.share_words"), url: link });
	} catch (error) {
		if (error instanceof DOMException && error.name === "AbortError") return;
		toast(t("invite_person.not_shared"), "warning");
	}
}
