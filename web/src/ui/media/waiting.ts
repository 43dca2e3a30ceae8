import { useEffect, useState } from "preact/hooks";
import type { Waiting } from "../../state";
import { client } from "../client";

/** The file of mine as it lies on this device. */
export function useWaiting(waiting: Waiting | undefined): Blob | undefined {
	const [blob, setBlob] = useState<Blob>();
	useEffect(() => {
		if (waiting) void client.talk.waitingFile(waiting).then(setBlob, () => undefined); // its state says what is wrong
	}, [waiting?.id]);
	return blob;
}

/** How much of a file has gone, in whole hundredths; undefined while it is not its turn. */
export function shareSent(txn: string, file: Waiting): number | undefined {
	const now = client.uploading.value;
	if (now?.txn !== txn || file.paused) return undefined;
	return file.size === 0 ? 0 : Math.floor((Math.min(now.sent, file.size) / file.size) * 100);
}
