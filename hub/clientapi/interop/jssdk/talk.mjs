// Drives a hub with matrix-js-sdk, a Matrix client library that nobody here wrote: two people register with the tokens of
// invitations, sign in, make a room, join it, talk, and hear each other by sync. The Go test in the folder above starts the hub
// and this script, and reads its exit code.
import assert from "node:assert/strict";
import * as sdk from "matrix-js-sdk";
import { logger } from "matrix-js-sdk/lib/logger.js";

logger.disableAll();

const hub = setting("PANAH_TEST_HUB");
/** How long an event may take before the test gives up, in milliseconds. */
const patience = 20_000;

function setting(name) {
	const value = process.env[name];
	assert.ok(value, `${name} is not set: this script is run by the Go test in the folder above`);
	return value;
}

/** Goes through the user-interactive flow: asked without a proof, the hub says which one it wants. */
async function register(user, password, token) {
	const client = sdk.createClient({ baseUrl: hub });
	const request = { username: user, password, inhibit_login: true };
	const asked = await client.registerRequest(request).then(
		() => assert.fail("registered without a proof"),
		(refusal) => refusal,
	);
	assert.equal(asked.httpStatus, 401);
	assert.deepEqual(asked.data.flows, [{ stages: ["m.login.registration_token"] }]);
	const auth = { type: "m.login.registration_token", token, session: asked.data.session };
	await client.registerRequest({ ...request, auth });
}

async function signIn(user, password) {
	const guest = sdk.createClient({ baseUrl: hub });
	const session = await guest.login("m.login.password", { identifier: { type: "m.id.user", user }, password });
	return sdk.createClient({
		baseUrl: hub,
		userId: session.user_id,
		accessToken: session.access_token,
		deviceId: session.device_id,
	});
}

function eventually(what, subscribe) {
	return new Promise((resolve, reject) => {
		const limit = setTimeout(() => reject(new Error(`${what}: nothing within ${patience} ms`)), patience);
		subscribe((value) => {
			clearTimeout(limit);
			resolve(value);
		});
	});
}

async function start(client) {
	const ready = eventually("the first sync", (done) => {
		client.on(sdk.ClientEvent.Sync, (state) => state === "PREPARED" && done(state));
	});
	await client.startClient({ initialSyncLimit: 20, lazyLoadMembers: true, pollTimeout: 10_000 });
	await ready;
}

function hears(client, eventId) {
	return eventually(`${client.getUserId()} waits for ${eventId}`, (done) => {
		const look = (event) => event.getId() === eventId && done(event);
		client.on(sdk.RoomEvent.Timeline, look);
		client.getRooms().forEach((room) => room.getLiveTimeline().getEvents().forEach(look));
	});
}

await register("js.ana", "a long passphrase of ana", setting("PANAH_TEST_TOKEN_1"));
await register("js.ben", "a long passphrase of ben", setting("PANAH_TEST_TOKEN_2"));
const ana = await signIn("js.ana", "a long passphrase of ana");
const ben = await signIn("js.ben", "a long passphrase of ben");
await start(ana);
await start(ben);

const { room_id: room } = await ana.createRoom({ name: "Two people", preset: "private_chat", invite: [ben.getUserId()] });
await ben.joinRoom(room);

const { event_id: first } = await ana.sendTextMessage(room, "Салом! سلام!");
assert.equal((await hears(ben, first)).getContent().body, "Салом! سلام!");
const { event_id: second } = await ben.sendTextMessage(room, "Salom!");
const answer = await hears(ana, second);
assert.equal(answer.getSender(), ben.getUserId());

// A file, by the address that the library itself makes for authenticated media.
const note = "یک یادداشت";
const { content_uri: uri } = await ana.uploadContent(Buffer.from(note), { name: "note.txt", type: "text/plain" });
const address = ben.mxcUrlToHttp(uri, undefined, undefined, undefined, undefined, undefined, true);
const fetched = () => fetch(address, { headers: { Authorization: `Bearer ${ben.getAccessToken()}` } });
assert.equal((await fetched()).status, 404);
await ana.sendMessage(room, { msgtype: "m.file", body: "note.txt", url: uri });
assert.equal(await (await fetched()).text(), note);

// What a client does beside talking.
await ben.sendReadReceipt(await hears(ben, second));
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
