import { useState } from "preact/hooks";
import { t } from "../../i18n";
import type { Shelter } from "../../state/places/model";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Dialog } from "../kit/Dialog";
import { Face } from "../kit/List";
import { TimeAgo } from "../kit/TimeAgo";
import { toast } from "../kit/Toast";
import { spokenName } from "../names";
import { ago, dot, moment, now, trouble } from "../say";
import { link } from "../shell/router";
import { Count } from "./Count";
import { Facts } from "./Facts";
import { places } from "./here";
import "./places.css";
import { Standing, Waiting, WithPlaces } from "./WithPlaces";
import { ageOf, criterionWords, named, shelterWhere } from "./words";

/** A shelter of one's own: what is free, said anew in three touches; and what it says of itself. */
export default function ShelterScreen({ id }: { id: string }) {
	return (
		<WithPlaces>
			{(known) => {
				const shelter = known.shelters.value?.find((one) => one.id === id);
				if (shelter) return <Shown key={id} shelter={shelter} />;
				if (known.shelters.value === undefined) return known.failed.value ? <Standing known={known} /> : <Waiting />;
				return <Face icon="place" text={t("error.unknown_shelter")} />;
			}}
		</WithPlaces>
	);
}

function Shown({ shelter }: { shelter: Shelter }) {
	const { words, tone } = ageOf(shelter, now.value);
	return (
		<div class="column stack raise-form">
			<div class="stack">
				<h2>
					<bdi>{shelter.name}</bdi>
				</h2>
				{shelter.frozen && <Banner tone="danger">{t("error.place_frozen")}</Banner>}
				{shelter.closed && <Banner tone="warn">{t("shelter.is_closed")}</Banner>}
				<p class={tone === "old" ? "count-age old" : "count-age soft"}>
					{words}
					{shelter.confirmedAt > 0 && (
						<>
							{dot()}
							<TimeAgo at={shelter.confirmedAt} ago={ago(shelter.confirmedAt, now.value)} moment={moment(shelter.confirmedAt)} />
						</>
					)}
				</p>
				{shelter.own ? <Count shelter={shelter} /> : <Says shelter={shelter} />}
			</div>
			{shelter.own && <Own shelter={shelter} />}
		</div>
	);
}

/** What else its own people do about it. */
function Own({ shelter }: { shelter: Shelter }) {
	return (
		<div class="stack after-count">
			<details class="more">
				<summary>{t("shelter.says")}</summary>
				<Says shelter={shelter} />
			</details>
			<div class="row">
				{client.may("offer_places") && (
					<Button href={link({ at: "shelter-edit", id: shelter.id })} icon="write">
						{t("shelter.edit")}
					</Button>
				)}
				<Button href={link({ at: "shelter-rota", id: shelter.id })} icon="rota">
					{t("rota.title")}
				</Button>
				{client.may("see_place_figures") && (
					<Button href={link({ at: "place-ledger", shelter: shelter.id })} icon="history">
						{t("shelter.history")}
					</Button>
				)}
				<Opening shelter={shelter} />
			</div>
		</div>
	);
}

function Opening({ shelter: { id, closed } }: { shelter: Shelter }) {
	const [asking, setAsking] = useState(false);
	const turn = async () => {
		setAsking(false);
		try {
			await places.peek()?.setOpen(id, closed);
		} catch (error) {
			toast(trouble(error), "warning");
		}
	};
	return (
		<>
			<Button icon={closed ? "door" : "block"} onPress={() => (closed ? void turn() : setAsking(true))}>
				{t(closed ? "shelter.reopen" : "shelter.close")}
			</Button>
			{asking && (
				<Dialog title={t("shelter.close_title")} close={t("act.close")} onClose={() => setAsking(false)}>
					<div class="stack">
						<p>{t("shelter.close_means")}</p>
						<Button kind="danger" wide onPress={() => void turn()}>
							{t("shelter.close")}
						</Button>
					</div>
				</Dialog>
			)}
		</>
	);
}

/** What a shelter says of itself. */
export function Says({ shelter }: { shelter: Shelter }) {
	const rows: [string, string][] = [
		[t("shelter.facility"), named("facility", shelter.facility)],
		[t("shelter.where"), shelterWhere(shelter)],
		[t("find_place.languages"), shelter.languages.map(spokenName).join(dot())],
		[t("shelter.services"), shelter.services.map((one) => named("service", one)).join(dot())],
		[t("shelter.criteria"), shelter.criteria.map(criterionWords).join(dot())],
	];
	return <Facts rows={rows} />;
}
