import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Entry } from "../../state/places/model";
import type { Places } from "../../state/places/places";
import { organisationOf } from "../client";
import { Button } from "../kit/Button";
import { Face } from "../kit/List";
import { personName, spokenName } from "../names";
import { dot, now, number } from "../say";
import { useLoading } from "../screens/load";
import { Again } from "../screens/PickPeople";
import { link } from "../shell/router";
import { laterInside } from "../shell/later";
import { Acts } from "./Acts";
import { ConsentPart } from "./ConsentPart";
import { Facts } from "./Facts";
import "./places.css";
import { OtherHub } from "./OtherHub";
import { PlaceUrgency } from "./RequestCard";
import { Stations, stationsOf } from "./Stations";
import { Waiting, WithPlaces } from "./WithPlaces";
import { forWhom, named, reasonOf, standingOf, whereName } from "./words";

const Notes = laterInside(() => import("./Notes"), () => null);

/** One request: where it stands, what each side can do, its channel, and what is needed for the arrival. */
export default function RequestScreen({ id }: { id: string }) {
	return <WithPlaces>{(known) => <Inside known={known} id={id} />}</WithPlaces>;
}

/** A request under way comes with the others; one that is over is asked for by itself. */
function Inside({ known, id }: { known: Places; id: string }) {
	const listed = known.requests.value?.find((one) => one.id === id);
	const [ended, setEnded] = useState<Entry>();
	const { failed, again } = useLoading(async () => setEnded(await known.one(id)));
	const stands = listed?.updatedAt ?? known.at.value;
	useEffect(again, [stands, listed === undefined]);
	const entry = listed ?? ended;
	if (entry) return <Shown key={entry.id} entry={entry} />;
	if (failed !== undefined) return <Face icon="warning" alert text={failed} act={<Again onPress={again} />} />;
	return <Waiting />;
}

function Shown({ entry }: { entry: Entry }) {
	const why = reasonOf(entry);
	return (
		<div class="column stack raise-form place-request">
			<div class="stack">
				<PlaceUrgency urgency={entry.urgency} />
				<h2>{forWhom(entry)}</h2>
				<Stations label={t("place_request.stations")} stations={stationsOf(entry)} />
				<p class="standing" role="status">
					{standingOf(entry, now.value)}
					{why !== undefined && ` ${why}.`}
				</p>
				{entry.hub && <OtherHub hub={entry.hub} />}
				{entry.untold && entry.state !== "asked" && <p class="soft">{t("abroad.untold")}</p>}
				{entry.state === "held" && entry.mine && <p class="soft">{t("place_request.no_promise")}</p>}
				{entry.room && (
					<Button wide icon="talk" href={link({ at: "channel", room: entry.room, details: false })}>
						{t("place_request.talk")}
					</Button>
				)}
				{entry.room && (entry.state === "accepted" || entry.state === "arrived") && <Notes entry={entry} />}
				<About entry={entry} />
				<ConsentPart entry={entry} />
			</div>
			<div class="raise-acts">
				<Acts entry={entry} />
			</div>
		</div>
	);
}

/** What was asked, in codes; gone when it is over for a day. */
function About({ entry }: { entry: Entry }) {
	const { wish } = entry;
	const organisation = organisationOf(entry.worker);
	const facts = Object.entries(wish?.facts ?? {});
	const rows: [string, string][] = [
		[t("place_request.shelter"), entry.shelter],
		...(entry.asker === undefined ? [] : ([[t("place_request.asks"), entry.asker]] as [string, string][])),
		...(entry.worker === "" ? [] : ([[t("place_request.asks"), [personName(entry.worker), organisation?.name].filter(Boolean).join(dot())]] as [string, string][])),
		...(wish
			? ([
					[t("find_place.group"), number(wish.group)],
					[t("find_place.ages"), wish.ages.map((age) => named("age", age)).join(dot())],
					[t("find_place.from"), wish.from === "" ? "" : whereName(wish.from)],
					[t("find_place.needs"), wish.needs.map((need) => named("need", need)).join(dot())],
					[t("find_place.languages"), wish.languages.map(spokenName).join(dot())],
					[t("find_place.facts"), facts.map(([fact, holds]) => `${named("fact", fact)}: ${t(holds ? "find_place.yes" : "find_place.no")}`).join(dot())],
				] as [string, string][])
			: []),
	];
	return (
		<section class="stack-tight">
			{wish?.note && (
				<p class="place-note" dir="auto" lang={wish.noteLanguage}>
					{wish.note}
				</p>
			)}
			{wish?.callBack && <p>{t("find_place.call_back")}</p>}
			<Facts rows={rows} />
			{!wish && <p class="soft">{t("place_request.forgotten")}</p>}
		</section>
	);
}
