import type { ComponentChildren } from "preact";
import { t } from "../../i18n";
import { Face } from "../kit/List";
import { Channel } from "../screens/Channel";
import { Now } from "../screens/Now";
import { TalkList } from "../screens/TalkList";
import { laterInside } from "./later";
import type { Route } from "./router";

const begin = () => import("../alerts/begin");
const Board = laterInside(async () => ({ default: (await begin()).Board }));
const Alert = laterInside(async () => ({ default: (await begin()).Alert }));
const AlertsPast = laterInside(() => import("../alerts/Past"));
const AlertsMap = laterInside(() => import("../alerts/Map"));
const NewAlert = laterInside(() => import("../raise/NewAlert"));
const AlertsWaiting = laterInside(() => import("../raise/Waiting"));
const Translate = laterInside(() => import("../raise/Translate"));
const RotaScreen = laterInside(() => import("../raise/Rota"));
const Figures = laterInside(() => import("../raise/Figures"));
const PlaceFigures = laterInside(() => import("../reports/Figures"));
const PlacesMap = laterInside(() => import("../reports/Map"));
const PlacesYear = laterInside(() => import("../reports/Year"));
const PlaceLedger = laterInside(() => import("../reports/Ledger"));
const Exchange = laterInside(() => import("../raise/Exchange"));
const Drill = laterInside(() => import("../raise/Drill"));
const PlacesHome = laterInside<{ current?: string }>(() => import("../places/Home"));
const FindPlace = laterInside(() => import("../places/Find"));
const PlacesPast = laterInside(() => import("../places/Past"));
const PlaceRequest = laterInside(() => import("../places/Request"));
const Shelter = laterInside(() => import("../places/Shelter"));
const ShelterForm = laterInside<{ id?: string }>(() => import("../places/ShelterForm"));
const ShelterRota = laterInside(() => import("../places/ShelterRota"));
const Journeys = laterInside(() => import("../places/Journeys"));
const Danger = laterInside(() => import("../places/Danger"));
const Browse = laterInside(() => import("../screens/Browse"));
const ChannelDetails = laterInside(() => import("../screens/ChannelDetails"));
const Thread = laterInside(() => import("../timeline/Thread"));
const Corrections = laterInside(() => import("../screens/Corrections"));
const Guide = laterInside(() => import("../screens/Guide"));
const LockSettings = laterInside(() => import("../lock/LockSettings"));
const Invitations = laterInside(() => import("../screens/Invitations"));
const InvitePerson = laterInside(() => import("../screens/InvitePerson"));
const NewChannel = laterInside(() => import("../screens/NewChannel"));
const NewOrganisation = laterInside(() => import("../screens/NewOrganisation"));
const Leads = laterInside(() => import("../screens/Leads"));
const OrganisationScreen = laterInside(() => import("../screens/Organisation"));
const PeopleList = laterInside(() => import("../screens/PeopleList"));
const SearchScreen = laterInside(() => import("../search/SearchScreen"));
const OutboxScreen = laterInside(() => import("../screens/Outbox"));
const Person = laterInside(() => import("../screens/Person"));
const Network = laterInside(() => import("../screens/Network"));
const Homeless = laterInside(() => import("../screens/Homeless"));
const Reports = laterInside(() => import("../screens/Reports"));
const Audit = laterInside(() => import("../screens/Audit"));
const About = laterInside(() => import("../screens/About"));
const Blocked = laterInside(() => import("../screens/Blocked"));
const NewPassphrase = laterInside(() => import("../screens/NewPassphrase"));
const Leaving = laterInside(() => import("../screens/Leaving"));
const NoticeSettings = laterInside(() => import("../screens/NoticeSettings"));
const SignInSettings = laterInside(() => import("../signin/SignInSettings"));
const Recoveries = laterInside(() => import("../signin/Recoveries"));
const Settings = laterInside(() => import("../screens/Settings"));

/** What stands side by side on wide screens. Phones show one of them. */
export interface Panes {
	list?: ComponentChildren;
	thing: ComponentChildren;
	side?: ComponentChildren;
	show: "list" | "thing" | "side";
}

