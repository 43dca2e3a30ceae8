import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { type Change, changePerson, type Deed, Fault, localpart, type Person, type Role, type StaffMember, staffOf, type UserId } from "../../state";
import { client, me, organisationsById, peopleById } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Card } from "../kit/Card";
import { Choices, Select } from "../kit/Field";
import { Icon } from "../kit/Icon";
import { Face, Outline, Row } from "../kit/List";
import { useProof } from "../signin/Prove";
import { toast } from "../kit/Toast";
import { Portrait } from "../media/Portrait";
import { countryName, reasonKeys, reasonName, roleHint, roleName, spokenName } from "../names";
import { ago, dot, now } from "../say";
import { go, link } from "../shell/router";
import { DutyActs, DutyChip, onDuty } from "./duty";
import { useForm } from "./form";
import { useLoading, usePeople } from "./load";
import { Again } from "./PickPeople";
import { ReportDialog } from "./ReportDialog";
import "./People.css";

/** Somebody as others may know them, and what one may do: write, block, report; and, for who looks after them, more. */
export default function PersonScreen({ id }: { id: string }) {
	const { failed, again } = usePeople();
	const [staff, setStaff] = useState<StaffMember | null>();
	const person = peopleById.value.get(id);
	const looksAfter = client.may("manage_anyone") || (client.may("manage_members") && person?.organisation === me.value?.organisation?.id);
	const reread = async () => {
		const homes = person ? [person.organisation] : client.may("manage_anyone") ? [undefined, ...organisationsById.value.keys()] : [me.value?.organisation?.id];
		for (const home of homes) {
			const found = (await staffOf(home)).find((one) => one.id === id);
			if (found) return setStaff(found);
		}
		setStaff(null);
	};
	if (!person && !client.may("manage_members")) {
		if (client.people.value) return <Face icon="people" text={t("error.unknown_person")} />;
		return failed === undefined ? <Outline rows={4} label={t("act.loading")} /> : <Face icon="warning" alert text={failed} act={<Again onPress={again} />} />;
	}
	return (
		<div class="column stack">
			{person && <About person={person} />}
			{client.people.value && (looksAfter || !person) && <Care key={String(client.people.value.length > 0)} id={id as UserId} person={person} staff={staff} reread={reread} />}
		</div>
	);
}

function About({ person }: { person: Person }) {
	const organisation = organisationsById.value.get(person.organisation ?? "");
	const mine = person.id === me.value?.id;
	const tongues = person.speaks?.length ? person.speaks : person.language === "" ? [] : [person.language];
	return (
		<>
			<header class="person-head">
				<Portrait name={person.name} picture={person.picture} size={4} />
				<div class="who">
					<h2>
						<bdi>{person.name}</bdi>
					</h2>
					<p class="soft">
						{roleName(person.role)}{dot()}<bdi dir="ltr">{localpart(person.id)}</bdi>
					</p>
					<DutyChip user={person.id} />
				</div>
			</header>
			{organisation && (
				<Row
					href={link({ at: "organisation", id: organisation.id })}
					lead={<Icon name="building" />}
					title={<bdi>{organisation.name}</bdi>}
					detail={countryName(organisation.country)}
				/>
			)}
			{person.askAbout !== "" && person.askAbout !== undefined && (
				<section class="stack-tight">
					<h3>{t("about.ask")}</h3>
					<p dir="auto">
						<bdi>{person.askAbout}</bdi>
					</p>
				</section>
			)}
			{tongues.length > 0 && (
				<section class="stack-tight">
					<h3>{t("about.speaks")}</h3>
					<p class="chips">
						{tongues.map((tag) => (
							<bdi key={tag} class="chip" lang={spokenLang(tag)}>
								{spokenName(tag)}
							</bdi>
						))}
					</p>
				</section>
			)}
			{mine ? (
				<>
					{client.may("go_on_duty") && organisation && <DutyActs user={person.id} mine />}
					<Button wide icon="write" href={link({ at: "about" })}>
						{t("about.title")}
					</Button>
				</>
			) : (
				<Acts person={person} />
			)}
		</>
	);
}

const own = new Set(["fa-AF", "ps", "tg", "uz", "tk", "ur", "ru", "en"]);
/** Only the hub's own languages are written in themselves. */
export const spokenLang = (tag: string): string | undefined => (own.has(tag) ? tag : undefined);

function Acts({ person }: { person: Person }) {
	const [reporting, setReporting] = useState(false);
	const form = useForm();
	const blocked = client.blocked.value.has(person.id);
	const note = client.duty.value.get(person.id)?.note ?? "";
	const write = async () => go({ at: "channel", room: await client.channels.direct(person.id), details: false });
	const block = async () => {
		await client.circle.block(person.id, !blocked);
		toast(blocked ? t("blocked.lifted") : t("blocked.done"));
	};
	return (
		<section class="stack-tight">
			{onDuty(person.id) && note !== "" && (
				<Banner icon="clock">
					<bdi dir="auto">{note}</bdi>
				</Banner>
			)}
			{blocked && <p class="soft">{t("blocked.this")}</p>}
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			{!blocked && client.may("create_channel") && (
				<Button kind="main" wide icon="talk" busy={form.busy} onPress={() => void form.submit(write)}>
					{t("person.write")}
				</Button>
			)}
			<div class="row">
				<Button kind="quiet" icon="block" busy={form.busy} onPress={() => void form.submit(block)}>
					{blocked ? t("blocked.lift") : t("blocked.act")}
				</Button>
				<Button kind="quiet" icon="report" onPress={() => setReporting(true)}>
					{t("report.act")}
				</Button>
			</div>
			{reporting && <ReportDialog what={{ user: person.id }} about={person.id} onClose={() => setReporting(false)} />}
		</section>
	);
}

