import { t } from "../../i18n";
import type { Entry, PlaceNotice } from "../../state/places/model";
import type { Places } from "../../state/places/places";
import { Button } from "../kit/Button";
import { Card } from "../kit/Card";
import { toast } from "../kit/Toast";
import { WithWords } from "../raise/say";
import { ago, dot, now, trouble } from "../say";
import { link } from "../shell/router";
import { Confirm } from "./Confirm";
import { places } from "./here";
import "./places.css";
import { RequestCard } from "./RequestCard";
import { forWhom, reasonOf } from "./words";

/** What places need of me: those I decide about first, then what became of what I asked, then numbers that are old. */
export function NowPlaces() {
	const known = places.value;
	if (!known || known.needing.value === 0) return null;
	return <WithWords>{() => <Needing known={known} />}</WithWords>;
}

function Needing({ known }: { known: Places }) {
	return (
		<>
			{known.toDecide.value.map((entry) => (
				<RequestCard key={entry.id} entry={entry} acts />
			))}
			{known.news.value.map((notice) => (
				<Told key={notice.id} notice={notice} entry={known.requests.value?.find(({ id }) => id === notice.about)} />
			))}
			{known.toConfirm.value.map((shelter) => (
				<Confirm key={shelter.id} shelter={shelter} />
			))}
		</>
	);
}

const noticeKeys: Partial<Record<PlaceNotice["kind"], string>> = {
	passed: "place_notice.passed",
	held: "place_notice.held",
	accepted: "place_notice.accepted",
	declined: "place_notice.declined",
	expired: "place_notice.expired",
	stepped: "place_notice.stepped",
};

function Told({ notice: { id, kind, about, at }, entry }: { notice: PlaceNotice; entry: Entry | undefined }) {
	const putAway = () => void places.peek()?.putAway(id).catch((error: unknown) => toast(trouble(error), "warning"));
	const why = entry && reasonOf(entry);
	return (
		<Card
			icon={kind === "accepted" ? "check" : "place"}
			title={t(noticeKeys[kind] ?? "place_notice.passed")}
			acts={
				<>
					<Button kind="main" href={link({ at: "place-request", id: about })} onPress={putAway}>
						{t("places.open")}
					</Button>
					<Button icon="check" onPress={putAway}>
						{t("first.understood")}
					</Button>
				</>
			}
		>
			<p class="soft">
				{entry && (
					<>
						{forWhom(entry)}{dot()}<bdi>{entry.shelter}</bdi>{dot()}
					</>
				)}
				{why !== undefined && `${why}${dot()}`}
				{ago(at, now.value)}
			</p>
		</Card>
	);
}
