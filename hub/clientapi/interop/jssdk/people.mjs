// What the scripts here share: how people register, sign in, start and hear.
import assert from "node:assert/strict";
import * as sdk from "matrix-js-sdk";
import { logger } from "matrix-js-sdk/lib/logger.js";

logger.disableAll();

export const hub = setting("PANAH_TEST_HUB");
/** How long an event may take before the test gives up, in milliseconds. */
const patience = 20_000;

/** A setting of the environment. */
export function setting(name) {
	const value = process.env[name];
	assert.ok(value, `${name} is not set: this script is run by the Go test in the folder above`);
	return value;
}

/** Goes through the user-interactive flow: asked without a proof, the hub says which one it wants. */
export async function register(user, password, token) {
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

/** Opens a new device at a homeserver. more is what the client is made with beside. */
export async function signIn(user, password, at = hub, more = {}) {
	const guest = sdk.createClient({ baseUrl: at });
	const session = await guest.login("m.login.password", { identifier: { type: "m.id.user", user }, password });
	return sdk.createClient({
		baseUrl: at,
		userId: session.user_id,
		accessToken: session.access_token,
		deviceId: session.device_id,
		...more,
	});
}

/** Waits for what subscribe hands over. */
export function eventually(what, subscribe) {
	return new Promise((resolve, reject) => {
		const limit = setTimeout(() => reject(new Error(`${what}: nothing within ${patience} ms`)), patience);
		subscribe((value) => {
			clearTimeout(limit);
			resolve(value);
		});
	});
}

/** Starts the client's own loop, and waits until it has heard what there is. */
export async function start(client) {
	const ready = eventually("the first sync", (done) => {
		client.on(sdk.ClientEvent.Sync, (state) => state === "PREPARED" && done(state));
	});
	await client.startClient({ initialSyncLimit: 20, lazyLoadMembers: true, pollTimeout: 10_000 });
	await ready;
}

/** Waits for an event, by its id. */
export function hears(client, eventId) {
	return eventually(`${client.getUserId()} waits for ${eventId}`, (done) => {
		const look = (event) => event.getId() === eventId && done(event);
		client.on(sdk.RoomEvent.Timeline, look);
		client.getRooms().forEach((room) => room.getLiveTimeline().getEvents().forEach(look));
	});
}

/** Asks again after each of the client's rounds, until it holds. */
export async function until(what, holds) {
	const end = Date.now() + 20_000;
	while (!(await holds())) {
		assert.ok(Date.now() < end, `${what}: in vain`);
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}