export function panesOf(here: Route): Panes {
	switch (here.at) {
		case "alerts":
			return { list: <Board />, thing: <Face icon="alerts" text={t("alerts.pick")} />, show: "list" };
		case "alert":
			return { list: <Board current={here.id} />, thing: <Alert key={here.id} id={here.id} />, show: "thing" };
		case "alerts-past":
			return { list: <Board />, thing: <AlertsPast />, show: "thing" };
		case "alerts-map":
			return { list: <Board />, thing: <AlertsMap />, show: "thing" };
		case "new-alert":
			return { thing: <NewAlert />, show: "thing" };
		case "alert-update":
			return { thing: <NewAlert key={here.id} update={here.id} />, show: "thing" };
		case "alerts-waiting":
			return { list: <Board />, thing: <AlertsWaiting />, show: "thing" };
		case "translate-alerts":
			return { list: <Board />, thing: <Translate />, show: "thing" };
		case "alert-figures":
			return { list: <Board />, thing: <Figures />, show: "thing" };
		case "alert-exchange":
			return { list: <Board />, thing: <Exchange />, show: "thing" };
		case "drill":
			return { list: <Board current={here.id} />, thing: <Drill key={here.id} id={here.id} />, show: "thing" };
		case "rota":
			return { list: <PeopleList current={here.organisation} />, thing: <RotaScreen key={here.organisation} of={{ organisation: here.organisation }} />, show: "thing" };
		case "place-figures":
			return { list: <PlacesHome />, thing: <PlaceFigures />, show: "thing" };
		case "place-map":
			return { list: <PlacesHome />, thing: <PlacesMap />, show: "thing" };
		case "place-year":
			return { list: <PlacesHome />, thing: <PlacesYear />, show: "thing" };
		case "place-ledger":
			return { list: <PlacesHome />, thing: <PlaceLedger key={here.shelter} shelter={here.shelter} />, show: "thing" };
		case "places":
			return { list: <PlacesHome />, thing: <Face icon="place" text={t("places.pick")} />, show: "list" };
		case "find-place":
			return { thing: <FindPlace />, show: "thing" };
		case "places-past":
			return { list: <PlacesHome />, thing: <PlacesPast />, show: "thing" };
		case "place-request":
			return { list: <PlacesHome />, thing: <PlaceRequest key={here.id} id={here.id} />, show: "thing" };
		case "shelter":
			return { list: <PlacesHome current={here.id} />, thing: <Shelter key={here.id} id={here.id} />, show: "thing" };
		case "shelter-rota":
			return { list: <PlacesHome current={here.id} />, thing: <ShelterRota key={here.id} id={here.id} />, show: "thing" };
		case "shelter-edit":
			return { thing: <ShelterForm key={here.id} id={here.id} />, show: "thing" };
		case "new-shelter":
			return { thing: <ShelterForm />, show: "thing" };
		case "journeys":
			return { list: <PlacesHome />, thing: <Journeys />, show: "thing" };
		case "places-danger":
			return { list: <PlacesHome />, thing: <Danger />, show: "thing" };
		case "talk":
			return { list: <TalkList />, thing: <Face icon="talk" text={t("talk.pick")} />, show: "list" };
		case "channel":
			return {
				list: <TalkList current={here.room} />,
				thing: <Channel key={here.room} id={here.room} post={here.post} />,
				...(here.details && { side: <ChannelDetails key={here.room} id={here.room} /> }),
				...(here.thread !== undefined && { side: <Thread key={here.thread} id={here.room} root={here.thread} /> }),
				show: here.details || here.thread !== undefined ? "side" : "thing",
			};
		case "new-channel":
			return { list: <TalkList />, thing: <NewChannel space={here.space} />, show: "thing" };
		case "browse":
			return { list: <TalkList />, thing: <Browse />, show: "thing" };
		case "search":
			return { list: <TalkList />, thing: <SearchScreen key={here.room ?? ""} room={here.room} />, show: "thing" };
		case "people":
			return { list: <PeopleList />, thing: <Face icon="people" text={t("people.pick")} />, show: "list" };
		case "organisation":
			return { list: <PeopleList current={here.id} />, thing: <OrganisationScreen key={here.id} id={here.id} />, show: "thing" };
		case "new-organisation":
			return { list: <PeopleList />, thing: <NewOrganisation />, show: "thing" };
		case "invite-person":
			return { list: <PeopleList />, thing: <InvitePerson organisation={here.organisation} />, show: "thing" };
		case "invitations":
			return { list: <PeopleList />, thing: <Invitations />, show: "thing" };
		case "person":
			return { list: <PeopleList current={here.id} />, thing: <Person key={here.id} id={here.id} />, show: "thing" };
		case "network":
			return { list: <PeopleList />, thing: <Network />, show: "thing" };
		case "homeless":
			return { list: <PeopleList />, thing: <Homeless />, show: "thing" };
		case "reports":
			return { list: <PeopleList />, thing: <Reports />, show: "thing" };
		case "audit":
			return { list: <PeopleList />, thing: <Audit />, show: "thing" };
		case "about":
			return { thing: <About />, show: "thing" };
		case "blocked":
			return { thing: <Blocked />, show: "thing" };
		case "new-passphrase":
			return { thing: <NewPassphrase />, show: "thing" };
		case "leaving":
			return { thing: <Leaving />, show: "thing" };
		case "settings":
			return { thing: <Settings />, show: "thing" };
		case "notices":
			return { thing: <NoticeSettings />, show: "thing" };
		case "sign-in-settings":
			return { thing: <SignInSettings />, show: "thing" };
		case "leads":
			return { list: <PeopleList />, thing: <Leads />, show: "thing" };
		case "recoveries":
			return { list: <PeopleList />, thing: <Recoveries />, show: "thing" };
		case "lock":
			return { thing: <LockSettings />, show: "thing" };
		case "guide":
			return { thing: <Guide />, show: "thing" };
		case "outbox":
			return { thing: <OutboxScreen />, show: "thing" };
		case "corrections":
			return { thing: <Corrections />, show: "thing" };
		default:
			return { thing: <Now />, show: "thing" };
	}
}
