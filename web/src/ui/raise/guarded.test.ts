import { expect, test } from "vitest";
import { Fault } from "../../wire/fault";
import { guarded } from "./guarded";

/** A hub that takes a text with these kinds confirmed, and refuses the others that it finds. */
function hub(finds: readonly string[] = []) {
	const sent: (readonly string[])[] = [];
	const send = async (confirmed: readonly string[]) => {
		sent.push(confirmed);
		if (finds.some((kind) => !confirmed.includes(kind))) throw new Fault("M_INVALID_PARAM", "error.alert_guard", {}, 400, undefined, { "network.panah.findings": finds });
	};
	return { sent, send };
}

const number = "Call +93 70 123 4567";

test("what stands in a text is asked about before it is sent, and sent once it was confirmed", async () => {
	const { sent, send } = hub(["phone"]);
	expect(await guarded(number, [], send)).toEqual([{ kind: "phone", words: "+93 70 123 4567" }]);
	expect(sent).toEqual([]);
	expect(await guarded(number, ["phone"], send)).toEqual([]);
	expect(sent).toEqual([["phone"]]);
	expect(await guarded("nothing", [], send).catch(() => "asked")).toEqual([{ kind: "phone" }]);
});

test("what the hub alone finds is asked about as well", async () => {
	const { sent, send } = hub(["address"]);
	expect(await guarded("a house that all know", [], send)).toEqual([{ kind: "address" }]);
	expect(await guarded("a house that all know", ["address"], send)).toEqual([]);
	expect(sent).toEqual([[], ["address"]]);
});

test("what stood in the original is not asked about again in its translation", async () => {
	const { sent, send } = hub();
	expect(await guarded(number, [], send, "Zang zaning +93 70 123 4567")).toEqual([]);
	expect(await guarded(`${number}, 34.3482, 62.1997`, [], send, number)).toMatchObject([{ kind: "coordinates" }]);
	expect(sent).toEqual([[]]);
});

test("another refusal is no question", async () => {
	const over = new Fault("M_FORBIDDEN", "error.alert_over", {}, 403);
	await expect(guarded("words", [], () => Promise.reject(over))).rejects.toBe(over);
});
