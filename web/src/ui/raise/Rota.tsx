import { useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Person, UserId } from "../../state";
import { hubNow } from "../../state";
import { addStandIn, leaveNote, readRota, removeStandIn, type Rota, type RotaOf, type RotaSlot, setRota } from "../../state/rota";
import { client, me } from "../client";
import { Avatar } from "../kit/Avatar";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Card } from "../kit/Card";
import { Dialog } from "../kit/Dialog";
import { Field, Select } from "../kit/Field";
import { Row } from "../kit/List";
import { TimeAgo } from "../kit/TimeAgo";
import { personName } from "../names";
import { ago, dot, moment, now, number } from "../say";
import { useForm } from "../screens/form";
import { usePeople } from "../screens/load";
import { AsOf, NeedsLine, NothingRead, offline, useDraft, useReading } from "../screens/reading";
import { hourOf, inOrder, weekdayName, weekdays } from "./week";
import "./raise.css";

/** Under which name what is kept of a rota is kept. */
const keyOf = ({ organisation, shelter }: RotaOf): string => shelter ?? organisation;

interface ScreenProps {
	of: RotaOf;
	/** Who can be on it; all of the organisation where nobody is named. */
	among?: readonly string[] | undefined;
	/** What is said of a week without hours. */
	empty?: string;
}

/** Who of an organisation is asked first when an alert is not answered, or at a shelter when somebody asks for a place: now, in the week, and who stands in. */
export default function RotaScreen({ of, among = [], empty = t("rota.week_empty") }: ScreenProps) {
	usePeople();
	const { organisation } = of;
	const reading = useReading(`rota ${keyOf(of)}`, () => readRota(of));
	const { value: rota, again } = reading;
	if (!rota) return <NothingRead reading={reading} />;
	const colleagues = (client.people.value ?? []).filter((person) => person.organisation === organisation);
	const staff = among.length === 0 ? colleagues : colleagues.filter(({ id, role }) => among.includes(id) || role === "admin");
	const admin = client.may("manage_rota") && (me.value?.organisation?.id === organisation || client.may("manage_alerts"));
	const shared = { of, rota, staff, admin, empty, onDone: again };
	return (
		<div class="column stack">
			<AsOf reading={reading} />
			<NeedsLine />
			<OnCall rota={rota} />
			<Notes {...shared} />
			<Week {...shared} />
			<StandIns {...shared} />
		</div>
	);
}

interface Props {
	of: RotaOf;
	empty: string;
	rota: Rota;
	staff: readonly Person[];
	admin: boolean;
	/** Reads the rota anew. */
	onDone: () => void;
}

/** Who is asked now, in which order, and who comes next. */
function OnCall({ rota }: { rota: Rota }) {
	return (
		<Card icon="clock" title={t("rota.now")}>
			{rota.now.length === 0 && <p>{t("rota.nobody")}</p>}
			<ol>
				{rota.now.map((user, n) => (
					<li key={user}>
						<Row lead={<Avatar name={personName(user)} />} title={<bdi>{personName(user)}</bdi>} detail={t("rota.place", { Number: number(n + 1) })} />
					</li>
				))}
			</ol>
			{rota.next && <p class="soft">{t("rota.next", { Name: personName(rota.next.user), Time: moment(rota.next.at) })}</p>}
		</Card>
	);
}

const noteLongest = 1000;

