/** What one page tells the others of the same device. */
export type News =
	/** The keys are locked away. */
	| "locked"
	/** What was kept is gone, or is under other keys. */
	| "changed"
	/** The outbox was changed by somebody else than you. */
	| "outbox";

/** The other pages of this device, as far as the browser joins them. */
export class Kin {
	private readonly channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("panah");

	constructor(heard: (news: News) => void) {
		if (this.channel) this.channel.onmessage = (message: MessageEvent<News>) => heard(message.data);
	}

	tell(news: News): void {
		this.channel?.postMessage(news);
	}
}

/** Does something while no other page and no worker does what has the same name. Where a browser has no locks, ids make a second time harmless. */
export async function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
	if (typeof navigator === "undefined" || !navigator.locks) return work();
	return (await navigator.locks.request(`panah.${name}`, work)) as T;
}
