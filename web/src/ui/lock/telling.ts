import { effect } from "@preact/signals";
import type { Session } from "../../state";
import { client } from "../client";
import { tell } from "../shell/router";

/** Keeps channels and people out of the browser's history where a PIN is set or others use the device too. Gives its end. */
export function followTelling(): () => void {
	return effect(() => void bring(client.session.value));
}

/** The PIN was set or taken off. */
export const pinChanged = (): Promise<void> => bring(client.session.peek());

async function bring(session: Session): Promise<void> {
	if (session.kind === "locked") return tell("quiet");
	if (session.kind === "out") return tell("open");
	if (session.kind !== "in") return;
	if (session.me.alone) return tell("empty");
	if (session.me.brief) return tell("quiet");
	const pin = await client.own.hasPin();
	if (client.session.peek() === session) tell(pin ? "quiet" : "open");
}
