import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { freshKeys, importKeys } from "../seal";
import { destroyFiles, Files, pieceSize, resealFiles } from "./files";
import { keptMost, Media } from "./media";
import type { MediaUri } from "../../wire/media";

const keysOf = () => importKeys(freshKeys());

/** Bytes that say where they stand. */
function bytes(size: number): Uint8Array<ArrayBuffer> {
	return Uint8Array.from({ length: size }, (_, n) => (n * 31 + (n >> 8)) & 255);
}

const blob = (size: number, type = "image/jpeg") => new Blob([bytes(size)], { type });
/** Whether a file has these bytes; comparing them one by one takes seconds. */
const same = async (from: Blob | undefined, want: Uint8Array) => from !== undefined && Buffer.from(await from.arrayBuffer()).equals(want);

beforeEach(destroyFiles);
afterEach(() => {
	vi.unstubAllGlobals();
	vi.restoreAllMocks();
});

test("a file of several pieces comes back as it was, also in parts", async () => {
	const files = new Files(await keysOf());
	const size = 2 * pieceSize + 1_000;
	expect(await files.put("a", blob(size), { kind: "pending", used: 1 })).toBe(true);
	const about = await files.about("a");
	if (!about) throw new Error("it is not there");
	expect(about).toEqual({ kind: "pending", used: 1, size, type: "image/jpeg" });
	expect(await same(await files.read("a"), bytes(size))).toBe(true);
	const part = await files.slice("a", about, pieceSize - 10, pieceSize + 10);
	expect(await same(part, bytes(size).slice(pieceSize - 10, pieceSize + 10))).toBe(true);
	expect(await same(await files.slice("a", about, 2 * pieceSize, size + 500), bytes(size).slice(2 * pieceSize))).toBe(true);
});

test("nothing of it lies in clear, and other keys open nothing", async () => {
	const files = new Files(await keysOf());
	await files.put("a", new Blob(["where she is"], { type: "text/plain" }), { kind: "kept", used: 1 });
	const other = new Files(await keysOf());
	expect((await other.all()).size).toBe(0);
	await other.dropUnreadable();
	expect(await files.about("a")).toBeUndefined();
});

test("after the keys were changed only what is still to be sent is there", async () => {
	const [before, after] = [await keysOf(), await keysOf()];
	const files = new Files(before);
	await files.put("mine", blob(pieceSize + 5), { kind: "pending", used: 1 });
	await files.put("seen", blob(10), { kind: "kept", used: 1 });
	const mine = (await resealFiles(before, after)).get("mine") ?? "";
	expect(await same(await files.read("mine"), bytes(pieceSize + 5))).toBe(true); // until the keys are changed: the page may be closed now
	const now = new Files(after);
	expect([...(await now.all()).keys()]).toEqual([mine]);
	expect(await same(await now.read(mine), bytes(pieceSize + 5))).toBe(true);
	await now.dropUnreadable();
	expect(await files.about("mine")).toBeUndefined();
});

test("without keys files are held as long as the page is", async () => {
	const files = new Files(undefined);
	expect(await files.put("a", blob(10), { kind: "pending", used: 1 })).toBe(false);
	expect(await same(await files.read("a"), bytes(10))).toBe(true);
	await files.drop("a");
	expect(await files.read("a")).toBeUndefined();
});

const uri = (n: number) => `mxc://hub/${n}` as MediaUri;

test("what was fetched is kept within bounds: the oldest use goes first", async () => {
	const media = new Media();
	media.use(await keysOf());
	const now = Date.now();
	for (let n = 0; n < 5; n++) {
		await media.keep(uri(n), "full", blob(keptMost / 4 - 1_000));
	}
	const left = await Promise.all([0, 1, 2, 3, 4].map((n) => media.kept(uri(n), "full")));
	expect(left.filter((one) => one !== undefined)).toHaveLength(4);
	expect(left[4]).toBeDefined();
	await media.sweep(now + 15 * 86_400_000);
	expect((await media.store.all()).size).toBe(0);
}, 60_000);

test("a whole picture stands for its small one, and one that was taken back is not kept", async () => {
	const media = new Media();
	media.use(await keysOf());
	await media.keep(uri(1), "full", blob(100));
	expect(await media.kept(uri(1), "thumb")).toBeDefined();
	expect(await media.kept(uri(1), "face")).toBeUndefined();
	await media.forget(uri(1));
	expect(await media.kept(uri(1), "full")).toBeUndefined();
});

test("files that nothing waits for any more are dropped, but for those of a page that puts its post into the outbox just now", async () => {
	const media = new Media();
	media.use(await keysOf());
	const now = Date.now();
	for (const [id, used] of [["a", 1], ["b", 1], ["c", now]] as const) await media.store.put(id, blob(10), { kind: "pending", used });
	await media.dropOrphans(new Set(["b"]), now);
	expect([...(await media.store.all()).keys()]).toEqual(["b", "c"]);
});

test("what was being fetched for one person is not kept by the next", async () => {
	const media = new Media();
	media.use(await keysOf());
	const answers: ((answer: Response) => void)[] = [];
	vi.stubGlobal("fetch", () => new Promise<Response>((done) => void answers.push(done)));
	const late = media.load(uri(1), "full");
	await vi.waitUntil(() => answers.length > 0);
	media.use(await keysOf());
	answers[0]?.(new Response(blob(10)));
	await late;
	expect(await media.kept(uri(1), "full")).toBeUndefined();
});

test("a disk without room for a note of its use hides no picture", async () => {
	const media = new Media();
	media.use(await keysOf());
	vi.spyOn(Date, "now").mockReturnValueOnce(0);
	await media.keep(uri(1), "full", blob(10));
	vi.spyOn(Files.prototype, "used").mockRejectedValue(new DOMException("no room", "QuotaExceededError"));
	expect((await media.kept(uri(1), "full"))?.size).toBe(10);
});
