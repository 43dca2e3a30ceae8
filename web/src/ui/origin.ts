import { type Abroad, serverOf } from "../state";

/** The other hub that a person comes from; undefined for those of one's own. */
export interface Origin {
	readonly server: string;
	/** The one country of all its organisations that are known here; a hub that serves several says nothing of a person's. */
	readonly country?: string;
}

/** Hubs tell each other of their organisations, and not of who belongs to them: of a person it is known which hub they are on. */
export function originOf(user: string, me: string, abroad: readonly Pick<Abroad, "hub" | "country">[]): Origin | undefined {
	const server = serverOf(user);
	if (server === serverOf(me)) return undefined;
	const [country, ...others] = new Set(abroad.filter(({ hub }) => hub === server).map((one) => one.country));
	return { server, ...(country !== undefined && others.length === 0 && { country }) };
}
