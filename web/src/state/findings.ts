import { lenient, list, string } from "../wire/decode";
import { Fault } from "../wire/fault";

/** What the hub found in a text and was not confirmed, from its refusal; undefined when it refused for something else. */
export const findingsOf = (error: unknown): readonly string[] | undefined =>
	error instanceof Fault && error.key === "error.alert_guard" ? (lenient(list(string), error.more["network.panah.findings"]) ?? []) : undefined;
