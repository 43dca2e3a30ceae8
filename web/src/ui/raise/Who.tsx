import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Kind, Role, UserId } from "../../state";
import type { Choice } from "../../state/alertDraft";
import { type Audience, audienceOf, type Reach } from "../../state/alertSend";
import { client, me } from "../client";
import { Banner } from "../kit/Banner";
import { Icon } from "../kit/Icon";
import { Outline } from "../kit/List";
import { Toggles } from "../kit/Toggles";
import { countries, countryName, kindName, roleName } from "../names";
import { dot, number, trouble } from "../say";
import { Again, PickPeople } from "../screens/PickPeople";

const fieldKinds: readonly Kind[] = ["ngo", "shelter", "hotline"];
const officialKinds: readonly Kind[] = ["government", "international"];
const actingRoles: readonly Role[] = ["admin", "member", "interpreter"];
const allRoles: readonly Role[] = [...actingRoles, "observer"];

interface Props {
	choice: Choice;
	areas: readonly string[];
	tlp: string;
	onChoice: (choice: Choice) => void;
}

/** The countries of an alert's places, where those who must act are looked for first. */
const countriesOf = (areas: readonly string[]): string[] => [...new Set(areas.map((area) => area.slice(0, 2)))];

/** To whom the alert goes: proposed, shown as names and numbers, and the sender's to change. */
export function Who(props: Props) {
	if (props.tlp === "RED") return <Named {...props} />;
	return <ByOrganisation {...props} />;
}

/** RED goes to people by name, and to nobody else. */
function Named({ choice, onChoice }: Props) {
	const pick = (people: readonly UserId[]) => onChoice({ people, ...(choice.officials && { officials: true }) });
	return (
		<section class="stack">
			<Banner icon="lock">{t("who.red")}</Banner>
			<PickPeople label={t("who.people")} picked={(choice.people ?? []) as readonly UserId[]} onPicked={pick} />
			<Officials choice={choice} onChoice={onChoice} />
		</section>
	);
}

function ByOrganisation({ choice, areas, tlp, onChoice }: Props) {
	const { people: _named, ...rest } = choice;
	const change = (to: Choice) => onChoice({ ...rest, ...to });
	return (
		<section class="stack">
			<Reached choice={rest} areas={areas} tlp={tlp} onChoice={onChoice} />
			<Toggles
				label={t("who.countries")}
				values={choice.countries ?? countriesOf(areas)}
				onValues={(to) => to.length > 0 && change({ countries: to })}
				options={countries.map((value) => ({ value, label: countryName(value) }))}
			/>
			<Abroad choice={rest} areas={areas} tlp={tlp} onChoice={onChoice} />
			<Officials choice={rest} onChoice={onChoice} />
			<details class="more">
				<summary>{t("who.narrower")}</summary>
				<div class="stack">
					<Toggles
						label={t("who.kinds")}
						values={choice.kinds?.filter((kind) => !officialKinds.includes(kind)) ?? fieldKinds}
						onValues={(to) => to.length > 0 && change({ kinds: withOfficials(to as Kind[], choice.officials) })}
						options={fieldKinds.map((value) => ({ value, label: kindName(value) }))}
					/>
					<Toggles
						label={t("who.roles")}
						values={choice.roles ?? actingRoles}
						onValues={(to) => to.length > 0 && change({ roles: to as Role[] })}
						options={allRoles.map((value) => ({ value, label: roleName(value) }))}
					/>
				</div>
			</details>
		</section>
	);
}

/** Labels under which an alert may leave this hub. */
const crossing: readonly string[] = ["AMBER", "GREEN", "CLEAR"];

/** Organisations of other hubs get an alert when its sender names them, and its label lets it leave. */
function Abroad({ choice, areas, tlp, onChoice }: Props) {
	const named = choice.organisations ?? [];
	const all = client.abroad.value.filter((one) => choice.officials || !officialKinds.includes(one.kind) || named.includes(one.id));
	const may = crossing.includes(tlp);
	const shown = may ? all : all.filter((one) => named.includes(one.id));
	if (shown.length === 0) return null;
	const pick = (hub: string, ids: readonly string[]) => {
		const { organisations: _was, ...rest } = choice;
		const organisations = [...named.filter((id) => !shown.some((one) => one.hub === hub && one.id === id)), ...ids];
		// Whoever names organisations says all: the countries that stand here are said as well.
		onChoice({ countries: countriesOf(areas), ...rest, ...(organisations.length > 0 && { organisations }) });
	};
	return (
		<fieldset class="stack">
			<legend>{t("who.abroad")}</legend>
			{may ? <p class="soft">{t("who.abroad_hint")}</p> : <Banner tone="warn">{t("error.alert_tlp_hubs")}</Banner>}
			{[...new Set(shown.map(({ hub }) => hub))].map((hub) => (
				<Toggles
					key={hub}
					label={t("abroad.hub", { Name: hub })}
					values={named}
					onValues={(to) => pick(hub, to.filter((id) => shown.some((one) => one.hub === hub && one.id === id)))}
					options={shown.filter((one) => one.hub === hub).map(({ id, name, country }) => ({ value: id, label: `${name}${dot()}${countryName(country)}` }))}
				/>
			))}
		</fieldset>
	);
}

