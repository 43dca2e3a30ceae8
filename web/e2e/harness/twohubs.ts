import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { binary } from "./hub";

/** The sample of two hubs that federate, as `hub demo --hubs 2` starts it. */
export class TwoHubs {
	private constructor(
		readonly urls: readonly [string, string],
		private readonly process: ChildProcess,
		private readonly folder: string,
	) {}

	/** Returns when the program has said how everybody signs in. */
	static async start(): Promise<TwoHubs> {
		const folder = mkdtempSync(join(tmpdir(), "panah-e2e-"));
		const { PANAH_PICTURES: _tests, ...env } = process.env; // the hub refuses settings that are not its own
		const own = { PORT: "0", PANAH_LOG_LEVEL: "warn", PANAH_LISTEN: "127.0.0.1", PANAH_DATA: folder, LANG: "C.UTF-8", DATABASE_URL: "", REDIS_URL: "" };
		const started = spawn(binary, ["demo", "--hubs", "2"], { env: { ...env, ...own }, stdio: ["ignore", "pipe", "inherit"] });
		const urls: string[] = [];
		for await (const line of createInterface({ input: started.stdout })) {
			const url = /running at (http:\S+)/.exec(line)?.[1];
			if (url) urls.push(url);
			if (line.includes("passphrase")) break;
		}
		const [here, there] = urls;
		if (here === undefined || there === undefined) throw new Error(`two hubs said that they run at ${urls.join(", ") || "no address"}`);
		return new TwoHubs([here, there], started, folder);
	}

	/** Ends the hubs and removes what they kept. */
	async stop(): Promise<void> {
		const ended = once(this.process, "exit");
		this.process.kill("SIGTERM");
		await ended;
		rmSync(this.folder, { recursive: true });
	}
}
