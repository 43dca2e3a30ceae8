// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import { answerBy } from "../wire/http";
import * as account from "./account";
import * as signin from "./signin";
import { blankAnswer, blankModel, nobody } from "./decoy";

afterEach(() => {
	answerBy(undefined);
	vi.unstubAllGlobals();
});

test("the empty account is asked of nobody, and is empty wherever one looks", async () => {
	vi.stubGlobal("isSecureContext", false);
	const asked = vi.fn();
	vi.stubGlobal("fetch", asked);
	answerBy((method, path) => blankAnswer(method, path, "Chrome, Android"));
	expect(await account.organisations()).toEqual([]);
	expect(await account.people()).toEqual([]);
	expect([...(await account.leads())]).toEqual([]);
	expect(await account.invitations()).toEqual([]);
	expect(await account.corrections()).toEqual([]);
	expect((await account.devices()).map(({ name }) => name)).toEqual(["Chrome, Android"]);
	expect(await signin.myDevices()).toMatchObject([{ name: "Chrome, Android", here: true, country: "" }]);
	expect(await signin.factors()).toMatchObject({ passkeys: [], totp: false, recoveryCodes: 0, required: false });
	expect(await signin.recoveries()).toEqual([]);
	await signin.renameDevice("1", "Phone");
	await signin.endOtherDevices();
	await account.setName(nobody().id, "user");
	await expect(signin.beginTotp()).rejects.toMatchObject({ key: "error.unreachable" });
	await expect(account.createOrganisation("x", "ngo", "TJ")).rejects.toMatchObject({ key: "error.unreachable" });
	expect(asked).not.toHaveBeenCalled();
});

test.each([
	["hub.example.org", true, true],
	["192.168.1.5", true, false],
	["[fd00::1]", true, false],
	["hub.example.org", false, false],
])("passkeys are offered at %s as they are to everybody (safe: %s)", async (hostname, safe, here) => {
	vi.stubGlobal("location", { hostname });
	vi.stubGlobal("isSecureContext", safe);
	answerBy((method, path) => blankAnswer(method, path, ""));
	expect((await signin.factors()).passkeysHere).toBe(here);
});

test("it has no cards for newcomers and no channels, and may do nothing", () => {
	const me = nobody();
	const model = blankModel(me, new Map());
	expect(me.may).toEqual([]);
	expect(model.rooms.size + model.invitations.size).toBe(0);
	expect(model.next).toBeDefined(); // or it would seem to load for ever
	expect(nobody().id).toMatch(/^@user\d+:/);
});
