import { useState } from "preact/hooks";
import { hasNativeDigits, languages, t, type Tag, usual } from "../../i18n";
import type { Settings as Chosen } from "../../state";
import { client, me } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Card } from "../kit/Card";
import { Choices, Field } from "../kit/Field";
import { toast } from "../kit/Toast";
import PortraitSettings from "../media/PortraitSettings";
import { roleName } from "../names";
import { bytes, dot, language, moment, now, trouble } from "../say";
import { shown } from "../shell/OutboxLine";
import { link } from "../shell/router";
import { setTextSize, type TextSize, textSize, type Theme, theme } from "../shell/theme";
import { Correct } from "./Correct";
import { useForm } from "./form";
import { turn } from "./Tongues";

/** A choice that is not made follows the language and the country; so "as usual" takes a choice back. */
async function choose(change: { [K in keyof Chosen]?: Chosen[K] | undefined }): Promise<void> {
	try {
		await client.own.set(change as Chosen);
	} catch (error) {
		toast(trouble(error), "warning");
	}
}

/** A person's own: language, calendar, looks, name, devices, and the way out. */
export default function Settings() {
	return (
		<div class="column stack">
			<Card title={t("settings.language_and_time")} icon="language">
				<Language />
				<Times />
			</Card>
			<Card title={t("settings.looks")} icon="show">
				<Looks />
			</Card>
			<Card title={t("settings.you")} icon="people">
				<PortraitSettings />
				<You />
			</Card>
			<Card title={t("settings.pictures")} icon="picture">
				<Pictures />
			</Card>
			<Card title={t("settings.own")} icon="write">
				<Button wide href={link({ at: "about" })} icon="write">
					{t("about.title")}
				</Button>
				<Button wide href={link({ at: "blocked" })} icon="block">
					{t("blocked.title")}
				</Button>
				<Button wide href={link({ at: "leaving" })} icon="save">
					{t("leaving.open")}
				</Button>
			</Card>
			<Card title={t("signin.title")} icon="key">
				<p>{t("signin.what")}</p>
				<Button wide href={link({ at: "sign-in-settings" })} icon="key">
					{t("signin.open")}
				</Button>
			</Card>
			<Card title={t("notices.title")} icon="bell">
				<p>{t("notices.what")}</p>
				<Button wide href={link({ at: "notices" })} icon="bell">
					{t("notices.open")}
				</Button>
			</Card>
			<Card title={t("lock.settings")} icon="lock">
				<p>{t("lock.settings_what")}</p>
				<Button wide href={link({ at: "lock" })} icon="lock">
					{t("lock.settings_open")}
				</Button>
			</Card>
			<Card title={t("line.used")} icon="down">
				<Used />
			</Card>
			<Card title={t("guide.title")} icon="help">
				<Button wide href={link({ at: "guide" })} icon="help">
					{t("guide.open")}
				</Button>
			</Card>
			<Card title={t("catalog.title")} icon="info">
				<p>{t("catalog.review")}</p>
				<Correct />
				{client.may("see_corrections") && (
					<Button wide href={link({ at: "corrections" })} icon="language">
						{t("corrections.title")}
					</Button>
				)}
			</Card>
			<SignOut />
		</div>
	);
}

function Language() {
	const [picked, setPicked] = useState<Tag>();
	const pick = async (tag: Tag) => {
		setPicked(tag); // shown at once; its words may still be on their way
		await turn(tag);
		setPicked(undefined);
		await choose({ language: tag });
	};
	return (
		<Choices
			label={t("settings.language")}
			value={picked ?? language.value}
			onValue={(value) => void pick(value as Tag)}
			options={languages.map(({ tag, name }) => ({ value: tag, label: name, lang: tag }))}
		/>
	);
}

