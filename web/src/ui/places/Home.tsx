import { t } from "../../i18n";
import { byNeed, type Entry, type Shelter } from "../../state/places/model";
import type { Places } from "../../state/places/places";
import { client } from "../client";
import { Button } from "../kit/Button";
import { Icon } from "../kit/Icon";
import { Face, List, Row } from "../kit/List";
import { dot, now } from "../say";
import { link } from "../shell/router";
import { freeLine } from "./Confirm";
import "./places.css";
import { RequestCard } from "./RequestCard";
import { Standing, WithPlaces } from "./WithPlaces";
import { ageOf } from "./words";

/** The places tab: finding one, our requests, our shelters. */
export default function Home({ current }: { current?: string }) {
	return <WithPlaces>{(known) => <Inside known={known} current={current} />}</WithPlaces>;
}

function Inside({ known, current }: { known: Places; current: string | undefined }) {
	return (
		<>
			<div class="pane-head">
				{client.may("ask_places") && (
					<Button kind="main" wide icon="search" href={link({ at: "find-place" })}>
						{t("find_place.title")}
					</Button>
				)}
			</div>
			<div class="places-home stack">
				<Standing known={known} />
				<Requests requests={known.requests.value} unsent={known.unsent.value} />
				<Shelters shelters={known.shelters.value?.filter(({ own }) => own)} current={current} />
				<Further />
			</div>
		</>
	);
}

function Requests({ requests, unsent }: { requests: readonly Entry[] | undefined; unsent: number }) {
	return (
		<section class="stack-tight">
			<h2 class="group-title">{t("places.requests")}</h2>
			{unsent > 0 && (
				<p class="soft">
					<Icon name="clock" size={16} /> {t("places.unsent", { Count: unsent })}
				</p>
			)}
			<List
				label={t("places.requests")}
				items={requests?.toSorted(byNeed)}
				loading={t("act.loading")}
				rows={2}
				empty={{ text: t("places.no_requests"), icon: "place" }}
				render={(entry) => (
					<li key={entry.id}>
						<RequestCard entry={entry} />
					</li>
				)}
			/>
		</section>
	);
}

function Shelters({ shelters, current }: { shelters: readonly Shelter[] | undefined; current: string | undefined }) {
	const offers = client.may("offer_places");
	if (shelters?.length === 0 && !offers) return null;
	return (
		<section class="stack-tight">
			<h2 class="group-title">{t("places.shelters")}</h2>
			{shelters?.length === 0 ? (
				<Face icon="place" text={t("places.no_shelters")} />
			) : (
				<ul aria-label={t("places.shelters")}>{shelters?.map((shelter) => <ShelterRow key={shelter.id} shelter={shelter} current={shelter.id === current} />)}</ul>
			)}
			{offers && (
				<Button icon="plus" href={link({ at: "new-shelter" })}>
					{t("shelter.new")}
				</Button>
			)}
		</section>
	);
}

function ShelterRow({ shelter, current }: { shelter: Shelter; current: boolean }) {
	const { words, tone } = ageOf(shelter, now.value);
	return (
		<li>
			<Row
				href={link({ at: "shelter", id: shelter.id })}
				lead={<Icon name="place" />}
				title={<bdi>{shelter.name}</bdi>}
				detail={shelter.closed ? t("shelter.is_closed") : `${freeLine(shelter)}${dot()}${words}`}
				strong={tone === "old"}
				current={current}
				end={<Icon name="next" />}
			/>
		</li>
	);
}

function Further() {
	return (
		<div class="row">
			<Button href={link({ at: "places-past" })} kind="quiet" icon="history">
				{t("places.past")}
			</Button>
			{client.may("ask_places") && (
				<Button href={link({ at: "journeys" })} kind="quiet" icon="map">
					{t("journey.title")}
				</Button>
			)}
			{client.may("see_place_figures") && (
				<Button href={link({ at: "place-figures" })} kind="quiet" icon="figures">
					{t("place_figures.title")}
				</Button>
			)}
			{client.may("declare_danger") && (
				<Button href={link({ at: "places-danger" })} kind="quiet" icon="stop">
					{t("danger.title")}
				</Button>
			)}
		</div>
	);
}
