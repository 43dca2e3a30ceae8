import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { phone } from "./pictures";
import type { Language } from "./words";

/** Time zones of the people, so that their days end at different moments. */
export const zones: Record<Language, string> = {
	en: "Asia/Almaty",
	"fa-AF": "Asia/Kabul",
	ps: "Asia/Kabul",
	tg: "Asia/Dushanbe",
	uz: "Asia/Tashkent",
	tk: "Asia/Ashgabat",
	ur: "Asia/Karachi",
	ru: "Asia/Dushanbe",
};

/** Chromium; `also` are switches for what a machine without a screen lacks, such as a microphone. */
export function openBrowser(also: readonly string[] = []): Promise<Browser> {
	const executablePath = process.env.PANAH_TEST_CHROMIUM;
	if (!executablePath) throw new Error("PANAH_TEST_CHROMIUM is not set");
	return chromium.launch({
		executablePath,
		args: [
			"--no-sandbox",
			"--disable-gpu",
			"--disable-quic",
			"--no-first-run",
			"--disable-background-networking",
			"--disable-component-update",
			"--disable-sync",
			...also,
		],
	});
}

/** A device of somebody whose browser speaks the language, with an empty profile. Errors of the page fail the test. */
export async function openDevice(browser: Browser, language: Language): Promise<{ context: BrowserContext; page: Page; errors: string[] }> {
	const context = await browser.newContext({ locale: language, timezoneId: zones[language], viewport: phone });
	context.setDefaultTimeout(15_000);
	const page = await context.newPage();
	const errors: string[] = [];
	page.on("pageerror", (error) => errors.push(String(error)));
	return { context, page, errors };
}
