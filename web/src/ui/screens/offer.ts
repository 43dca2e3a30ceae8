import { checkInvitation, type Offer } from "../../state";

let ahead: { readonly token: string; readonly answer: Promise<Offer> } | undefined;

/** Asks what an invitation offers while the form that shows it still comes: on the slowest line a question costs a second. */
export function askAhead(token: string): void {
	const answer = checkInvitation(token);
	answer.catch(() => undefined); // the form says so
	ahead = { token, answer };
}

/** What an invitation offers. What was asked ahead answers once; whoever asks again wants it anew. */
export function offerOf(token: string): Promise<Offer> {
	const asked = ahead;
	ahead = undefined;
	return asked?.token === token ? asked.answer : checkInvitation(token);
}
