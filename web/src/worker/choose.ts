/** What the build has made. */
export interface Files {
	/** What the app cannot open without. */
	readonly first: readonly string[];
	/** Everything, `first` included. */
	readonly all: readonly string[];
	/** The files that belong to one language each. */
	readonly languages: Readonly<Record<string, readonly string[]>>;
}

/** What belongs to the hub, and never to the program. */
const hubs = /^\/(_matrix|_panah|\.well-known|healthz|readyz|metrics)(\/|$)/;
const pages = /^\/(assets\/|faces\/|time\.(html|css|js)$|icon\.svg$)/;

/** Under which name a request's answer may be kept; undefined for what the worker leaves alone. */
export function choose(path: string, navigates: boolean): string | undefined {
	if (hubs.test(path)) return undefined;
	if (pages.test(path)) return path;
	return navigates && !/\.\w+$/.test(path) ? "/" : undefined;
}
