import { useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Room, RoomId } from "../../state";
import { addSource, type Feed, feeds, importCap, makeFeed, type NewFeed, removeSource, revokeFeed, type Source, sources } from "../../state/exchange";
import { client, me, organisationsById, peopleById } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Card } from "../kit/Card";
import { Field, Select } from "../kit/Field";
import { List, Row } from "../kit/List";
import { toast } from "../kit/Toast";
import { roomName, spaceOf } from "../names";
import { ago, dot, now, number } from "../say";
import { useForm } from "../screens/form";
import { asOf, useLoading, usePeople } from "../screens/load";
import { Again } from "../screens/PickPeople";
import { go } from "../shell/router";
import "./raise.css";

/** Alerts to and from programs that are no hubs: feeds of one's own behind a token, files, and feeds of others. */
export default function Exchange() {
	return (
		<div class="column stack">
			<p class="soft">{t("exchange_with.what")}</p>
			{client.may("share_alerts") && <OwnFeeds />}
			<FromFile />
			{client.may("read_feeds") && <OthersFeeds />}
		</div>
	);
}

/** The channels that one may write in, with the space that each is in. */
const channels = () =>
	[...client.rooms.value.values()]
		.filter((room) => !room.space && !room.alerts)
		.map((room) => {
			const space = spaceOf(room);
			return { value: room.id as string, label: space ? `${roomName(space)}${dot()}${roomName(room)}` : roomName(room) };
		});

/** Organisations that a channel of alerts is named by; of the others it says how many there are. */
const mostNamed = 3;

/** A channel of alerts has no name: it is told by the other organisations whose people are in it. */
function audienceName(room: Room): string {
	const own = me.value?.organisation?.id;
	const joined = [...room.members.values()].filter(({ membership }) => membership === "join");
	const ids = new Set(joined.flatMap(({ id }) => peopleById.value.get(id)?.organisation ?? []));
	const others = [...ids].filter((id) => id !== own);
	const names = (others.length === 0 ? [...ids] : others).flatMap((id) => organisationsById.value.get(id)?.name ?? []).sort();
	const more = names.length > mostNamed ? [`+${number(names.length - mostNamed)}`] : [];
	return [...names.slice(0, mostNamed), ...more].join(dot());
}

const whichOf = (room: RoomId | undefined): string => {
	const known = room === undefined ? undefined : client.rooms.value.get(room);
	if (room === undefined) return t("exchange_with.which_all");
	return t("exchange_with.which_one", { Names: (known && audienceName(known)) || t("channel.unnamed") });
};

/** All that the organisation gets, or the alerts of one audience. */
const audiences = () => [
	{ value: "", label: t("exchange_with.which_all") },
	...[...client.rooms.value.values()].filter((room) => room.alerts).map(({ id }) => ({ value: id as string, label: whichOf(id) })),
];

