import type { Alerts, AlertsPort } from "../alerts/alerts";
import { Kin } from "../kin";
import { Channels } from "./channels";
import { Circle } from "./circle";
import { Door } from "./door";
import { Hub } from "./hub";
import { Keeping } from "./keeping";
import { Known } from "./known";
import { Own } from "./own";
import { Sending } from "./sending";
import { Talk } from "./talk";

/**
 * What this device knows, as signals, and what a person can do, by what it is about. Changes come in from the line, are applied to the
 * model, and are saved with the position they stand at; the screens read the signals and never see the line.
 */
export class Client extends Known {
	private readonly kin = new Kin((news) => void this.door.hear(news));
	private readonly keeping = new Keeping(this, this.kin);
	private readonly sending: Sending = new Sending(this, this.keeping, (call) => this.hub.call(call));
	private readonly hub: Hub = new Hub(this, this.keeping, this.sending, {
		connected: () => void this.door.recognise(),
		signedOut: () => void this.door.forget("elsewhere"),
		barred: () => this.door.barred(),
	});

	readonly door: Door = new Door(this, this.keeping, this.sending, this.hub, this.kin);
	readonly talk = new Talk(this, this.keeping, this.sending, (call) => this.hub.call(call));
	readonly own = new Own(this, this.keeping, this.sending, this.door, this.kin);
	readonly channels = new Channels(this, this.sending, this.talk, this.own);
	readonly circle = new Circle(this, this.keeping, this.hub, this.own);

	/** Makes a part that nobody needs before they are in, which comes with its screens. */
	part<T>(make: (stands: { readonly here: Known; readonly keeping: Keeping; readonly sending: Sending; readonly talk: Talk }) => T): T {
		return make({ here: this, keeping: this.keeping, sending: this.sending, talk: this.talk });
	}

	/** Makes the part about urgent alerts, which is not needed before somebody is in. Once is enough for a page. */
	readonly alerts = async (port: AlertsPort): Promise<Alerts> => {
		const { Alerts } = await import("../alerts/alerts");
		return new Alerts(this, this.keeping, this.sending, port);
	};
}
