import { once } from "node:events";
import { createServer, request } from "node:http";
import type { Hub } from "./hub";

/** A line to the hub that lets HTTP through and cuts websockets, as some networks do. */
export interface Narrow {
	url: string;
	/** How many websockets were refused so far. */
	refused(): number;
	stop(): Promise<void>;
}

export async function narrow(hub: Hub): Promise<Narrow> {
	let refused = 0;
	const server = createServer((incoming, answer) => {
		const { method, headers, url } = incoming;
		const onward = request({ host: "127.0.0.1", port: hub.port, method, headers, path: url }, (from) => {
			answer.writeHead(from.statusCode ?? 502, from.headers);
			from.pipe(answer);
		});
		onward.on("error", () => answer.destroy());
		answer.on("close", () => onward.destroy());
		incoming.pipe(onward);
	});
	server.on("upgrade", (_, socket) => {
		refused++;
		socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("no port");
	return {
		url: `http://localhost:${address.port}`,
		refused: () => refused,
		stop: async () => {
			server.closeAllConnections();
			server.close();
			await once(server, "close");
		},
	};
}
