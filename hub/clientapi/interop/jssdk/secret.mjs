// Drives a hub with matrix-js-sdk and its encryption in Rust: two people in an encrypted room read each other, vouch for their devices by
// cross-signing, and back their keys up. A new device of one of them restores the backup, reads what was said before it came, and
// is reached by its fallback key when its one-time keys are used up. The second person may be of another homeserver (PANAH_TEST_OTHER): then
// both have accounts already, with one passphrase. Go tests start the homeservers and this script.
import assert from "node:assert/strict";
import * as sdk from "matrix-js-sdk";
import { eventually, hears, hub, register, setting, signIn, start, until } from "./people.mjs";

const apart = process.env.PANAH_TEST_OTHER !== undefined;
const other = apart ? setting("PANAH_TEST_OTHER") : hub;
const passphrase = (user) => (apart ? setting("PANAH_TEST_PASSPHRASE") : `a long passphrase of ${user}`);

/** The keys of people's secret storage, as their owners remember them: by person. */
const remembered = new Map();

/** Opens a new device at a homeserver that encrypts. line.cut keeps it from reaching its homeserver. */
async function encrypting(at, user, line = { cut: false }) {
	const client = await signIn(user, passphrase(user), at, {
		fetchFn: (...request) => (line.cut ? Promise.reject(new TypeError("the line is cut")) : fetch(...request)),
		cryptoCallbacks: {
			getSecretStorageKey: async ({ keys }) => [Object.keys(keys)[0], remembered.get(user)],
			cacheSecretStorageKey: (_id, _info, key) => remembered.set(user, key),
		},
	});
	await client.initRustCrypto({ useIndexedDB: false });
	await start(client);
	await until(`${user} has keys`, async () => (await ownKeys(client)) !== undefined);
	return client;
}

async function ask(client, method, path, body) {
	const answer = await fetch(`${client.baseUrl}/_matrix/client/v3${path}`, {
		method,
		headers: { Authorization: `Bearer ${client.getAccessToken()}` },
		body: body && JSON.stringify(body),
	});
	assert.equal(answer.status, 200, `${method} ${path}: ${await answer.clone().text()}`);
	return answer.json();
}

async function ownKeys(client) {
	const found = await ask(client, "POST", "/keys/query", { device_keys: { [client.getUserId()]: [] } });
	return found.device_keys[client.getUserId()]?.[client.getDeviceId()];
}

/** Waits until a client can read an event, and gives its words. */
async function reads(client, eventId) {
	const event = await hears(client, eventId);
	assert.ok(event.isEncrypted(), "the event went out in clear");
	const readable = () => !event.isBeingDecrypted() && !event.isDecryptionFailure() && event.getType() === "m.room.message";
	if (!readable()) {
		await eventually(`${client.getUserId()} reads ${eventId}`, (done) => {
			event.on(sdk.MatrixEventEvent.Decrypted, () => readable() && done());
			if (readable()) done();
		});
	}
	return event.getContent().body;
}

/** Sets cross-signing, secret storage and the backup of keys up, as Element does at the first sign-in. */
async function setUp(client, user) {
	const crypto = client.getCrypto();
	await crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: (makeRequest) => proving(user, makeRequest) });
	await crypto.bootstrapSecretStorage({ createSecretStorageKey: () => crypto.createRecoveryKeyFromPassphrase(), setupNewKeyBackup: true });
	// The client learns of what it has uploaded by its next round.
	const [id, device] = [client.getUserId(), client.getDeviceId()];
	await until(`cross-signing of ${id}`, () => crypto.isCrossSigningReady());
	await until(`secret storage of ${id}`, () => crypto.isSecretStorageReady());
	await until(`${id} vouches for the device`, async () => (await crypto.getDeviceVerificationStatus(id, device)).crossSigningVerified);
	await until(`${id} is vouched for`, async () => (await crypto.getUserVerificationStatus(id)).isCrossSigningVerified());
}

/** Makes a request, and once more with the passphrase where the homeserver asks for that. */
async function proving(user, makeRequest) {
	try {
		await makeRequest(null);
	} catch (refusal) {
		if (refusal.httpStatus !== 401) throw refusal;
		const identifier = { type: "m.id.user", user };
		await makeRequest({ type: "m.login.password", identifier, password: passphrase(user), session: refusal.data.session });
	}
}

