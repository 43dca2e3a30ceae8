/** What the screens stand on: the client's signals and acts, and the types that they show. */
export * from "./account";
export type { Alerts } from "./alerts/alerts";
export * from "./care";
export { Client } from "./client/client";
export type { NewChannel } from "./client/channels";
export type { Session } from "./client/known";
export type { Done } from "./client/sending";
export { mark, setMark } from "./marks";
export { isDeed, own, quiet } from "./outbox";
export { lifetimeOf } from "./expire";
export { type Forwarded, forwardContent, type Mentions, type Post } from "./content";
export { oneEvent, type Passage, passage, relatedEvents, type ThreadSum, threads } from "./history";
export {
	alertOf,
	calls,
	emptyRoom,
	type Invitation,
	isPost,
	lastPost,
	localpart,
	serverOf,
	type Member,
	type Model,
	type Receipt,
	type Room,
	relation,
	type SpaceAbout,
} from "./model";
export { attachmentOf, captionOf, type Attachment, type FileKind, type FilePost, type NewFile } from "./media/content";
export { keyOf, mediaUriOf } from "./media/media";
export {
	allowed,
	askAddress,
	canBeTold,
	confirmAddress,
	forgetAddress,
	type NoticeKind,
	noticeKinds,
	type Preferences,
	quietHours,
	readQuiet,
	setPreferences,
	type Telling,
	telling,
	tryNotices,
	turnOff,
	turnOn,
} from "./push";
export type { Progress } from "./media/uploads";
export type { Act, Outgoing, Reply, Waiting } from "./outbox";
export { digitsOf, goodPin } from "./pin";
export { mayCallAll, mayKick, mayRemove, maySet, power } from "./power";
export { presentContent, type Reaction, type Related, relatedTo, type Relations, relationsOf, type Wording } from "./relations";
export { type Found, type Hit, type Mark, nameFits, search, searchHere, type Wanted } from "./search";
export type { Settings } from "./settings";
export type { MyDevice, Notice, Passkey } from "./signin";
export { pinFits } from "./vault";
export { tree, type Branch } from "./tree";
export { type Args, Fault } from "../wire/fault";
export { hubNow, onCorrected } from "../wire/hubtime";
export { type EventId, freshTxn, type RoomId, type Token, type UserId } from "../wire/ids";
export type { LineState } from "../wire/line";
export type { Cut, MediaUri } from "../wire/media";
export { type Json, lenient, list, object, string } from "../wire/decode";
export type { Event } from "../wire/sync";
