import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const root = resolve(import.meta.dirname, "../../..");

/** The hub's program, with the client inside. */
export const binary = join(root, "bin/hub");

/** The same with a clock that goes ahead of the machine's. */
const ahead = join(root, "bin/aheadtest");

/** How long a hub may take to start, in milliseconds. */
const patience = 30_000;

/** A running hub with a folder of its own, which can be killed and started again at the same address. */
export class Hub {
	readonly url: string;
	private readonly folder = mkdtempSync(join(tmpdir(), "panah-e2e-"));
	private process: ChildProcess | undefined;
	private said: string[] = [];

	private constructor(
		readonly port: number,
		private readonly command: "serve" | "demo",
		private readonly settings: Readonly<Record<string, string>>,
	) {
		this.url = `http://localhost:${port}`;
	}

	/** A new hub, or one that the sample network is put into, with settings of its own. */
	static async start(command: "serve" | "demo" = "serve", settings: Readonly<Record<string, string>> = {}): Promise<Hub> {
		const hub = new Hub(await freePort(), command, settings);
		await hub.start();
		return hub;
	}

	/** Starts the program, and returns when it answers. Its clock may go ahead by a time as Go writes it, such as "11m". */
	async start(by?: string): Promise<void> {
		if (by !== undefined) execFileSync("go", ["build", "-trimpath", "-o", ahead, "./hub/node/aheadtest"], { cwd: root });
		const [program, args] = by === undefined ? [binary, []] : [ahead, [by]];
		const started = spawn(program, [...args, this.command], { env: this.environment(), stdio: ["ignore", "pipe", "pipe"] });
		this.process = started;
		for (const output of [started.stdout, started.stderr]) {
			createInterface({ input: output }).on("line", (line) => this.said.push(line));
		}
		await this.answers(started);
	}

	private environment(): NodeJS.ProcessEnv {
		const own = { PORT: String(this.port), PANAH_LISTEN: "127.0.0.1", PANAH_DATA: this.folder, LANG: "C.UTF-8" };
		const { PANAH_PICTURES: _tests, ...env } = process.env; // the hub refuses settings that are not its own
		return { ...env, ...own, DATABASE_URL: "", REDIS_URL: "", ...this.settings };
	}

	/** The link with which whoever runs the hub invites one more steward. */
	stewardLink(): string {
		const said = execFileSync(binary, ["invite"], { env: this.environment(), encoding: "utf8" });
		const link = /\S+\/#\/invite\/\S+/.exec(said);
		if (!link) throw new Error(`the hub gave no link:\n${said}`);
		return link[0];
	}

	/** The link with which whoever runs the hub lets somebody in again. It does not wait. */
	recoveryLink(user: string): string {
		const said = execFileSync(binary, ["recover", user], { env: this.environment(), encoding: "utf8" });
		const link = /\S+\/#\/recover\/\S+/.exec(said);
		if (!link) throw new Error(`the hub gave no link:\n${said}`);
		return link[0];
	}

	private async answers(started: ChildProcess): Promise<void> {
		const late = Date.now() + patience;
		while (Date.now() < late) {
			if (started.exitCode !== null) break;
			const answer = await fetch(`${this.url}/readyz`).catch(() => undefined);
			if (answer?.ok) return;
			await new Promise((again) => setTimeout(again, 20));
		}
		throw new Error(`the hub did not start:\n${this.said.join("\n")}`);
	}

	/** The link that the hub printed for its first steward. */
	async firstLink(): Promise<string> {
		const late = Date.now() + patience;
		while (Date.now() < late) {
			for (const line of this.said) {
				const link = /\S+\/#\/invite\/\S+/.exec(line);
				if (link) return link[0];
			}
			await new Promise((again) => setTimeout(again, 20));
		}
		throw new Error(`the hub printed no link:\n${this.said.join("\n")}`);
	}

	/** Which files of the hub's folder hold the text, as it is written. */
	holds(text: string): string[] {
		const all = readdirSync(this.folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
		return all.map((one) => join(one.parentPath, one.name)).filter((path) => readFileSync(path).includes(text));
	}

	/** kill -9, in the middle of whatever it is doing. */
	async kill(): Promise<void> {
		await this.end("SIGKILL");
	}

	/** Ends the hub and removes what it kept. */
	async stop(): Promise<void> {
		await this.end("SIGTERM");
		rmSync(this.folder, { recursive: true });
	}

	private async end(signal: NodeJS.Signals): Promise<void> {
		const running = this.process;
		this.process = undefined;
		if (running === undefined || running.exitCode !== null) return;
		const ended = once(running, "exit");
		running.kill(signal);
		await ended;
	}
}

export async function freePort(): Promise<number> {
	const server = createServer().listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	server.close();
	if (address === null || typeof address === "string") throw new Error("no free port");
	return address.port;
}