function Times() {
	const { calendar, digits, clock } = client.settings.value;
	const own = usual(me.value?.organisation?.country);
	return (
		<>
			<Choices
				label={t("settings.calendar")}
				hint={moment(now.value)}
				value={calendar ?? own.calendar}
				onValue={(value) => void choose({ calendar: value as "solar" | "gregorian" })}
				options={[
					{ value: "solar", label: t("settings.solar") },
					{ value: "gregorian", label: t("settings.gregorian") },
				]}
			/>
			<Choices
				label={t("settings.clock")}
				value={clock ?? own.clock}
				onValue={(value) => void choose({ clock: value as "12" | "24" })}
				options={[
					{ value: "24", label: t("settings.clock_24") },
					{ value: "12", label: t("settings.clock_12") },
				]}
			/>
			{hasNativeDigits(language.value) && (
				<Choices
					label={t("settings.digits")}
					value={digits ?? own.digits}
					onValue={(value) => void choose({ digits: value as "native" | "latin" })}
					options={[
						{ value: "native", label: "۱۲۳" },
						{ value: "latin", label: "123" },
					]}
				/>
			)}
		</>
	);
}

function Looks() {
	const pick = (value: string) => {
		theme.value = value as Theme;
		void choose({ theme: value === "system" ? undefined : (value as "light" | "dark" | "contrast") });
	};
	return (
		<>
			<Choices
				label={t("settings.theme")}
				value={theme.value}
				onValue={pick}
				options={[
					{ value: "system", label: t("settings.theme_system") },
					{ value: "light", label: t("settings.theme_light") },
					{ value: "dark", label: t("settings.theme_dark") },
					{ value: "contrast", label: t("settings.theme_contrast") },
				]}
			/>
			<Choices
				label={t("settings.text")}
				value={textSize.value}
				onValue={(value) => setTextSize(value as TextSize)}
				options={[
					{ value: "normal", label: t("settings.text_normal") },
					{ value: "large", label: t("settings.text_large") },
					{ value: "largest", label: t("settings.text_largest") },
				]}
			/>
		</>
	);
}

/** When pictures are fetched: what a person pays for by the megabyte is theirs to decide. */
function Pictures() {
	return (
		<Choices
			label={t("settings.pictures_when")}
			hint={t("settings.pictures_hint")}
			value={client.settings.value.pictures ?? "free"}
			onValue={(value) => void choose({ pictures: value as "always" | "free" | "press" })}
			options={[
				{ value: "always", label: t("settings.pictures_always") },
				{ value: "free", label: t("settings.pictures_free") },
				{ value: "press", label: t("settings.pictures_press") },
			]}
		/>
	);
}

function You() {
	const person = me.value;
	const [name, setName] = useState(person?.name ?? "");
	const form = useForm<"name">({ "error.bad_name": "name" });
	const save = async () => {
		const done = await client.own.setName(name.trim());
		if (done === "waiting") toast(t("outbox.later"), "clock");
		else toast(t("settings.name_saved"));
	};
	return (
		<form
			class="stack-tight"
			noValidate
			onSubmit={(event) => {
				event.preventDefault();
				void form.submit(save, () => (name.trim() === "" ? { name: t("invited.name_missing") } : {}));
			}}
		>
			{person && (
				<p class="soft">
					<bdi dir="ltr">{person.id}</bdi>{dot()}{roleName(person.role)}
					{person.organisation && (
						<>
							{dot()}
							<bdi>{person.organisation.name}</bdi>
						</>
					)}
				</p>
			)}
			<Field label={t("invited.name")} value={name} onValue={setName} maxLength={80} wrong={form.wrong.name} />
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			{name.trim() !== person?.name && (
				<Button submit busy={form.busy} kind="main">
					{t("act.save")}
				</Button>
			)}
		</form>
	);
}

/** How much came and went over the line: what a person pays for. */
function Used() {
	const { month, all } = client.used.value;
	return (
		<>
			<p>{t("line.used_month", { Size: bytes(month) })}</p>
			<p class="soft">{t("line.used_all", { Size: bytes(all) })}</p>
		</>
	);
}

/** What still waits to be sent would be lost, so that is said first. */
function SignOut() {
	const [asked, setAsked] = useState(false);
	const waiting = shown(client.outbox.value).length;
	const form = useForm();
	const leave = () => (asked || waiting === 0 ? void form.submit(() => client.door.signOut()) : setAsked(true));
	return (
		<section class="stack-tight">
			{asked && <Banner tone="warn">{t("settings.sign_out_waiting", { Count: waiting })}</Banner>}
			<Button kind="danger" wide icon="door" busy={form.busy} onPress={leave}>
				{t("settings.sign_out")}
			</Button>
		</section>
	);
}
