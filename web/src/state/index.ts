/** What the screens stand on: the client's signals and acts, and the types that they show. */
export * from "./account";
export { Client, type NewChannel, type Post, type Session } from "./client";
export { type Invitation, isPost, localpart, type Member, type Model, type Receipt, type Room, relation, type SpaceAbout } from "./model";
export type { Outgoing } from "./outbox";
export type { Settings } from "./settings";
export { tree, type Branch } from "./tree";
export { type Args, Fault } from "../wire/fault";
export type { EventId, RoomId, Token, UserId } from "../wire/ids";
export type { LineState } from "../wire/line";
export type { Event } from "../wire/sync";
