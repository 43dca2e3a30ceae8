import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { audit, type AuditEntry, auditFile, type AuditQuery, localpart, type Role, type Standing, type UserId } from "../../state";
import { client } from "../client";
import { Button } from "../kit/Button";
import { Select } from "../kit/Field";
import { List } from "../kit/List";
import { personName, reasonName, roleKeys, roleName, standingName } from "../names";
import { dot, language, moment, trouble } from "../say";
import { DateField } from "./DateField";
import { asOf, usePeople } from "./load";
import { Again } from "./PickPeople";
import { TakeFile } from "./TakeFile";
import "./People.css";

/** The acts that are written down, each with what it is called in a list and its sentence. */
const acts: Record<string, { name: string; words: string }> = {
	propose_organisation: { name: "act_name.propose_organisation", words: "audit.propose_organisation" },
	set_standing: { name: "act_name.set_standing", words: "audit.set_standing" },
	edit_organisation: { name: "act_name.edit_organisation", words: "audit.edit_organisation" },
	invite_person: { name: "act_name.invite_person", words: "audit.invite_person" },
	revoke_invitation: { name: "act_name.revoke_invitation", words: "audit.revoke_invitation" },
	set_role: { name: "act_name.set_role", words: "audit.set_role" },
	suspend_person: { name: "act_name.suspend_person", words: "audit.suspend_person" },
	lift_person: { name: "act_name.lift_person", words: "audit.lift_person" },
	end_sessions: { name: "act_name.end_sessions", words: "audit.end_sessions" },
	remove_person: { name: "act_name.remove_person", words: "audit.remove_person" },
	move_person: { name: "act_name.move_person", words: "audit.move_person" },
	set_duty: { name: "act_name.set_duty", words: "audit.set_duty" },
	end_duty: { name: "act_name.end_duty", words: "audit.end_duty" },
	report: { name: "act_name.report", words: "audit.report" },
	take_report: { name: "act_name.take_report", words: "audit.take_report" },
	settle_report: { name: "act_name.settle_report", words: "audit.settle_report" },
	remove_post: { name: "act_name.remove_post", words: "audit.remove_post" },
	add_feed: { name: "act_name.add_feed", words: "audit.add_feed" },
	make_feed: { name: "act_name.make_feed", words: "audit.make_feed" },
	revoke_feed: { name: "act_name.revoke_feed", words: "audit.revoke_feed" },
	remove_feed: { name: "act_name.remove_feed", words: "audit.remove_feed" },
	settle_correction: { name: "act_name.settle_correction", words: "audit.settle_correction" },
	export_audit: { name: "act_name.export_audit", words: "audit.export_audit" },
	start_recovery: { name: "act_name.start_recovery", words: "audit.start_recovery" },
	confirm_recovery: { name: "act_name.confirm_recovery", words: "audit.confirm_recovery" },
	cancel_recovery: { name: "act_name.cancel_recovery", words: "audit.cancel_recovery" },
	finish_recovery: { name: "act_name.finish_recovery", words: "audit.finish_recovery" },
	approve_alert: { name: "act_name.approve_alert", words: "audit.approve_alert" },
	refuse_alert: { name: "act_name.refuse_alert", words: "audit.refuse_alert" },
	cancel_alert: { name: "act_name.cancel_alert", words: "audit.cancel_alert" },
	set_rota: { name: "act_name.set_rota", words: "audit.set_rota" },
	set_lead: { name: "act_name.set_lead", words: "audit.set_lead" },
	declare_danger: { name: "act_name.declare_danger", words: "audit.declare_danger" },
	end_danger: { name: "act_name.end_danger", words: "audit.end_danger" },
	register_shelter: { name: "act_name.register_shelter", words: "audit.register_shelter" },
	edit_shelter: { name: "act_name.edit_shelter", words: "audit.edit_shelter" },
	set_shelter_staff: { name: "act_name.set_shelter_staff", words: "audit.set_shelter_staff" },
	set_partner: { name: "act_name.set_partner", words: "audit.set_partner" },
	leave_network: { name: "act_name.leave_network", words: "audit.leave_network" },
};

const day = 86_400_000;