interface CareProps {
	id: UserId;
	person: Person | undefined;
	/** Null where nobody knows such a person, or no longer. */
	staff: StaffMember | null | undefined;
	reread: () => Promise<void>;
}

/** What those may do to a person who look after them. Each act says first what happens. */
function Care({ id, person, staff, reread }: CareProps) {
	const { failed, again } = useLoading(reread);
	const [open, setOpen] = useState<Deed>();
	if (staff === null) return person ? null : <Face icon="people" text={t("error.unknown_person")} />;
	if (!staff) return failed === undefined ? <Outline rows={3} label={t("act.loading")} /> : <Face icon="warning" alert text={failed} act={<Again onPress={again} />} />;
	const mine = id === me.value?.id;
	const done = async () => {
		setOpen(undefined);
		await client.circle.loadPeople();
		await reread();
	};
	const acts: { deed: Deed; icon: "shield" | "stop" | "unlock" | "leave" | "remove" | "building"; words: string; shown: boolean }[] = [
		{ deed: "role", icon: "shield", words: t("care.role"), shown: true },
		{ deed: "end-sessions", icon: "leave", words: t("care.end_sessions"), shown: !mine && staff.devices > 0 },
		{ deed: "lift", icon: "unlock", words: t("care.lift"), shown: staff.suspended },
		{ deed: "move", icon: "building", words: t("care.move"), shown: !mine && client.may("manage_anyone") },
		{ deed: "suspend", icon: "stop", words: t("care.suspend"), shown: !mine && !staff.suspended },
		{ deed: "remove", icon: "remove", words: t("care.remove"), shown: !mine && person?.organisation !== undefined },
	];
	return (
		<Card title={t("care.title")} icon="care">
			{!person && (
				<h2>
					<bdi>{staff.name}</bdi>
				</h2>
			)}
			<p class="soft">
				{t("care.devices", { Count: staff.devices })}
				{staff.seenAt !== undefined && `${dot()}${t("care.last_use", { Time: ago(staff.seenAt, now.value) })}`}
			</p>
			{staff.suspended && <Banner tone="danger">{t("care.is_suspended")}</Banner>}
			{person && !mine && person.organisation !== undefined && person.role !== "observer" && <DutyActs user={id} mine={false} />}
			{acts
				.filter(({ shown }) => shown)
				.map(({ deed, icon, words }) => (
					<div key={deed} class="stack-tight">
						<Button kind={deed === "suspend" || deed === "remove" ? "danger" : "second"} wide icon={icon} expanded={open === deed} onPress={() => setOpen(open === deed ? undefined : deed)}>
							{words}
						</Button>
						{open === deed && <Sure key={deed} id={id} deed={deed} role={staff.role} onDone={done} />}
					</div>
				))}
		</Card>
	);
}

const hints: Record<Deed, string> = {
	role: "care.role_what",
	"end-sessions": "care.end_sessions_what",
	lift: "care.lift_what",
	move: "care.move_what",
	suspend: "care.suspend_what",
	remove: "care.remove_what",
};

/** Says what an act does and asks what it needs to know; a last administrator is asked about once more. */
function Sure({ id, deed, role, onDone }: { id: UserId; deed: Deed; role: Role; onDone: () => Promise<void> }) {
	const [wish, setWish] = useState<Role>(role);
	const [reason, setReason] = useState("safety");
	const homes = (client.organisations.value ?? []).filter((one) => one.standing === "vetted");
	const [home, setHome] = useState(homes[0]?.id ?? "");
	const [warned, setWarned] = useState<string>();
	const form = useForm();
	const proof = useProof();
	const act = async () => {
		const change: Change = {
			...(deed === "role" && { role: wish }),
			...(deed === "suspend" && { reason }),
			...(deed === "move" && { organisation_id: home }),
			...(warned !== undefined && { sure: true }),
		};
		try {
			await proof.ask(() => changePerson(id, deed, change));
		} catch (error) {
			if (!(error instanceof Fault) || error.key !== "error.last_admin" || warned !== undefined) throw error;
			return setWarned(t("error.last_admin"));
		}
		toast(t("care.done"));
		await onDone();
	};
	const roles: Role[] = ["member", "admin", "interpreter", "observer", ...(client.may("manage_anyone") ? (["steward"] as const) : [])];
	return (
		<form
			class="stack-tight"
			onSubmit={(event) => {
				event.preventDefault();
				void form.submit(proof.unlessPutAway(act));
			}}
		>
			<p>{t(hints[deed])}</p>
			{deed === "role" && (
				<Choices label={t("invite_person.role")} hint={roleHint(wish)} value={wish} onValue={(value) => setWish(value as Role)} options={roles.map((value) => ({ value, label: roleName(value) }))} />
			)}
			{deed === "suspend" && (
				<Select label={t("reason.why")} value={reason} onValue={setReason} options={Object.keys(reasonKeys).filter((code) => !["duplicate", "incomplete", "outside"].includes(code)).map((value) => ({ value, label: reasonName(value) }))} />
			)}
			{deed === "move" && <Select label={t("invite_person.organisation")} value={home} onValue={setHome} options={homes.map((one) => ({ value: one.id, label: one.name }))} />}
			{warned !== undefined && <Banner tone="warn">{warned}</Banner>}
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button kind={deed === "suspend" || deed === "remove" ? "danger" : "main"} wide submit busy={form.busy}>
				{warned === undefined ? t("care.confirm") : t("care.confirm_anyway")}
			</Button>
			{proof.dialog}
		</form>
	);
}
