import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { createHash } from "node:crypto";
import { build, defineConfig, type Plugin } from "vite";

/** Leaves a .br and a .gz beside each text file, so that the hub never compresses while it serves. */
function compressed(): Plugin {
	return {
		name: "compressed",
		apply: "build",
		closeBundle() {
			for (const path of files("dist")) {
				if (!/\.(html|js|css|svg|json|webmanifest|txt)$/.test(path)) continue;
				const raw = readFileSync(path);
				writeFileSync(`${path}.br`, brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
				writeFileSync(`${path}.gz`, gzipSync(raw, { level: 9 }));
			}
		},
	};
}

function files(folder: string): string[] {
	return readdirSync(folder).flatMap((name) => {
		const path = join(folder, name);
		return statSync(path).isDirectory() ? files(path) : [path];
	});
}

/** The screens that come in one piece: on a line where each request waits a second, one file is faster than ten. */
const pieces = {
	main: ["src/main.tsx"],
	client: ["src/state/client/client.ts"],
	invited: ["src/ui/screens/Invited.tsx"],
	shell: ["src/ui/shell/Shell.tsx"],
};
/** What has to stand at once when an alert comes in: behind the first screens, and in one file as well. */
const alerts = { alerts: ["src/ui/alerts/begin.ts", "src/state/alerts/alerts.ts"] };

/** What the screens import from the index of the state goes with whoever uses it. */
const index = resolve("src/state/index.ts");

/** All sources of ours that one of these cannot begin without. */
function sourcesOf(roots: readonly string[]): Set<string> {
	const found = new Set<string>();
	const gather = (path: string): void => {
		const file = [path, `${path}.ts`, `${path}.tsx`, join(path, "index.ts")].find((one) => statSync(one, { throwIfNoEntry: false })?.isFile());
		if (file === undefined || found.has(file) || file === index) return;
		found.add(file);
		if (!/\.tsx?$/.test(file)) return;
		for (const [, next] of readFileSync(file, "utf8").matchAll(/^(?:import|export) (?!type )(?:[^;"]*? from )?"(\.[^"]+)";/gm)) gather(resolve(file, "..", next ?? ""));
	};
	for (const root of roots) gather(resolve(root));
	return found;
}

/** What stands in quotes in sources. */
const quotedIn = (sources: ReadonlySet<string>): Set<string> =>
	new Set([...sources].flatMap((file) => [...readFileSync(file, "utf8").matchAll(/"([a-z_]+\.[a-z_0-9]+)"/g)].map(([, key]) => key ?? "")));

/** What the hub may refuse at the door. */
const refusedAtTheDoor =
	/^error\.(?:account|going_down|internal|invitation|limit|long_passphrase|no_passkeys|organisation|passkey|second_factor|store_busy|unknown_invitation|user_in_use|wrong)/;

const doorSays = quotedIn(sourcesOf([...pieces.main, ...pieces.client, ...pieces.invited, "src/ui/lock/Lock.tsx"]));
const shellSays = quotedIn(sourcesOf(pieces.shell));

/** Where a sentence stands: with the door, with the first screens behind it, or with the rest. */
const partOf = (key: string): string => (doorSays.has(key) || refusedAtTheDoor.test(key) ? "" : shellSays.has(key) ? "?inside" : "?rest");

/**
 * Leaves the words of the command line out of the catalogs, since only the hub prints them, and parts what the first screens behind the
 * door say (`?inside`) and the others (`?rest`) from what the door says: who waits for a screen on a slow line waits for its words alone.
 */
function screensOnly(): Plugin {
	return {
		name: "screens-only",
		enforce: "pre",
		transform(code, id) {
			const part = /\/locales\/active\.[\w-]+\.json(|\?inside|\?rest)$/.exec(id)?.[1];
			if (part === undefined) return undefined;
			const all = Object.entries(JSON.parse(code) as Record<string, unknown>);
			const wanted = all.filter(([key]) => !key.startsWith("cli.") && partOf(key) === part);
			const words = JSON.stringify(Object.fromEntries(wanted));
			return { code: part === "" ? words : `export default ${words}`, map: null };
		},
	};
}

/** emptyOutDir would take the tracked .keep away, without which the hub cannot be built before its client. */
function keep(): Plugin {
	return { name: "keep", apply: "build", closeBundle: () => writeFileSync(join("dist", ".keep"), "") };
}

/** What the app cannot open without, nor be left. */
const needed = /^\/($|time\.|assets\/(index|main|client|invited|shell|rolldown-runtime)-)/;

/** Whether a chunk is what the door says in one language. */
const atTheDoor = (module: string | null): boolean => /\/locales\/(?:active|dates)\.[\w-]+\.json$/.test(module ?? "");

/** Which files of one language a chunk is made of. */
const languageOf = (module: string | null): string | undefined =>
	/\/(?:locales\/(?:active|dates|alerts)\.|src\/ui\/words\/)([\w-]+)\.(?:json|ts)(?:\?inside|\?rest)?$/.exec(module ?? "")?.[1]?.replace(/^(lists|passphrase)$/, "") || undefined;

/**
 * Builds the worker when the client is there, since it has to know all its files. It stands alone in one file, whose name stays the same
 * so that browsers find a newer one; its version is a hash of what it serves.
 */
function worker(): Plugin {
	const languages: Record<string, string[]> = {};
	const door: Record<string, string[]> = {};
	return {
		name: "worker",
		apply: "build",
		generateBundle(_options, bundle) {
			for (const file of Object.values(bundle)) {
				const language = file.type === "chunk" ? languageOf(file.facadeModuleId) : undefined;
				if (!language || file.type !== "chunk") continue;
				languages[language] = [...(languages[language] ?? []), `/${file.fileName}`];
				if (atTheDoor(file.facadeModuleId)) door[language] = [...(door[language] ?? []), `/${file.fileName}`];
			}
		},
		async closeBundle() {
			writeFileSync(join("dist", "door.json"), JSON.stringify(door)); // web.go has the page name them
			const served = files("dist").filter((path) => /\.(html|js|css|svg|png|webmanifest)$/.test(path)).sort();
			const hash = createHash("sha256");
			for (const path of served) hash.update(path).update(readFileSync(path));
			const all = served.map((path) => `/${path.replace(/^dist\//, "").replace(/^index\.html$/, "")}`);
			await build({
				configFile: false,
				logLevel: "warn",
				define: { BUILD: JSON.stringify({ version: hash.digest("hex").slice(0, 12), files: { first: all.filter((path) => needed.test(path)), all, languages } }) },
				build: {
					outDir: "dist",
					emptyOutDir: false,
					copyPublicDir: false,
					target: "es2022",
					lib: { entry: "src/worker/sw.ts", formats: ["iife"], name: "worker", fileName: () => "sw.js" },
				},
			});
		},
	};
}

interface Graph {
	getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null;
}

/** Puts everything that a piece cannot begin without into its one chunk; what an earlier piece has is not in a later one. */
function inPieces() {
	const of = new Map<string, string>();
	const gather = (id: string, name: string, graph: Graph): void => {
		if (of.has(id) || id === index) return;
		of.set(id, name);
		for (const next of graph.getModuleInfo(id)?.importedIds ?? []) gather(next, name, graph);
	};
	return (wanted: object) =>
		(id: string, graph: Graph): string | null => {
			if (of.size === 0) for (const [name, roots] of Object.entries({ ...pieces, ...alerts })) for (const root of roots) gather(resolve(root), name, graph);
			const name = of.get(id);
			return name !== undefined && name in wanted ? name : null;
		};
}

const inPiece = inPieces();

export default defineConfig({
	build: {
		rolldownOptions: {
			output: {
				codeSplitting: {
					groups: [
						{ name: inPiece(pieces), debugName: "pieces", priority: 1 },
						{ name: inPiece(alerts), debugName: "alerts", priority: 0 }, // what it shares with the first screens is theirs
					],
				},
			},
		},
		target: "es2022",
		outDir: "dist",
		assetsDir: "assets",
		modulePreload: { polyfill: false },
		assetsInlineLimit: 0, // the content security policy allows no data: addresses for scripts and fonts
		reportCompressedSize: false,
	},
	plugins: [screensOnly(), worker(), compressed(), keep()],
	server: { proxy: { "/_matrix": "http://127.0.0.1:8008", "/_panah": { target: "http://127.0.0.1:8008", ws: true } } },
	test: { include: ["src/**/*.test.{ts,tsx}", "scripts/**/*.test.ts"] },
} as Parameters<typeof defineConfig>[0]);
