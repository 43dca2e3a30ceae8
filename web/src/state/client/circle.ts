import { batch } from "@preact/signals";
import type { UserId } from "../../wire/ids";
import * as account from "../account";
import * as care from "../care";
import { Turns } from "../turns";
import type { Hub } from "./hub";
import type { Directory, Keeping } from "./keeping";
import type { Known } from "./known";
import type { Own } from "./own";
import { quietly } from "./sending";

/** Who is in the network, what waits for those who look after it, and whom one does not want to hear. */
export class Circle {
	private readonly peopleRead = new Turns();
	private readonly leadsRead = new Turns();
	private readonly waitingRead = new Turns();

	constructor(
		private readonly here: Known,
		private readonly keeping: Keeping,
		private readonly hub: Hub,
		private readonly own: Own,
	) {}

	/** Reads who is in the network. What was read last time is shown until then, and while there is no line. */
	async loadPeople(): Promise<void> {
		const [stays, newest] = [this.here.staying(), this.peopleRead.next()];
		const [organisations, people, abroad] = await Promise.all([account.organisations(), account.people(), account.abroad()]);
		if (!stays() || !newest()) return;
		batch(() => {
			this.here.organisations.value = organisations;
			this.here.people.value = people;
			this.here.abroad.value = abroad;
		});
		this.keepDirectory();
	}

	/** Reads which organisations the hubs of other countries have. */
	async loadAbroad(): Promise<void> {
		const stays = this.here.staying();
		const abroad = await account.abroad();
		if (!stays()) return;
		this.here.abroad.value = abroad;
		this.keepDirectory();
	}

	/** Reads who coordinates which country. */
	async loadLeads(): Promise<void> {
		const [stays, newest] = [this.here.staying(), this.leadsRead.next()];
		const leads = await account.leads();
		if (!stays() || !newest()) return;
		this.here.leads.value = leads;
		this.keepDirectory();
	}

	/** Says who coordinates a country; "" for nobody. */
	async setLead(country: string, organisation: string): Promise<void> {
		await account.setLead(country, organisation);
		await this.loadLeads();
	}

	private keepDirectory(): void {
		const { organisations, people, abroad, leads } = this.here;
		if (!organisations.value || !people.value) return;
		const directory: Directory = { organisations: organisations.value, people: people.value, abroad: abroad.value, leads: leads.value };
		void this.keeping.vault?.setDirectory(directory); // a full disk takes nothing back of what was done
	}

	async createOrganisation(name: string, kind: account.Kind, country: string): Promise<account.Organisation> {
		const made = await account.createOrganisation(name, kind, country);
		await quietly(this.loadPeople()); // it is made: whoever were told otherwise would make another one
		return made;
	}

	/** Does something to an organisation or a person, and reads anew who is in the network. */
	async look(after: Promise<void>): Promise<void> {
		await after;
		await quietly(this.loadPeople());
	}

	/** Reads what waits for those who look after the network. */
	async loadWaiting(): Promise<void> {
		if (!this.here.may("see_overview")) return;
		const [stays, newest] = [this.here.staying(), this.waitingRead.next()];
		const waiting = await care.overview();
		if (stays() && newest()) this.here.waiting.value = waiting;
	}

	/** Blocks somebody, or no longer. The hub holds back what they say from now on; unblocked, what it held back is read. */
	async block(user: UserId, blocked: boolean): Promise<void> {
		const stays = this.here.staying();
		await this.own.keepData(care.ignoredType, () => {
			const users = new Set(this.here.blocked.value);
			if (blocked) users.add(user);
			else users.delete(user);
			return { ignored_users: Object.fromEntries([...users].map((one) => [one, {}])) };
		});
		if (!blocked && stays()) this.hub.readAnew();
	}
}
