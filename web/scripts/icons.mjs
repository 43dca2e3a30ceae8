// Draws the pictures of public/faces in the sizes that phones want for a home screen. Run by hand after a picture was changed:
//   PANAH_TEST_CHROMIUM=$(command -v chromium) node scripts/icons.mjs
// The corners are filled, so that a phone can cut them as it likes (maskable).
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const browser = await chromium.launch({ executablePath: process.env.PANAH_TEST_CHROMIUM, args: ["--no-sandbox"] });
const page = await browser.newPage();
for (const face of ["panah", "clock", "notes"]) {
	const svg = readFileSync(new URL(`../public/faces/${face}.svg`, import.meta.url), "utf8").replace(' rx="14"', "");
	for (const size of [192, 512]) {
		await page.setViewportSize({ width: size, height: size });
		await page.setContent(`<style>body{margin:0}svg{display:block;width:100vw;height:100vh}</style>${svg}`);
		await page.screenshot({ path: new URL(`../public/faces/${face}-${size}.png`, import.meta.url).pathname });
	}
}
await browser.close();
