// Drives a hub with matrix-js-sdk and its encryption in Rust: two people in an encrypted room read each other, vouch for their devices by
// cross-signing, and back their keys up. A new device of one of them restores the backup and reads what was said before it came; another
// is reached by its fallback key when its one-time keys are used up. The Go test in the folder above starts the hub and this script.
import assert from "node:assert/strict";
import * as sdk from "matrix-js-sdk";
import { eventually, hears, hub, register, setting, signIn, start } from "./people.mjs";

const passphrase = (user) => `a long passphrase of ${user}`;

/** The keys of people's secret storage, as their owners remember them: by person. */
const remembered = new Map();

/** Opens a new device that encrypts. line.cut keeps it from reaching the hub. */
async function encrypting(user, line = { cut: false }) {
	const client = await signIn(user, passphrase(user), {
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

/** Asks again after each of the client's rounds, until it holds. */
async function until(what, holds) {
	const end = Date.now() + 20_000;
	while (!(await holds())) {
		assert.ok(Date.now() < end, `${what}: in vain`);
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}

async function ask(client, method, path, body) {
	const answer = await fetch(`${hub}/_matrix/client/v3${path}`, {
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
async function setUp(client) {
	const crypto = client.getCrypto();
	await crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: async (makeRequest) => void (await makeRequest(null)) });
	await crypto.bootstrapSecretStorage({ createSecretStorageKey: () => crypto.createRecoveryKeyFromPassphrase(), setupNewKeyBackup: true });
	// The client learns of what it has uploaded by its next round.
	const [user, device] = [client.getUserId(), client.getDeviceId()];
	await until(`cross-signing of ${user}`, () => crypto.isCrossSigningReady());
	await until(`secret storage of ${user}`, () => crypto.isSecretStorageReady());
	await until(`${user} vouches for the device`, async () => (await crypto.getDeviceVerificationStatus(user, device)).crossSigningVerified);
	await until(`${user} is vouched for`, async () => (await crypto.getUserVerificationStatus(user)).isCrossSigningVerified());
}

/** Waits until the hub holds the keys of so many sessions in a client's backup. The client's own word, that none remains, may be of a round before. */
function backedUp(client, sessions) {
	return until("the backup", async () => (await ask(client, "GET", "/room_keys/version")).count >= sessions);
}

await register("js.sana", passphrase("js.sana"), setting("PANAH_TEST_TOKEN_3"));
await register("js.tara", passphrase("js.tara"), setting("PANAH_TEST_TOKEN_4"));
const sana = await encrypting("js.sana");
const tara = await encrypting("js.tara");
await setUp(sana);
await setUp(tara);

const { room_id: room } = await sana.createRoom({
	preset: "private_chat",
	invite: [tara.getUserId()],
	initial_state: [{ type: "m.room.encryption", state_key: "", content: { algorithm: "m.megolm.v1.aes-sha2" } }],
});
await tara.joinRoom(room);
await until("sana sees tara in the room", () => sana.getRoom(room)?.getMember(tara.getUserId())?.membership === "join");

const { event_id: first } = await sana.sendTextMessage(room, "Паноҳгоҳ омода аст");
assert.equal(await reads(tara, first), "Паноҳгоҳ омода аст");
const { event_id: second } = await tara.sendTextMessage(room, "می‌آییم");
assert.equal(await reads(sana, second), "می‌آییم");
await backedUp(tara, 2);

// A new phone: it vouches for itself with what secret storage holds, and reads from the backup what was said before it came.
const line = { cut: false };
const phone = await encrypting("js.tara", line);
await phone.getCrypto().bootstrapCrossSigning({});
const keys = await ownKeys(phone);
assert.equal(Object.keys(keys.signatures[tara.getUserId()]).length, 2, "the new phone is not vouched for");
await phone.getCrypto().loadSessionBackupPrivateKeyFromSecretStorage();
const restored = await phone.getCrypto().restoreKeyBackup();
assert.ok(restored.imported >= 2, `restored ${JSON.stringify(restored)}`);
assert.equal(await reads(phone, first), "Паноҳгоҳ омода аст");

// The phone is out of reach, its one-time keys are used up, and sana has not yet talked to it: its fallback key is enough.
line.cut = true;
const given = new Set();
for (let name = ""; !given.has(name); ) {
	given.add(name);
	const wish = { one_time_keys: { [phone.getUserId()]: { [phone.getDeviceId()]: "signed_curve25519" } } };
	const answer = await ask(sana, "POST", "/keys/claim", wish);
	[name] = Object.keys(answer.one_time_keys[phone.getUserId()][phone.getDeviceId()]);
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
