import { Fault } from "../../wire/fault";
import { hubNow } from "../../wire/hubtime";
import type { RoomId } from "../../wire/ids";
import { type AlertDraft, decodeDraft, draftPlace, encodeDraft, wishOf } from "../alertDraft";
import { doorOf, type Sent, sendWish } from "../alertSend";
import type { Known } from "./known";
import type { Done, Sending } from "./sending";
import type { Talk } from "./talk";

/** Where the words of a translation are kept among the drafts. */
export const translationPlace = (event: string, language: string): string => `translate:${event}:${language}`;

/** Writing alerts and sending them: what is written is kept at every step, and what is sent goes out once, now or when there is a line. */
export class Raising {
	constructor(
		private readonly here: Known,
		private readonly sending: Sending,
		private readonly talk: Talk,
	) {}

	/** The draft of a new alert, or of a new version of one. */
	draft(update?: string): AlertDraft | undefined {
		return decodeDraft(this.here.drafts.value.get(draftPlace(update)));
	}

	keep(draft: AlertDraft, update?: string): void {
		this.talk.saveDraft(draftPlace(update), encodeDraft(draft));
	}

	drop(update?: string): void {
		this.talk.saveDraft(draftPlace(update), "");
	}

	/** Sends a draft. Without a line it waits in the outbox, in a row of its own: nothing holds an alert up. */
	async send(draft: AlertDraft, update?: string): Promise<Sent | "later"> {
		const { me } = this.here.model.value;
		const door = doorOf(update);
		const wish = wishOf(draft, hubNow(), update !== undefined);
		try {
			if (this.here.line.value.state === "offline") throw new Fault("NETWORK", "error.unreachable");
			const sent = await sendWish(door, wish);
			this.done(draft, update);
			return sent;
		} catch (error) {
			await this.sending.later(me, `alert:${draft.txn}` as RoomId, { kind: "alert", door, wish, draft: encodeDraft(draft) }, error);
			this.done(draft, update);
			return "later";
		}
	}

	/** The draft goes that was sent, and no other that was begun meanwhile. */
	private done({ txn }: AlertDraft, update: string | undefined): void {
		if (this.draft(update)?.txn === txn) this.drop(update);
	}

	/** Hangs a translation on an alert; without a line it waits in the outbox, in a row of its own. */
	async translate(event: string, language: string, text: string, confirmed: readonly string[]): Promise<Done> {
		const act = { kind: "translation", event, language, text, ...(confirmed.length > 0 && { confirmed }) } as const;
		return this.sending.do(translationPlace(event, language) as RoomId, act);
	}

	/** Takes a translation back that has not gone, to be changed. */
	reopenTranslation(txn: string): void {
		const act = this.sending.outgoing(txn)?.act;
		if (act?.kind !== "translation") return;
		this.talk.saveDraft(translationPlace(act.event, act.language), act.text);
		this.sending.posts.discard(txn);
	}

	/** Opens an alert that the hub refused, or that still waits for a line, to be changed. Gives the alert that it is a new version of. */
	reopen(txn: string): string | undefined {
		const act = this.sending.outgoing(txn)?.act;
		if (act?.kind !== "alert") return undefined;
		const update = /\/alerts\/([^/]+)\/update$/.exec(act.door)?.[1];
		const of = update === undefined ? undefined : decodeURIComponent(update);
		this.talk.saveDraft(draftPlace(of), act.draft);
		this.sending.posts.discard(txn);
		return of;
	}
}
