import { useEffect, useRef, useState } from "preact/hooks";
import { type Cut, keyOf, type MediaUri } from "../../state";
import { client } from "../client";
import { trouble } from "../say";

/** An address of a file in memory, for as long as it is on the screen. */
export function useUrl(blob: Blob | undefined): string | undefined {
	const [url, setUrl] = useState<string>();
	useEffect(() => {
		if (!blob) return setUrl(undefined);
		const made = URL.createObjectURL(blob);
		setUrl(made);
		return () => URL.revokeObjectURL(made);
	}, [blob]);
	return url;
}

export interface Fetched {
	blob: Blob | undefined;
	/** Bytes that have come while it is being fetched. */
	coming: number | undefined;
	failed: string | undefined;
	/** Whether this device was looked through. */
	looked: boolean;
	load: () => void;
}

/** A file of the hub: what this device has is there at once, anything else is fetched by itself or on a press. */
export function useFetched(uri: MediaUri | undefined, cut: Cut, byItself: boolean): Fetched {
	const [blob, setBlob] = useState<Blob>();
	const [looked, setLooked] = useState(false);
	const [failed, setFailed] = useState<string>();
	const [running, setRunning] = useState(false);
	const connected = client.line.value.state === "connected";
	const wanted = useRef(uri);
	wanted.current = uri;
	const load = () => {
		if (!uri || running) return;
		const still = () => wanted.current === uri; // else another file stands here by now
		setFailed(undefined);
		setRunning(true);
		client.media
			.load(uri, cut)
			.then(
				(fetched) => still() && setBlob(fetched),
				(error: unknown) => still() && setFailed(trouble(error)),
			)
			.finally(() => still() && setRunning(false));
	};
	useEffect(() => {
		let here = true;
		setBlob(undefined);
		setLooked(false);
		setFailed(undefined);
		setRunning(false);
		const found = (kept: Blob | undefined) => {
			if (!here) return;
			setBlob(kept);
			setLooked(true);
		};
		if (uri) void client.media.kept(uri, cut).then(found);
		return () => {
			here = false;
		};
	}, [uri, cut]);
	useEffect(() => {
		if (looked && !blob && byItself && connected) load();
	}, [looked, byItself, connected]);
	const coming = uri && running ? (client.media.progress.value.get(keyOf(uri, cut)) ?? 0) : undefined;
	return { blob, looked, failed, coming, load };
}
