import { useCallback, useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import { client } from "../client";
import { clock, trouble } from "../say";

export interface Loading {
	/** What went wrong, in the reader's words. */
	failed: string | undefined;
	again: () => void;
}

/** Reads something when the screen opens, and again whenever the line comes back. */
export function useLoading(load: () => Promise<unknown>): Loading {
	const [failed, setFailed] = useState<string>();
	const connected = client.line.value.state === "connected";
	const again = useCallback(() => {
		setFailed(undefined);
		load().catch((error: unknown) => setFailed(trouble(error)));
	}, []);
	useEffect(again, [connected]);
	return { failed, again };
}

export const usePeople = (): Loading => useLoading(() => client.circle.loadPeople());

/** As of when a list stands, while there is no line. */
export function asOf(): string | undefined {
	const { state, since } = client.line.value;
	return state === "offline" ? t("list.as_of", { Time: clock(since) }) : undefined;
}
