import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { Hub } from "./hub";

interface Shape {
	/** Bytes a second in each direction; undefined for as fast as it goes. */
	rate?: number;
	/** Milliseconds that everything takes in each direction: half of a round trip. */
	delay?: number;
	/** The share of pieces at which a connection breaks, half of them before the piece gets through and half after. */
	loss?: number;
}

/**
 * A bad line to the hub. It shapes what TCP carries, whatever that is: pages, calls, websockets. Chance is seeded, so that a run can be
 * repeated.
 */
export class Shaped {
	readonly url: string;
	/** How many connections broke so far. */
	broken = 0;
	/** What went through, in bytes. */
	down = 0;
	up = 0;
	private readonly pairs = new Set<[Socket, Socket]>();
	private gone = false;
	private silent: Promise<void> = Promise.resolve();
	private resume: () => void = () => undefined;
	private busy = { up: 0, down: 0 };
	private seed = 20_261_125;

	private constructor(
		private readonly hub: Hub,
		private readonly server: ReturnType<typeof createServer>,
		port: number,
		public shape: Shape,
	) {
		this.url = `http://localhost:${port}`;
	}

	static async start(hub: Hub, shape: Shape): Promise<Shaped> {
		const server = createServer({ noDelay: true });
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		const address = server.address();
		if (address === null || typeof address === "string") throw new Error("no port");
		const line = new Shaped(hub, server, address.port, shape);
		server.on("connection", (client) => line.join(client));
		return line;
	}

	/** From now on nothing comes through, and nothing is refused either: the line is silent. */
	fallSilent(): void {
		this.silent = new Promise((resume) => {
			this.resume = resume;
		});
	}

	/** The line speaks again; what was on the way comes late. */
	speak(): void {
		this.resume();
	}

	/** Every connection breaks, and none is taken until the line is back. A browser that is told to be offline keeps its sockets. */
	cut(): void {
		this.gone = true;
		this.breakAll();
	}

	/** Connections are taken again. */
	mend(): void {
		this.gone = false;
	}

	private breakAll(): void {
		for (const pair of this.pairs) for (const one of pair) one.destroy();
	}

	async stop(): Promise<void> {
		this.speak();
		this.breakAll();
		this.server.close();
		await once(this.server, "close");
	}

	private join(client: Socket): void {
		if (this.gone) {
			client.destroy();
			return;
		}
		const hub = connect({ host: "127.0.0.1", port: this.hub.port, noDelay: true });
		const pair: [Socket, Socket] = [client, hub];
		this.pairs.add(pair);
		const end = () => {
			this.pairs.delete(pair);
			for (const one of pair) one.destroy();
		};
		for (const one of pair) one.on("error", end).on("close", end);
		void this.carry(client, hub, "up", end);
		void this.carry(hub, client, "down", end);
	}

	private async carry(from: Socket, to: Socket, way: "up" | "down", cut: () => void): Promise<void> {
		try {
			for await (const piece of from as AsyncIterable<Buffer>) {
				const lost = this.chance() < (this.shape.loss ?? 0);
				const before = lost && this.chance() < 0.5;
				if (!before) await this.pass(piece, way, to);
				if (!lost) continue;
				this.broken++;
				return cut();
			}
			setTimeout(() => to.end(), (this.shape.delay ?? 0) + 1); // after what is still on its way
		} catch {
			cut(); // one of the two has gone
		}
	}

	/** All connections share the line: a piece begins when those before it are through, and arrives after the delay. */
	private async pass(piece: Buffer, way: "up" | "down", to: Socket): Promise<void> {
		await this.silent;
		const now = performance.now();
		const takes = this.shape.rate === undefined ? 0 : (piece.length / this.shape.rate) * 1_000;
		this.busy[way] = Math.max(now, this.busy[way]) + takes;
		await wait(this.busy[way] - now);
		this[way] += piece.length;
		const arrive = async () => {
			await this.silent;
			if (!to.destroyed) to.write(piece);
		};
		const delay = this.shape.delay ?? 0;
		if (delay === 0) return arrive();
		setTimeout(() => void arrive(), delay);
	}

	/** Mulberry32. */
	private chance(): number {
		this.seed = (this.seed + 0x6d2b79f5) | 0;
		let t = Math.imul(this.seed ^ (this.seed >>> 15), 1 | this.seed);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
	}
}

const wait = (milliseconds: number) => (milliseconds <= 0 ? Promise.resolve() : new Promise((done) => setTimeout(done, milliseconds)));
