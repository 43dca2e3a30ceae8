import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { openDevice } from "./browser";
import { code } from "./totp";
import { bare, type Language, nativeNames, unanchored, words } from "./words";

/** What people wrote down when they set their second key up, by user. */
export const recoveryCodes = new Map<string, string[]>();

/** Somebody at a device, who finds things as people do: by the words of their own language. */
export class Reader {
	private constructor(
		readonly language: Language,
		readonly context: BrowserContext,
		readonly page: Page,
		readonly errors: string[],
	) {}

	static async sitDown(browser: Browser, language: Language): Promise<Reader> {
		const { context, page, errors } = await openDevice(browser, language);
		return new Reader(language, context, page, errors);
	}

	w(key: string): string {
		return words(this.language, key);
	}

	button(key: string): Locator {
		return this.page.getByRole("button", { name: this.w(key), exact: true });
	}

	field(key: string): Locator {
		return this.page.getByLabel(this.w(key), { exact: true });
	}

	timeline(): Locator {
		return this.page.getByRole("list", { name: this.w("timeline.label"), exact: true });
	}

	post(text: string): Locator {
		return this.timeline().getByRole("listitem").filter({ hasText: text });
	}

	/** Signs up with an invitation, as far as the first screen. */
	async signUp(link: string, who: { user: string; name: string; passphrase: string }): Promise<void> {
		await this.page.goto(link);
		await this.field("invited.name").fill(who.name);
		await this.field("sign_in.user").fill(who.user);
		await this.field("sign_in.passphrase").fill(who.passphrase);
		await this.button("invited.act").click();
		await this.secure(who.user);
		await this.tab("now.title").waitFor();
	}

	/** Stewards and administrators set a second key up before anything else; here it is a code app, and their recovery codes are kept for signIn. */
	async secure(user: string): Promise<void> {
		const choice = this.button("secure.totp_use");
		await choice.or(this.tab("now.title")).waitFor();
		if (!(await choice.isVisible())) return;
		await choice.click();
		const secret = await this.page.locator(".secret").innerText();
		await this.field("second.code").fill(await code(secret));
		await this.button("totp.act").click();
		const codes = this.page.locator(".recovery-codes li");
		await codes.first().waitFor();
		recoveryCodes.set(user, (await codes.allInnerTexts()).map((one) => one.trim()));
		await this.button("codes.kept").click();
	}

	/** Shows a recovery code of somebody who has signed up here; each works once. */
	private async showCode(user: string): Promise<void> {
		const asked = this.page.getByRole("heading", { name: this.w("second.title") });
		await asked.or(this.tab("now.title")).waitFor();
		if (!(await asked.isVisible())) return;
		await this.field("second.code").fill(recoveryCodes.get(user)?.shift() ?? "");
		await this.button("second.act").click();
	}

	async signIn(url: string, who: { user: string; passphrase: string }): Promise<void> {
		await this.page.goto(url);
		await this.field("sign_in.user").fill(who.user);
		await this.field("sign_in.passphrase").fill(who.passphrase);
		await this.button("sign_in.act").click();
		await this.showCode(who.user);
		await this.tab("now.title").waitFor();
	}

	tab(key: string): Locator {
		return this.page.getByRole("navigation", { name: this.w("app.tabs"), exact: true }).getByRole("link", { name: this.w(key) });
	}

	/** Picks one of a few values. */
	private async pick(group: string, label: string): Promise<void> {
		await this.page.getByRole("group", { name: this.w(group) }).getByRole("radio", { name: label, exact: true }).check();
	}

	/** Makes an organisation, as a steward may. */
	async admit(organisation: { name: string; kind: string; country: string }): Promise<void> {
		await this.go("#/people/new");
		await this.field("new_organisation.name").fill(organisation.name);
		await this.pick("new_organisation.kind", this.w(`kind.${organisation.kind}`));
		await this.pick("new_organisation.country", this.w(`country.${organisation.country.toLowerCase()}`));
		await this.button("new_organisation.act").click();
		await this.page.getByRole("heading", { name: organisation.name, level: 2 }).waitFor();
	}

	/** Invites the first administrator of an organisation, whose page is open, and gives the link. */
	async invite(language: Language): Promise<string> {
		await this.page.getByRole("link", { name: this.w("people.invite"), exact: true }).click();
		await this.pick("invite_person.role", this.w("role.admin"));
		await this.pick("invite_person.language", nativeNames[language]);
		await this.button("invite_person.act").click();
		await this.page.getByRole("img", { name: this.w("invite_person.qr") }).waitFor();
		return (await this.page.locator(".invitation-link").innerText()).trim();
	}

	/** Goes to a place of the client by its address, as a bookmark would. */
	async go(hash: string): Promise<void> {
		await this.page.evaluate((to) => {
			location.hash = to;
		}, hash);
	}

	/** What the hub answers when this person's page calls its own API; T is how the answer looks. */
	calls<T>(method: string, path: string, body?: unknown): Promise<T> {
		return this.asks(method, `/_panah/v1${path}`, body);
	}

	/** The same for the Matrix client API. */
	matrix<T>(method: string, path: string, body?: unknown): Promise<T> {
		return this.asks(method, `/_matrix/client/v3${path}`, body);
	}

	private async asks<T>(method: string, path: string, body: unknown): Promise<T> {
		const answer: unknown = await this.page.evaluate(
			async ([how, where, what]) => {
				const got = await fetch(where, { method: how, ...(what !== "" && { body: what, headers: { "Content-Type": "application/json" } }) });
				if (!got.ok) throw new Error(`${how} ${where}: ${await got.text()}`);
				return got.json();
			},
			[method, path, body === undefined ? "" : JSON.stringify(body)] as const,
		);
		return answer as T;
	}

	/** Opens the channel that everybody in the network is in, and waits until it can be read. */
	async openGeneral(): Promise<void> {
		await this.tab("talk.title").click();
		const network = this.page.locator("section.group").filter({ has: this.page.getByRole("heading", { name: this.w("space.network"), level: 2 }) });
		await network.getByRole("link", { name: this.w("channel.general") }).click();
		await this.timeline().waitFor();
	}

	/** Writes a post and presses the button; gives the moment before the press. */
	async say(text: string): Promise<number> {
		await this.page.getByRole("textbox", { name: this.w("composer.label"), exact: true }).fill(text);
		const began = Date.now();
		await this.button("composer.send").click();
		return began;
	}

	/** Waits until the top of the page says how the line stands. */
	async lineIs(key: string): Promise<void> {
		await this.page.locator(".line-state").filter({ hasText: unanchored(this.language, key) }).waitFor();
	}

	/** Comes back to a hub that was away, as a phone that is told of a line: at once, not when the client would have tried by itself, which may be half a minute. */
	async comesBack(): Promise<void> {
		await this.page.evaluate(() => dispatchEvent(new Event("online")));
		await this.lineIs("line.connected");
	}

	/** Waits until a post is on the screen, at most so many milliseconds, and gives the moment. */
	async sees(text: string, within = 15_000): Promise<number> {
		await this.post(text).first().waitFor({ timeout: within });
		return Date.now();
	}

	/** The words of all posts that the timeline shows, in order. */
	async posts(): Promise<string[]> {
		return (await this.timeline().locator(".body").allInnerTexts()).map(bare);
	}

	/** The direction in which the paragraph of a post is laid out. */
	directionOf(text: string): Promise<string> {
		return this.post(text)
			.locator(".body p")
			.first()
			.evaluate((paragraph) => getComputedStyle(paragraph).direction);
	}

	async leave(): Promise<void> {
		await this.context.close();
	}
}
