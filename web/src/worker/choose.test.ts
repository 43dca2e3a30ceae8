import { expect, test } from "vitest";
import { choose } from "./choose";

test.each([
	["/", true, "/"],
	["/talk", true, "/"],
	["/time.html", true, "/time.html"],
	["/assets/main-1a2b.js", false, "/assets/main-1a2b.js"],
	["/faces/clock.webmanifest", false, "/faces/clock.webmanifest"],
	["/sw.js", false, undefined],
	["/_matrix/client/v3/sync", false, undefined],
	["/_matrix/client/v1/media/download/hub/x", true, undefined],
	["/_panah/v1/me", false, undefined],
	["/healthz", true, undefined],
	["/.well-known/matrix/client", false, undefined],
	["/talk", false, undefined],
])("%s (navigates: %s) is kept as %s", (path, navigates, name) => {
	expect(choose(path, navigates)).toBe(name);
});
