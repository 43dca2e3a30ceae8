import { type Json, object } from "../../wire/decode";
import { unreachable } from "../../wire/fault";
import { request } from "../../wire/http";
import { mediaUri } from "../../wire/media";
import * as care from "../care";
import type { Kin } from "../kin";
import { setPicture } from "../media/media";
import { own } from "../outbox";
import { type Settings, settingsType } from "../settings";
import { Vault } from "../vault";
import type { Door } from "./door";
import type { Keeping } from "./keeping";
import type { Known } from "./known";
import type { Done, Sending } from "./sending";

/** What is the person's own: name, picture, settings, the PIN of this device, and the end of the account. */
export class Own {
	constructor(
		private readonly here: Known,
		private readonly keeping: Keeping,
		private readonly sending: Sending,
		private readonly door: Door,
		private readonly kin: Kin,
	) {}

	async set(change: Settings): Promise<void> {
		const content = { ...this.here.model.value.accountData.get(settingsType), ...change };
		await this.sending.do(own, { kind: "settings", type: settingsType, content });
		if (this.here.alone) await this.keeping.save();
	}

	async setName(name: string): Promise<Done> {
		const { session } = this.here;
		const before = session.value;
		const stays = this.here.staying();
		try {
			const done = await this.sending.do(own, { kind: "name", name });
			if (session.value.kind === "in") await this.keeping.vault?.setMe(session.value.me);
			return done;
		} catch (error) {
			if (stays()) session.value = before; // the hub does not take that name
			throw error;
		}
	}

	/** Gives the person a picture, or takes it away. */
	async setPicture(picture: Blob | undefined): Promise<void> {
		const { media, people, alone } = this.here;
		const session = this.here.session.value;
		if (session.kind !== "in" || alone) return;
		const uri = picture ? await uploadSmall(picture) : "";
		await setPicture(session.me.id, uri);
		if (uri !== "" && picture) await media.keep(uri, "face", picture);
		people.value = people.value?.map((person) => (person.id === session.me.id ? { ...person, picture: uri || undefined } : person));
	}

	async setAbout(speaks: readonly string[], askAbout: string): Promise<void> {
		const { session } = this.here;
		if (session.value.kind !== "in") return;
		const stays = this.here.staying();
		await care.setAbout(speaks, askAbout);
		if (stays()) session.value = { ...session.value, me: { ...session.value.me, speaks, askAbout } };
	}

	/** Whether what this device keeps is under a PIN; undefined where it keeps nothing. */
	async hasPin(): Promise<boolean | undefined> {
		return this.keeping.vault && Vault.locked();
	}

	/** Sets the PIN of this device and, if wanted, a second one; without a PIN takes both off. */
	async setPin(pin: string | undefined, second?: string): Promise<void> {
		const { keeping, sending } = this;
		if (!keeping.vault) return;
		const stays = this.here.staying();
		keeping.stopSaving();
		sending.files.hold();
		try {
			await keeping.relock(pin, second);
			if (!stays()) return;
			this.kin.tell("changed"); // first: what other pages write under the old keys is not kept
			await sending.reread(); // files stand under other ids
			await sending.takeUpFiles(this.here.outbox.peek());
		} finally {
			if (stays()) sending.files.wake();
		}
		await keeping.saveAtOnce();
	}

	/**
	 * Has the hub keep something for the person, and knows it at once. One after the other: each is the whole of what is kept, so what is
	 * changed must be what the one before it has made.
	 */
	keepData(type: string, content: () => Json): Promise<void> {
		const stays = this.here.staying();
		const done = this.keeps.then(() => this.keepNow(type, content, stays));
		this.keeps = done.catch(() => undefined); // whoever asked for it hears why it failed
		return done;
	}

	private keeps: Promise<void> = Promise.resolve();

	private async keepNow(type: string, content: () => Json, stays: () => boolean): Promise<void> {
		if (!stays()) throw unreachable(); // what was kept before is not known any more
		const { model } = this.here;
		const kept = content();
		await care.keepData(model.value.me, type, kept);
		if (stays()) model.value = { ...model.value, accountData: new Map(model.value.accountData).set(type, kept) };
	}

	/** Ends this person's account for good, and takes everything off this device. */
	async endAccount(passphrase: string, erase: boolean, sure: boolean): Promise<void> {
		await care.endAccount(this.here.model.value.me, passphrase, erase, sure);
		await this.door.signOut();
	}
}

/** Sends a small file in one go: the face of a person. */
async function uploadSmall(blob: Blob): Promise<ReturnType<typeof mediaUri>> {
	return request("POST", "/_matrix/media/v3/upload", (value) => mediaUri(object(value)["content_uri"]), {
		blob,
		query: { filename: "picture" },
	});
}
