import { t } from "../../i18n";
import type { Found } from "../../state/places/model";
import { mostAsked, type Wish } from "../../state/places/wish";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Icon } from "../kit/Icon";
import { Face, Outline } from "../kit/List";
import { mayRaise } from "../raise/Ways";
import { dot, moment, now } from "../say";
import { Again } from "../screens/PickPeople";
import { link } from "../shell/router";
import { OtherHub } from "./OtherHub";
import { ageOf, criterionWords, named, shelterWhere } from "./words";

interface Props {
	found: Found | undefined;
	/** When they were read, where the hub cannot be asked now; Unix milliseconds. */
	asOf?: number | undefined;
	failed: string | undefined;
	again: () => void;
	wish: Wish;
	onTurn: (shelter: string) => void;
}

/** Who could take them, best first, as the hub gives it; that nothing is free is said before all else. */
export function Results({ found, asOf, failed, again, wish, onTurn }: Props) {
	if (!found) return failed === undefined ? <Outline rows={3} label={t("act.loading")} /> : <Face icon="offline" alert text={`${failed} ${t("find_place.kept")}`} act={<Again onPress={again} />} />;
	if (found.shelters.length === 0) return <Face icon="search" alert text={t("find_place.none_fit")} act={<Alert />} />;
	return (
		<div class="stack">
			{asOf !== undefined && (
				<Banner icon="offline">
					{t("reading.stood", { Time: moment(asOf) })} {t("find_place.checked_later")}
				</Banner>
			)}
			{!found.free && (
				<Banner tone="warn" act={<Alert />}>
					{t("find_place.none_free")}
				</Banner>
			)}
			<p class="soft">{t("find_place.up_to_three")}</p>
			<ul class="stack" aria-label={t("find_place.step_where")}>
				{found.shelters.map((shelter) => (
					<li key={shelter.id}>
						<One shelter={shelter} chosen={wish.chosen.includes(shelter.id)} full={wish.chosen.length >= mostAsked} onTurn={() => onTurn(shelter.id)} />
					</li>
				))}
			</ul>
		</div>
	);
}

const Alert = () =>
	mayRaise() ? (
		<Button icon="alarm" href={link({ at: "new-alert" })}>
			{t("alerts.new")}
		</Button>
	) : null;

const near = ["find_place.same_province", "find_place.same_country", "find_place.elsewhere"] as const;

type Shelter = Found["shelters"][number];

function One({ shelter, chosen, full, onTurn }: { shelter: Shelter; chosen: boolean; full: boolean; onTurn: () => void }) {
	const { suits } = shelter;
	const { words, tone } = ageOf(shelter, now.value);
	return (
		<article class={`card found-shelter ${suits.free > 0 ? "has" : "waits"}`}>
			<header>
				<h2>
					<bdi>{shelter.name}</bdi>
				</h2>
				<strong class="free">{suits.free > 0 ? t("find_place.free", { Count: suits.free }) : t("find_place.waiting_list")}</strong>
			</header>
			<p>
				{named("facility", shelter.facility)}{dot()}{shelterWhere(shelter)}{dot()}{t(near[suits.distance] ?? near[2])}
			</p>
			{shelter.hub && <OtherHub hub={shelter.hub} />}
			<p class={tone === "old" ? "count-age old" : "count-age soft"}>{words}</p>
			{suits.warnings.length > 0 && (
				<ul class="warnings">
					{suits.warnings.map((one) => (
						<li key={one}>
							<Icon name="warning" size={16} />
							<span>{warningWords(one, shelter)}</span>
						</li>
					))}
				</ul>
			)}
			<Button icon={chosen ? "check" : "plus"} pressed={chosen} disabled={full && !chosen} onPress={onTurn}>
				{t(chosen ? "find_place.chosen" : suits.free > 0 ? "find_place.choose" : "find_place.choose_wait")}
			</Button>
		</article>
	);
}

/** Why a shelter may not suit: what it asks for and is not known, or what it does not offer. */
function warningWords(warning: string, shelter: Shelter): string {
	const need = /^need\.(.+)$/.exec(warning)?.[1];
	if (need !== undefined) return t("find_place.not_offered", { Name: named("need", need) });
	const criterion = shelter.criteria.find(({ name }) => name === warning);
	return t("find_place.asks_for", { Name: criterion ? criterionWords({ ...criterion, hard: false }) : named("criterion", warning) });
}