/** What one shift leaves for the next, the newest on top. */
function Notes({ of, rota, onDone }: Props) {
	const [text, setText, sent] = useDraft(`note:${keyOf(of)}`);
	const form = useForm();
	const leave = async () => {
		await leaveNote(of, text.trim());
		sent(text);
		onDone();
	};
	return (
		<Card icon="write" title={t("rota.notes")}>
			<ul class="stack-tight">
				{rota.notes.map((note) => (
					<li key={note.id} class="own-words">
						<p dir="auto">{note.text}</p>
						<p class="soft">
							<bdi>{personName(note.author)}</bdi>{dot()}<TimeAgo at={note.at} ago={ago(note.at, now.value)} moment={moment(note.at)} />
						</p>
					</li>
				))}
			</ul>
			<form
				class="stack-tight"
				onSubmit={(event) => {
					event.preventDefault();
					if (text.trim() !== "") void form.submit(leave);
				}}
			>
				<Field label={t("rota.note")} hint={t("rota.note_hint")} value={text} onValue={setText} lines={2} maxLength={noteLongest} />
				{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
				<Button wide submit busy={form.busy} disabled={text.trim() === "" || offline()}>
					{t("rota.leave_note")}
				</Button>
			</form>
		</Card>
	);
}

/** The week, day by day. Whoever looks after the organisation adds hours and takes them out. */
function Week({ of, rota, staff, admin, empty, onDone }: Props) {
	const [adding, setAdding] = useState(false);
	const form = useForm();
	/** What the hub has been given since the week was read: the next change begins from that, though it is not read anew yet. */
	const given = useRef<{ readonly since: Rota; readonly slots: readonly RotaSlot[] }>();
	const change = (how: (slots: readonly RotaSlot[]) => readonly RotaSlot[]) =>
		form.submit(async () => {
			const slots = how(given.current?.since === rota ? given.current.slots : rota.slots);
			await setRota(of, slots);
			given.current = { since: rota, slots };
			setAdding(false);
			onDone();
		});
	return (
		<Card icon="rota" title={t("rota.week")}>
			{rota.slots.length === 0 && <p class="soft">{empty}</p>}
			<dl class="week">
				{weekdays()
					.filter((day) => rota.slots.some((slot) => slot.weekday === day))
					.map((day) => (
						<div key={day}>
							<dt>{weekdayName(day)}</dt>
							{inOrder(rota.slots, day).map((slot) => (
								<dd key={`${slot.from} ${slot.user}`} class="row">
									<span class="grow">
										{t("rota.hours", { From: hourOf(slot.from), Until: hourOf(slot.until) })}{dot()}<bdi>{personName(slot.user)}</bdi>
										<span class="soft">{t("rota.place", { Number: number(slot.place) })}</span>
									</span>
									{admin && (
										<Button
											kind="quiet"
											icon="trash"
											iconOnly
											busy={form.busy}
											disabled={offline()}
											onPress={() => void change((slots) => slots.filter((one) => one !== slot))}
										>
											{t("rota.remove")}
										</Button>
									)}
								</dd>
							))}
						</div>
					))}
			</dl>
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			{admin && (
				<Button wide icon="plus" disabled={offline()} onPress={() => setAdding(true)}>
					{t("rota.add")}
				</Button>
			)}
			{adding && <Adding staff={staff} busy={form.busy} onClose={() => setAdding(false)} onAdd={(added) => void change((slots) => [...slots, ...added])} />}
		</Card>
	);
}

const hours = Array.from({ length: 25 }, (_, n) => n * 60);
const everyDay = "all";

function Adding({ staff, busy, onAdd, onClose }: { staff: readonly Person[]; busy: boolean; onAdd: (added: RotaSlot[]) => void; onClose: () => void }) {
	const [day, setDay] = useState(everyDay);
	const [from, setFrom] = useState(8 * 60);
	const [until, setUntil] = useState(20 * 60);
	const [user, setUser] = useState<string>(staff[0]?.id ?? "");
	const [place, setPlace] = useState("1");
	const days = day === everyDay ? weekdays() : [Number(day)];
	const add = () => onAdd(days.map((weekday) => ({ weekday, from, until, user: user as UserId, place: Number(place) })));
	const hour = (at: number) => ({ value: String(at), label: hourOf(at) });
	return (
		<Dialog title={t("rota.add")} close={t("act.close")} onClose={onClose}>
			<form
				class="stack"
				onSubmit={(event) => {
					event.preventDefault();
					if (user !== "") add();
				}}
			>
				<Who label={t("rota.who")} staff={staff} value={user} onValue={setUser} />
				<Select
					label={t("date.day")}
					value={day}
					onValue={setDay}
					options={[{ value: everyDay, label: t("rota.every_day") }, ...weekdays().map((one) => ({ value: String(one), label: weekdayName(one) }))]}
				/>
				<Select label={t("rota.from")} value={String(from)} onValue={(at) => setFrom(Number(at))} options={hours.slice(0, 24).map(hour)} />
				<Select label={t("rota.until")} hint={t("rota.until_hint")} value={String(until)} onValue={(at) => setUntil(Number(at))} options={hours.slice(1).map(hour)} />
				<Select
					label={t("rota.order")}
					value={place}
					onValue={setPlace}
					options={["1", "2", "3"].map((value) => ({ value, label: t("rota.place", { Number: number(Number(value)) }) }))}
				/>
				<NeedsLine />
				<Button kind="main" wide submit busy={busy} disabled={offline()}>
					{t("act.save")}
				</Button>
			</form>
		</Dialog>
	);
}

function Who({ label, staff, value, onValue }: { label: string; staff: readonly Person[]; value: string; onValue: (user: string) => void }) {
	return <Select label={label} value={value} onValue={onValue} options={staff.map(({ id, name }) => ({ value: id, label: name }))} />;
}

/** Who is on duty in another's place, for a span. */
function StandIns({ of, rota, staff, admin, onDone }: Props) {
	const [adding, setAdding] = useState(false);
	const form = useForm();
	const mine = admin || staff.some(({ id }) => id === me.value?.id); // whoever stands in may say so
	const take = (id: string) =>
		form.submit(async () => {
			await removeStandIn(of, id);
			onDone();
		});
	return (
		<Card icon="people" title={t("rota.stand_ins")}>
			{rota.standIns.length === 0 && <p class="soft">{t("rota.stand_ins_empty")}</p>}
			<ul class="stack-tight">
				{rota.standIns.map((one) => (
					<li key={one.id} class="row">
						<span class="grow">
							<bdi>{personName(one.user)}</bdi>{dot()}{t("rota.hours", { From: moment(one.from), Until: moment(one.until) })}
							{one.instead !== "" && <span class="soft">{dot()}{t("rota.instead_of", { Name: personName(one.instead) })}</span>}
							{one.note !== "" && (
								<span class="soft" dir="auto">
									{" "}
									{dot()}<bdi>{one.note}</bdi>
								</span>
							)}
						</span>
						{(admin || one.user === me.value?.id) && (
							<Button kind="quiet" icon="trash" iconOnly busy={form.busy} disabled={offline()} onPress={() => void take(one.id)}>
								{t("rota.remove")}
							</Button>
						)}
					</li>
				))}
			</ul>
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			{mine && (
				<Button wide icon="plus" disabled={offline()} onPress={() => setAdding(true)}>
					{t("rota.stand_in")}
				</Button>
			)}
			{adding && <AddStandIn of={of} staff={staff} standing={admin ? staff : staff.filter(({ id }) => id === me.value?.id)} onClose={() => setAdding(false)} onDone={onDone} />}
		</Card>
	);
}

const hour = 3_600_000;
const spans = [4, 8, 12, 24, 48, 72, 168];

interface AddProps extends Pick<Props, "of" | "staff" | "onDone"> {
	/** Who may be put in another's place. */
	standing: readonly Person[];
	onClose: () => void;
}

function AddStandIn({ of, staff, standing, onClose, onDone }: AddProps) {
	const first = Math.floor(hubNow() / hour) * hour;
	const begins = Array.from({ length: 72 }, (_, n) => first + n * hour);
	const [user, setUser] = useState<string>(standing[0]?.id ?? "");
	const [instead, setInstead] = useState("");
	const [from, setFrom] = useState(String(first));
	const [span, setSpan] = useState("8");
	const [note, setNote] = useDraft(`stand-in:${keyOf(of)}`);
	const form = useForm();
	const add = async () => {
		await addStandIn(of, { from: Number(from), until: Number(from) + Number(span) * hour, user: user as UserId, instead, note: note.trim() });
		setNote("");
		onClose();
		onDone();
	};
	return (
		<Dialog title={t("rota.stand_in")} close={t("act.close")} onClose={onClose}>
			<form
				class="stack"
				onSubmit={(event) => {
					event.preventDefault();
					if (user !== "") void form.submit(add);
				}}
			>
				<Who label={t("rota.who")} staff={standing} value={user} onValue={setUser} />
				<Select
					label={t("rota.instead")}
					value={instead}
					onValue={setInstead}
					options={[{ value: "", label: t("new_alert.nobody") }, ...staff.filter(({ id }) => id !== user).map(({ id, name }) => ({ value: id, label: name }))]}
				/>
				<Select label={t("rota.from")} value={from} onValue={setFrom} options={begins.map((at) => ({ value: String(at), label: moment(at) }))} />
				<Select
					label={t("duty.how_long")}
					value={span}
					onValue={setSpan}
					options={spans.map((one) => ({ value: String(one), label: t("duty.hours", { Count: one }) }))}
				/>
				<Field label={t("rota.stand_in_note")} value={note} onValue={setNote} maxLength={160} />
				{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
				<NeedsLine />
				<Button kind="main" wide submit busy={form.busy} disabled={offline()}>
					{t("act.save")}
				</Button>
			</form>
		</Dialog>
	);
}
