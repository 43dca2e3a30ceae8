// Drives a hub with matrix-js-sdk, a Matrix client library that nobody here wrote: two people register with the tokens of
// invitations, sign in, make a room, join it, talk, and hear each other by sync. The Go test in the folder above starts the hub
// and this script, and reads its exit code.
import assert from "node:assert/strict";
import * as sdk from "matrix-js-sdk";
import { hears, register, setting, signIn, start, until } from "./people.mjs";

await register("js.ana", "a long passphrase of ana", setting("PANAH_TEST_TOKEN_1"));
await register("js.ben", "a long passphrase of ben", setting("PANAH_TEST_TOKEN_2"));
const ana = await signIn("js.ana", "a long passphrase of ana");
const ben = await signIn("js.ben", "a long passphrase of ben");
await start(ana);
await start(ben);

const { room_id: room } = await ana.createRoom({ name: "Two people", preset: "private_chat", invite: [ben.getUserId()] });
await ben.joinRoom(room);

/** How many posts a client counts as unread; undefined while it has none of the room: it tells of a post before it keeps the room. */
const unread = (client) => client.getRoom(room)?.getUnreadNotificationCount();

const { event_id: first } = await ana.sendTextMessage(room, "Салом! سلام!");
assert.equal((await hears(ben, first)).getContent().body, "Салом! سلام!");
await until("ben has one unread", () => unread(ben) === 1);
const { event_id: second } = await ben.sendTextMessage(room, "Salom!");
const answer = await hears(ana, second);
assert.equal(answer.getSender(), ben.getUserId());

// A file, by the address that the library itself makes for authenticated media.
const note = "یک یادداشت";
const { content_uri: uri } = await ana.uploadContent(Buffer.from(note), { name: "note.txt", type: "text/plain" });
const address = ben.mxcUrlToHttp(uri, undefined, undefined, undefined, undefined, undefined, true);
const fetched = () => fetch(address, { headers: { Authorization: `Bearer ${ben.getAccessToken()}` } });
assert.equal((await fetched()).status, 404);
const { event_id: third } = await ana.sendMessage(room, { msgtype: "m.file", body: "note.txt", url: uri });
assert.equal(await (await fetched()).text(), note);

// What a client does beside talking.
await until("ana has one unread", () => unread(ana) === 1);
await ben.sendReadReceipt(await hears(ben, second));
await until("ben has the file unread", () => unread(ben) === 1);
await ben.sendReadReceipt(await hears(ben, third));
await until("ben has read all", () => unread(ben) === 0);
await ben.sendTyping(room, true, 5_000);
await ana.setRoomTag(room, "m.favourite", { order: 0.5 });
await ana.setDisplayName("Ana");
assert.equal((await ben.getProfileInfo(ana.getUserId())).displayname, "Ana");
const { results } = await ana.searchUserDirectory({ term: "js.ben" });
assert.equal(results[0]?.user_id, ben.getUserId());
const page = await ana.createMessagesRequest(room, null, 3, sdk.Direction.Backward);
assert.ok(page.chunk.some((event) => event.event_id === second));
const { rooms: spaces } = await ana.getRoomHierarchy(room, 10).catch((refusal) => assert.fail(refusal));
assert.equal(spaces[0].room_id, room);
assert.equal(await ana.getKeyBackupVersion(), null);

ana.stopClient();
ben.stopClient();
await ana.logout();
await ben.logout(true);
process.stdout.write("two people talked through matrix-js-sdk\n");
process.exit(0);
