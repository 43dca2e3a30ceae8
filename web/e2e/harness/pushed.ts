import { createECDH, type ECDH, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { BrowserContext, CDPSession, Page } from "playwright-core";
import { decrypt } from "http_ece";

/** What a push service took for a browser. */
export interface Pushed {
	readonly headers: Readonly<Record<string, string | string[] | undefined>>;
	readonly size: number;
	/** Decrypted, as JSON. */
	readonly text: string;
}

/**
 * A push service on this machine, with the keys of one browser: no test reaches the real ones. It decrypts with a library that the hub's
 * authors have not written.
 */
export class PushService {
	readonly came: Pushed[] = [];
	private readonly keys: ECDH = createECDH("prime256v1");
	private readonly secret = randomBytes(16);

	private constructor(private readonly server: Server) {
		this.keys.generateKeys();
	}

	static async start(): Promise<PushService> {
		const server = createServer();
		const service = new PushService(server);
		server.on("request", (request, response) => {
			const parts: Buffer[] = [];
			request.on("data", (part: Buffer) => parts.push(part));
			request.on("end", () => {
				const body = Buffer.concat(parts);
				service.came.push({ headers: request.headers, size: body.length, text: service.open(body) });
				response.writeHead(201).end();
			});
		});
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		return service;
	}

	private open(body: Buffer): string {
		return decrypt(body, { version: "aes128gcm", privateKey: this.keys, authSecret: this.secret }).toString("utf8");
	}

	/** As the operator allows it by name. */
	get host(): string {
		return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
	}

	/** Has a browser's subscriptions lead here. All else of it stays the browser's own. */
	async standIn(context: BrowserContext): Promise<void> {
		const given = {
			endpoint: `http://${this.host}/push/one`,
			keys: { p256dh: this.keys.getPublicKey("base64url"), auth: this.secret.toString("base64url") },
		};
		await context.addInitScript((json) => {
			const key = "stood-in";
			const subscription = {
				endpoint: json.endpoint,
				toJSON: () => json,
				unsubscribe: async () => {
					sessionStorage.removeItem(key);
					return true;
				},
			};
			PushManager.prototype.subscribe = async () => {
				sessionStorage.setItem(key, "1");
				return subscription as unknown as PushSubscription;
			};
			PushManager.prototype.getSubscription = async () =>
				sessionStorage.getItem(key) ? (subscription as unknown as PushSubscription) : null;
		}, given);
	}

	/** Waits for the next message that is wanted, and takes it and those before it. */
	async next(wanted: (message: { kind: string; urgent: boolean }) => boolean = () => true): Promise<Pushed> {
		const late = Date.now() + 60_000;
		while (Date.now() < late) {
			const one = this.came.shift();
			if (one && wanted(JSON.parse(one.text))) return one;
			if (one) continue;
			await new Promise((again) => setTimeout(again, 50));
		}
		throw new Error("no message came to the push service");
	}

	async stop(): Promise<void> {
		this.server.close();
		await once(this.server, "close");
	}
}

/** Hands messages to the worker of a page as the browser does when its push service has one. */
export class Delivery {
	private constructor(
		private readonly cdp: CDPSession,
		private readonly registration: string,
		private readonly page: Page,
	) {}

	static async to(page: Page): Promise<Delivery> {
		const cdp = await page.context().newCDPSession(page);
		const found = new Promise<string>((done) => {
			cdp.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
				const one = registrations.find(({ isDeleted }) => !isDeleted);
				if (one) done(one.registrationId);
			});
		});
		await cdp.send("ServiceWorker.enable");
		return new Delivery(cdp, await found, page);
	}

	async deliver(text: string): Promise<void> {
		await this.cdp.send("ServiceWorker.deliverPushMessage", { origin: new URL(this.page.url()).origin, registrationId: this.registration, data: text });
	}

	/** What is shown now. */
	shown(): Promise<{ title: string; body: string; icon: string; lang: string; dir: string }[]> {
		return this.page.evaluate(async () => {
			const all = await (await navigator.serviceWorker.ready).getNotifications();
			return all.map(({ title, body, icon, lang, dir }) => ({ title, body, icon: new URL(icon).pathname, lang, dir: String(dir) }));
		});
	}

	async clear(): Promise<void> {
		await this.page.evaluate(async () => {
			for (const one of await (await navigator.serviceWorker.ready).getNotifications()) one.close();
		});
	}
}
