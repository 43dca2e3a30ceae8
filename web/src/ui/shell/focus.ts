/** What had the focus last, and all that it stood in, from the inside out. */
let chain: readonly HTMLElement[] = [];

/** The pane that the address is about: on phones the only one to be seen. */
export function shownPane(): HTMLElement | null {
	return document.querySelector<HTMLElement>(".panes[data-show=list] > .list-pane, .panes[data-show=thing] > .thing-pane, .panes[data-show=side] > .side-pane");
}

/**
 * Keeps the keyboard's place. Browsers give the focus to nothing when what had it vanishes: a post that was taken back, a button
 * that did its work, a screen that gave way to another. Then it goes to what stood round it, else to the shown pane, else to the
 * main part of the page, so that no key is ever pressed in the void.
 */
export function keepFocus(): () => void {
	const remember = (event: FocusEvent) => {
		if (event.target instanceof HTMLElement) chain = [event.target, ...around(event.target)];
	};
	const restore = () => {
		const [last] = chain;
		if (!last || document.activeElement !== document.body || (last.isConnected && last.checkVisibility())) return;
		heir()?.focus({ preventScroll: true });
	};
	addEventListener("focusin", remember);
	const observer = new MutationObserver(restore);
	observer.observe(document.body, { childList: true, subtree: true });
	return () => {
		removeEventListener("focusin", remember);
		observer.disconnect();
	};
}

function heir(): HTMLElement | null {
	const dialog = [...document.querySelectorAll<HTMLElement>("dialog[open]")].at(-1);
	if (dialog) return dialog.querySelector<HTMLElement>("button");
	const near = chain.find((one) => one.isConnected && one.checkVisibility() && one.hasAttribute("tabindex"));
	return near ?? shownPane() ?? document.getElementById("main");
}

function* around(element: HTMLElement): Generator<HTMLElement> {
	for (let one = element.parentElement; one && one !== document.body; one = one.parentElement) yield one;
}