/** Waits until somebody's client finds that the owner of another device vouches for it. */
function trusts(client, owner, device) {
	const trusted = async () => (await client.getCrypto().getDeviceVerificationStatus(owner, device))?.signedByOwner === true;
	return until(`${client.getUserId()} finds ${device} of ${owner} vouched for`, trusted);
}

/** Waits until the hub holds the keys of so many sessions in a client's backup. The client's own word, that none remains, may be of a round before. */
function backedUp(client, sessions) {
	return until("the backup", async () => (await ask(client, "GET", "/room_keys/version")).count >= sessions);
}

if (!apart) {
	await register("js.sana", passphrase("js.sana"), setting("PANAH_TEST_TOKEN_3"));
	await register("js.tara", passphrase("js.tara"), setting("PANAH_TEST_TOKEN_4"));
}
const sana = await encrypting(hub, "js.sana");
const tara = await encrypting(other, "js.tara");
await setUp(sana, "js.sana");
await setUp(tara, "js.tara");

const { room_id: room } = await sana.createRoom({
	preset: "private_chat",
	invite: [tara.getUserId()],
	initial_state: [{ type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }],
});
await until("tara is invited", () => tara.getRoom(room)?.getMyMembership() === "invite");
await tara.joinRoom(room);
await until("sana sees tara in the room", () => sana.getRoom(room)?.getMember(tara.getUserId())?.membership === "join");

const { event_id: first } = await sana.sendTextMessage(room, "Паноҳгоҳ омода аст");
assert.equal(await reads(tara, first), "Паноҳгоҳ омода аст");
const { event_id: second } = await tara.sendTextMessage(room, "می‌آییم");
assert.equal(await reads(sana, second), "می‌آییم");
await trusts(sana, tara.getUserId(), tara.getDeviceId());
await trusts(tara, sana.getUserId(), sana.getDeviceId());
await backedUp(tara, 2);

// A new phone: it vouches for itself with what secret storage holds, and reads from the backup what was said before it came.
const line = { cut: false };
const phone = await encrypting(other, "js.tara", line);
await until("the phone learns of its owner's keys", () => phone.getCrypto().userHasCrossSigningKeys());
await phone.getCrypto().bootstrapCrossSigning({});
const keys = await ownKeys(phone);
assert.equal(Object.keys(keys.signatures[tara.getUserId()]).length, 2, "the new phone is not vouched for");
await phone.getCrypto().loadSessionBackupPrivateKeyFromSecretStorage();
const restored = await phone.getCrypto().restoreKeyBackup();
assert.ok(restored.imported >= 2, `restored ${JSON.stringify(restored)}`);
assert.equal(await reads(phone, first), "Паноҳгоҳ омода аст");
await trusts(sana, phone.getUserId(), phone.getDeviceId());

// The phone is out of reach, its one-time keys are used up, and sana has not yet talked to it: its fallback key is enough. Where its
// homeserver knows no such keys (PANAH_TEST_NO_FALLBACK), it still has one-time keys.
line.cut = true;
if (process.env.PANAH_TEST_NO_FALLBACK === undefined) {
	const given = new Set();
	let last;
	for (let name = ""; !given.has(name); ) {
		given.add(name);
		const wish = { one_time_keys: { [phone.getUserId()]: { [phone.getDeviceId()]: "signed_curve25519" } } };
		const answer = await ask(sana, "POST", "/keys/claim", wish);
		[[name, last]] = Object.entries(answer.one_time_keys[phone.getUserId()][phone.getDeviceId()]);
	}
	assert.equal(last.fallback, true, `a one-time key was given twice, after ${given.size} others`);
	assert.ok(given.size > 10, `only ${given.size} keys were there to be given`);
}
const { event_id: third } = await sana.sendTextMessage(room, "Дар роҳед?");
line.cut = false;
phone.retryImmediately();
assert.equal(await reads(phone, third), "Дар роҳед?");
assert.equal(await reads(tara, third), "Дар роҳед?");

await phone.logout();
const left = await ask(tara, "POST", "/keys/query", { device_keys: { [tara.getUserId()]: [] } });
assert.deepEqual(Object.keys(left.device_keys[tara.getUserId()]), [tara.getDeviceId()]);
for (const client of [sana, tara, phone]) client.stopClient();
process.stdout.write("two people kept a secret through matrix-js-sdk\n");
process.exit(0);
