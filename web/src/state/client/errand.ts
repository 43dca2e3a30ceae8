import { Fault } from "../../wire/fault";
import * as account from "../account";
import { Vault } from "../vault";
import type { Known } from "./known";

/** How often a debt to the hub is tried to be paid while the page is open, milliseconds. */
const errandEvery = 60_000;

/** What this device still owes the hub: the end of its session. Without a line it is tried again when there is one. */
export class Errand {
	constructor(private readonly here: Known) {}

	async run(): Promise<void> {
		if (await Vault.errand()) await this.endSession();
	}

	private ending: Promise<void> | undefined;

	/** Once at a time: the answer to a second asking could take the next person's cookie away. */
	endSession(): Promise<void> {
		this.ending ??= this.end().finally(() => {
			this.ending = undefined;
		});
		return this.ending;
	}

	private async end(): Promise<void> {
		try {
			await account.signOut();
		} catch (error) {
			if (!(error instanceof Fault)) throw error;
			if (error.status !== 401) {
				addEventListener("online", () => void this.run(), { once: true });
				setTimeout(() => void this.run(), errandEvery);
				return this.here.wantWorker();
			}
		}
		await Vault.errandDone();
	}

	/** Before somebody signs in here the old session is ended if it can be; if not, it is in nobody's hands, since its cookie is replaced. */
	async settle(): Promise<void> {
		await this.run();
		await Vault.errandDone();
	}
}
