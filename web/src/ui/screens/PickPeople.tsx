import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Person, UserId } from "../../state";
import { client, me, organisationsById } from "../client";
import { Icon } from "../kit/Icon";
import { List } from "../kit/List";
import { Button } from "../kit/Button";
import { Portrait } from "../media/Portrait";
import { number } from "../say";
import { usePeople } from "./load";
import { Search } from "./Search";

interface Props {
	label: string;
	picked: readonly UserId[];
	onPicked: (picked: readonly UserId[]) => void;
	/** Who need not be shown: they are in already. */
	without?: ReadonlySet<string>;
}

/** So many are shown at once; the search finds the others. */
const shownAtOnce = 30;

/** Picks people of the network, by name or organisation. */
export function PickPeople({ label, picked, onPicked, without }: Props) {
	const [wanted, setWanted] = useState("");
	const loading = usePeople();
	const my = me.value?.id;
	const people = client.people.value?.filter((one) => one.id !== my && !without?.has(one.id) && matches(one, wanted));
	const toggle = (id: UserId) => onPicked(picked.includes(id) ? picked.filter((one) => one !== id) : [...picked, id]);
	return (
		<section class="stack-tight">
			<h2 class="group-title">
				{label}
				{picked.length > 0 && <span class="badge">{number(picked.length)}</span>}
			</h2>
			<Search label={t("people.search")} value={wanted} onValue={setWanted} />
			<List
				label={label}
				items={people?.slice(0, shownAtOnce)}
				loading={t("act.loading")}
				empty={{ text: t("people.nobody"), icon: "people" }}
				failed={loading.failed === undefined ? undefined : { text: loading.failed, act: <Again onPress={loading.again} /> }}
				render={(person) => (
					<li key={person.id}>
						<PickRow person={person} picked={picked.includes(person.id)} onPress={() => toggle(person.id)} />
					</li>
				)}
			/>
			{people !== undefined && people.length > shownAtOnce && (
				<p class="soft">{t("people.more", { Count: people.length - shownAtOnce })}</p>
			)}
		</section>
	);
}

export function Again({ onPress }: { onPress: () => void }) {
	return (
		<Button icon="refresh" onPress={onPress}>
			{t("act.try_again")}
		</Button>
	);
}

function PickRow({ person, picked, onPress }: { person: Person; picked: boolean; onPress: () => void }) {
	return (
		<button type="button" class="row-item" data-row="" aria-pressed={picked} onClick={onPress}>
			<Portrait name={person.name} picture={person.picture} />
			<span class="words">
				<bdi class="title">{person.name}</bdi>
				<bdi class="detail">{organisationsById.value.get(person.organisation ?? "")?.name ?? ""}</bdi>
			</span>
			<span class="end">{picked ? <Icon name="check" /> : <Icon name="plus" />}</span>
		</button>
	);
}

function matches(person: Person, wanted: string): boolean {
	const needle = wanted.trim().toLocaleLowerCase();
	const organisation = organisationsById.value.get(person.organisation ?? "")?.name ?? "";
	return needle === "" || `${person.name} ${person.id} ${organisation}`.toLocaleLowerCase().includes(needle);
}