const withOfficials = (kinds: readonly Kind[], officials = false): readonly Kind[] => (officials ? [...kinds, ...officialKinds] : kinds);

/** Officials can be involved: they get an alert only when its sender says so. */
function Officials({ choice, onChoice }: { choice: Choice; onChoice: (choice: Choice) => void }) {
	const turn = (on: boolean) => {
		const { officials: _was, kinds, ...rest } = choice;
		const field = kinds?.filter((kind) => !officialKinds.includes(kind));
		onChoice({ ...rest, ...(field && { kinds: withOfficials(field, on) }), ...(on && { officials: true }) });
	};
	return (
		<>
			<Toggles
				label={t("who.officials")}
				hint={t("who.officials_hint")}
				values={choice.officials ? ["on"] : []}
				onValues={(to) => turn(to.length > 0)}
				options={[{ value: "on", label: t("who.officials_too") }]}
			/>
			{choice.officials && <Banner tone="warn">{t("who.officials_warning")}</Banner>}
		</>
	);
}

/** Names and numbers, asked of the hub after each change; each organisation can be left out. */
function Reached({ choice, areas, tlp, onChoice }: Props) {
	const { found, failed, again } = useAudience(choice, areas, tlp);
	const left = choice.without ?? [];
	const turn = (id: string) => {
		const without = left.includes(id) ? left.filter((one) => one !== id) : [...left, id];
		const { without: _was, ...rest } = choice;
		onChoice({ ...rest, ...(without.length > 0 && { without }) });
	};
	if (failed !== undefined) {
		return (
			<Banner tone="warn" act={<Again onPress={again} />}>
				{failed} {t("who.unknown")}
			</Banner>
		);
	}
	if (!found) return <Outline rows={3} label={t("act.loading")} />;
	return (
		<section class="stack-tight" aria-live="polite">
			<p class="who-sum">
				<Icon name="people" />
				<strong>
					{t("people.count", { Count: found.people })}{dot()}{t("who.organisations", { Count: found.organisations.length + found.abroad.length })}
				</strong>
			</p>
			{found.people === 0 && found.abroad.length === 0 && <Banner tone="warn">{t("error.alert_nobody")}</Banner>}
			<ul class="who" aria-label={t("who.title")}>
				{shownWith(found.organisations, left).map((one) => (
					<li key={one.id}>
						<One reach={one} out={left.includes(one.id)} onTurn={() => turn(one.id)} />
					</li>
				))}
			</ul>
		</section>
	);
}

/** Whom the hub names, and those left out, who could be taken in again. */
function shownWith(reached: readonly Reach[], left: readonly string[]): Reach[] {
	const out = (client.organisations.value ?? []).filter((one) => left.includes(one.id)).map(({ id, name, kind, country }) => ({ id, name, kind, country, people: 0 }));
	return [...reached, ...out];
}

function One({ reach, out, onTurn }: { reach: Reach; out: boolean; onTurn: () => void }) {
	const own = reach.id === me.value?.organisation?.id;
	const inside = (
		<>
			<span class="words">
				<span class="title">
					<bdi>{reach.name}</bdi>
				</span>
				<span class="detail">
					{kindName(reach.kind)}{dot()}{countryName(reach.country)}
				</span>
			</span>
			<span class="end">
				{out ? <span class="soft">{t("who.left_out")}</span> : <span class="count">{number(reach.people)}</span>}
				{!own && <Icon name={out ? "plus" : "check"} />}
			</span>
		</>
	);
	if (own) return <div class="row-item">{inside}</div>;
	return (
		<button type="button" class="row-item" data-row="" aria-pressed={!out} onClick={onTurn}>
			{inside}
		</button>
	);
}

interface Asked {
	found: Audience | undefined;
	failed: string | undefined;
	again: () => void;
}

/** Asks the hub to whom a choice leads. An answer that a later question has overtaken is not shown. */
function useAudience(choice: Choice, areas: readonly string[], tlp: string): Asked {
	const [found, setFound] = useState<Audience>();
	const [failed, setFailed] = useState<string>();
	const [tries, setTries] = useState(0);
	const connected = client.line.value.state === "connected";
	useEffect(() => {
		let overtaken = false;
		audienceOf(choice, areas, tlp).then(
			(audience) => {
				if (overtaken) return;
				setFailed(undefined);
				setFound(audience);
			},
			(error: unknown) => !overtaken && setFailed(trouble(error)),
		);
		return () => {
			overtaken = true;
		};
	}, [JSON.stringify(choice), areas.join(" "), tlp, tries, connected]);
	return { found, failed, again: () => setTries(tries + 1) };
}
