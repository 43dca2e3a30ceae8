// @vitest-environment happy-dom
import { h, render } from "preact";
import { expect, test } from "vitest";
import { later } from "./later";

test("what came for one place while another was being drawn stands in both", async () => {
	let come: ((module: { default: () => string }) => void) | undefined;
	const Part = later(
		() => new Promise<{ default: () => string }>((done) => (come = done)),
		() => "meanwhile" as never,
	);
	const [first, second] = [document.createElement("p"), document.createElement("p")];
	render(h(Part, {}), first);
	await expect.poll(() => come).toBeDefined(); // its effect has asked for the part
	come?.({ default: () => "here" });
	render(h(Part, {}), second); // drawn before the part is taken in, its effect runs after that
	expect(second.textContent).toBe("meanwhile");
	await expect.poll(() => [first.textContent, second.textContent]).toEqual(["here", "here"]);
});