/** What those did who look after the network: chosen, read, and taken away. */
export default function Audit() {
	usePeople();
	const [query, setQuery] = useState<AuditQuery>({});
	const [found, setFound] = useState<readonly AuditEntry[]>();
	const [next, setNext] = useState<string>();
	const [failed, setFailed] = useState<string>();
	const asked = useRef(0);
	const read = async (more?: string) => {
		const mine = ++asked.current;
		setFailed(undefined);
		try {
			const page = await audit(query, more);
			if (mine !== asked.current) return; // something else was chosen meanwhile
			setFound((before) => (more === undefined ? page.entries : [...(before ?? []), ...page.entries]));
			setNext(page.next);
		} catch (error) {
			if (mine === asked.current) setFailed(trouble(error));
		}
	};
	const connected = client.line.value.state === "connected";
	useEffect(() => void read(), [query, connected]);
	return (
		<div class="column stack">
			<Filters query={query} onQuery={setQuery} />
			<List
				label={t("audit.title")}
				items={found}
				loading={t("act.loading")}
				asOf={asOf()}
				empty={{ text: t("audit.none"), icon: "audit" }}
				failed={failed === undefined ? undefined : { text: failed, act: <Again onPress={() => void read()} /> }}
				render={(entry) => (
					<li key={`${entry.at} ${entry.actor} ${entry.act} ${entry.target}`} class="entry">
						<p>{sentence(entry)}</p>
						<p class="soft">
							{moment(entry.at)}
							{entry.organisation !== "" && (
								<>
									{dot()}
									<bdi>{entry.organisation}</bdi>
								</>
							)}
						</p>
					</li>
				)}
			/>
			{next !== undefined && (
				<Button wide icon="down" onPress={() => void read(next)}>
					{t("audit.more")}
				</Button>
			)}
			<section class="stack-tight">
				<h2 class="group-title">{t("audit.take")}</h2>
				<p class="soft">{t("audit.take_what")}</p>
				<div class="row">
					{(["csv", "json"] as const).map((format) => (
						<TakeFile key={format} file={() => auditFile(query, format, language.value)} name={`audit.${format}`}>
							{format.toUpperCase()}
						</TakeFile>
					))}
				</div>
			</section>
		</div>
	);
}

/** Choosing by act, person, organisation and time, behind one button: on a phone they would fill the screen before the first entry. */
function Filters({ query, onQuery }: { query: AuditQuery; onQuery: (query: AuditQuery) => void }) {
	const every = { value: "", label: t("people.any") };
	const people = [...(client.people.value ?? [])].sort((a, b) => a.name.localeCompare(b.name));
	const pick = (part: keyof AuditQuery) => (value: string) => onQuery({ ...query, [part]: value === "" ? undefined : value });
	const [open, setOpen] = useState(false);
	const chosen = Object.values(query).filter((one) => one !== undefined).length;
	const head = (
		<div class="row">
			<Button kind="quiet" icon="compass" expanded={open} onPress={() => setOpen(!open)}>
				{chosen === 0 ? t("audit.narrow") : t("people.narrowed", { Count: chosen })}
			</Button>
			{chosen > 0 && (
				<Button kind="quiet" icon="close" onPress={() => onQuery({})}>
					{t("people.widen")}
				</Button>
			)}
		</div>
	);
	if (!open) return head;
	return (
		<section class="stack-tight">
			{head}
			<div class="narrow">
				<Select label={t("audit.act")} value={query.act ?? ""} onValue={pick("act")} options={[every, ...Object.entries(acts).map(([value, { name }]) => ({ value, label: t(name) }))]} />
				<Select label={t("audit.person")} value={query.person ?? ""} onValue={pick("person")} options={[every, ...people.map((one) => ({ value: one.id as string, label: one.name }))]} />
				{client.may("see_overview") && (
					<Select
						label={t("invite_person.organisation")}
						value={query.organisation ?? ""}
						onValue={pick("organisation")}
						options={[every, ...(client.organisations.value ?? []).map((one) => ({ value: one.id, label: one.name }))]}
					/>
				)}
			</div>
			<DateField label={t("audit.from")} years={1} value={query.from === undefined ? undefined : Number(query.from)} onValue={(at) => onQuery({ ...query, from: at === undefined ? undefined : String(at) })} />
			<DateField
				label={t("audit.to")}
				years={1}
				value={query.to === undefined ? undefined : Number(query.to) - day}
				onValue={(at) => onQuery({ ...query, to: at === undefined ? undefined : String(at + day) })}
			/>
		</section>
	);
}

/** An entry as a sentence: who did what, to whom or what, and how. */
function sentence(entry: AuditEntry) {
	const known = acts[entry.act];
	const { role, standing, reason } = entry.detail;
	const who = entry.actorName || personName(entry.actor);
	const whom = entry.targetName || (entry.target.startsWith("@") ? localpart(entry.target as UserId) : entry.organisation || t("audit.network"));
	if (!known) return t("audit.other", { Who: who, Act: entry.act });
	const words = t(known.words, {
		Who: who,
		Whom: whom,
		As: role !== undefined && role in roleKeys ? roleName(role as Role) : "",
		Standing: standing === undefined ? "" : standingName(standing as Standing),
		Where: entry.organisation || t("audit.network"),
	});
	return reason === undefined || reason === "" ? words : `${words} (${reasonName(reason)})`;
}