function OwnFeeds() {
	usePeople();
	const [all, setAll] = useState<readonly Feed[]>();
	const [which, setWhich] = useState("");
	const [made, setMade] = useState<NewFeed>();
	const [name, setName] = useState("");
	const { failed, again } = useLoading(async () => setAll(await feeds()));
	const form = useForm();
	const make = async () => {
		setMade(await makeFeed(name.trim(), which === "" ? undefined : (which as RoomId)));
		setName("");
		setWhich("");
		again();
	};
	const revoke = async (id: string) => {
		await revokeFeed(id);
		again();
	};
	return (
		<Card icon="share" title={t("exchange_with.own")}>
			<p class="soft">{t("exchange_with.own_what")}</p>
			<List
				label={t("exchange_with.own")}
				items={all}
				rows={1}
				loading={t("act.loading")}
				asOf={asOf()}
				empty={{ text: t("exchange_with.own_empty"), icon: "share" }}
				failed={failed === undefined ? undefined : { text: failed, act: <Again onPress={again} /> }}
				render={(one) => (
					<li key={one.id} class="row">
						<span class="grow">
							<bdi>{one.name}</bdi>
							<span class="soft">{dot()}{whichOf(one.room)}</span>
							<span class="soft">{dot()}{one.usedAt === 0 ? t("exchange_with.unused") : t("exchange_with.used", { Time: ago(one.usedAt, now.value) })}</span>
						</span>
						<Button kind="danger" busy={form.busy} onPress={() => void form.submit(() => revoke(one.id))}>
							{t("exchange_with.revoke")}
						</Button>
					</li>
				)}
			/>
			{made && <Made feed={made} />}
			<form
				class="stack-tight"
				onSubmit={(event) => {
					event.preventDefault();
					if (name.trim() !== "") void form.submit(make);
				}}
			>
				<Field label={t("exchange_with.name")} hint={t("exchange_with.name_hint")} value={name} onValue={setName} maxLength={80} />
				<Select label={t("exchange_with.which")} value={which} onValue={setWhich} options={audiences()} />
				{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
				<Button wide icon="plus" submit busy={form.busy} disabled={name.trim() === ""}>
					{t("exchange_with.make")}
				</Button>
			</form>
		</Card>
	);
}

/** The token is shown this once. */
function Made({ feed }: { feed: NewFeed }) {
	const copy = async () => {
		try {
			await navigator.clipboard.writeText(feed.token);
			toast(t("invite_person.copied"));
		} catch {
			toast(t("invite_person.not_copied"), "warning");
		}
	};
	return (
		<Banner icon="key">
			<p>{t("exchange_with.once")}</p>
			<p dir="ltr">
				<bdi class="found">{feed.address}</bdi>
				<bdi class="found">{feed.token}</bdi>
			</p>
			<Button wide icon="copy" onPress={() => void copy()}>
				{t("exchange_with.copy")}
			</Button>
		</Banner>
	);
}

function FromFile() {
	const all = channels();
	const [room, setRoom] = useState("");
	const box = useRef<HTMLInputElement>(null);
	const form = useForm();
	const chosen = room || (all[0]?.value ?? "");
	const take = async (file: File) => {
		await importCap(chosen as RoomId, file);
		go({ at: "channel", room: chosen, details: false });
	};
	return (
		<Card icon="file" title={t("exchange_with.file")}>
			<p class="soft">{t("exchange_with.file_what")}</p>
			<Select label={t("exchange_with.channel")} value={chosen} onValue={setRoom} options={all} />
			<input
				ref={box}
				type="file"
				accept=".xml,.cap,application/xml,application/cap+xml,text/xml"
				hidden
				onChange={(event) => {
					const file = event.currentTarget.files?.[0];
					event.currentTarget.value = "";
					if (file) void form.submit(() => take(file));
				}}
			/>
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button wide icon="attach" busy={form.busy} disabled={chosen === ""} onPress={() => box.current?.click()}>
				{t("exchange_with.choose")}
			</Button>
		</Card>
	);
}

function OthersFeeds() {
	const rooms = channels();
	const [all, setAll] = useState<readonly Source[]>();
	const [address, setAddress] = useState("");
	const [room, setRoom] = useState("");
	const { failed, again } = useLoading(async () => setAll(await sources()));
	const form = useForm();
	const chosen = room || (rooms[0]?.value ?? "");
	const add = async () => {
		await addSource(chosen as RoomId, address.trim());
		setAddress("");
		again();
	};
	const remove = async (id: string) => {
		await removeSource(id);
		again();
	};
	return (
		<Card icon="globe" title={t("exchange_with.others")}>
			<p class="soft">{t("exchange_with.others_what")}</p>
			<List
				label={t("exchange_with.others")}
				items={all}
				rows={1}
				loading={t("act.loading")}
				asOf={asOf()}
				empty={{ text: t("exchange_with.others_empty"), icon: "globe" }}
				failed={failed === undefined ? undefined : { text: failed, act: <Again onPress={again} /> }}
				render={(one) => (
					<li key={one.id} class="stack-tight">
						<Row title={<bdi dir="ltr">{one.address}</bdi>} detail={nameOf(one.room)} />
						{one.trouble !== "" && <Banner tone="warn">{t(one.trouble)}</Banner>}
						<Button kind="danger" busy={form.busy} onPress={() => void form.submit(() => remove(one.id))}>
							{t("exchange_with.stop")}
						</Button>
					</li>
				)}
			/>
			<form
				class="stack-tight"
				onSubmit={(event) => {
					event.preventDefault();
					if (address.trim() !== "" && chosen !== "") void form.submit(add);
				}}
			>
				<Field label={t("exchange_with.address")} value={address} onValue={setAddress} dir="ltr" maxLength={500} />
				<Select label={t("exchange_with.channel")} value={chosen} onValue={setRoom} options={rooms} />
				{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
				<Button wide icon="plus" submit busy={form.busy} disabled={address.trim() === ""}>
					{t("exchange_with.read")}
				</Button>
			</form>
		</Card>
	);
}

function nameOf(id: RoomId): string {
	const room = client.rooms.value.get(id);
	return room ? roomName(room) : t("channel.unnamed");
}
