import { signal } from "@preact/signals";
import { client } from "../client";

/** What the browser says of the line (Network Information API); many say nothing. */
interface Connection extends EventTarget {
	readonly saveData?: boolean;
	readonly effectiveType?: string;
	readonly type?: string;
}

const connection = (navigator as Navigator & { connection?: Connection }).connection;

/** Whether a line costs money or time. Where the browser says nothing, it is taken for a good one. */
export function dear(line: Pick<Connection, "saveData" | "effectiveType" | "type"> | undefined): boolean {
	return line?.saveData === true || line?.type === "cellular" || /^(slow-2g|2g|3g)$/.test(line?.effectiveType ?? "");
}

const dearNow = signal(dear(connection));
connection?.addEventListener("change", () => {
	dearNow.value = dear(connection);
});

/** Whether pictures are fetched without a press: as the person has chosen, else where the line costs nothing. */
export function loadsByItself(): boolean {
	const chosen = client.settings.value.pictures ?? "free";
	return chosen === "always" || (chosen === "free" && !dearNow.value);
}

/** Whether to propose the smaller size. */
export const thinLine = (): boolean => dearNow.value;
