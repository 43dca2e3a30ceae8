import { effect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { match, prefer, speak, speakInside } from "../i18n";
import { client, me } from "./client";
import { clearToasts, Toasts } from "./kit/Toast";
import { followFace } from "./lock/face";
import { followTelling } from "./lock/telling";
import { coverWhenHidden, watchIdle } from "./lock/idle";
import { Door } from "./screens/Door";
import { followLanguage } from "./say";
import { keepFocus } from "./shell/focus";
import { followAddress } from "./shell/router";
import { followWorker } from "./shell/worker";
import { later } from "./shell/later";
import { followTextSize, followTheme, theme } from "./shell/theme";
import "./tokens.css";
import "./base.css";
import { setMark } from "../state";

/** The screens behind the door, with their words. */
const loadShell = async () => {
	const [shell] = await Promise.all([import("./shell/Shell"), speakInside()]);
	return shell;
};
const Shell = later(loadShell);

/** Everything that a person sees: the door while nobody is signed in, else the screens behind it. */
export function App() {
	useEffect(follow, []);
	useEffect(fetchShell, []);
	const session = client.session.value;
	return (
		<>
			{session.kind === "in" && !session.me.factorNeeded ? <Shell /> : <Door session={session} />}
			<Toasts />
		</>
	);
}

/**
 * While somebody types at the door, what is behind it comes already. The door itself is not kept waiting for it: on a line of 50 kbit/s
 * that would cost four seconds.
 */
function fetchShell(): () => void {
	const fetch = () => {
		stop();
		void loadShell().catch(() => undefined);
	};
	const soon = setTimeout(fetch, fetchAfter);
	const stop = () => {
		clearTimeout(soon);
		removeEventListener("input", fetch);
	};
	addEventListener("input", fetch);
	return stop;
}

/** Milliseconds; long enough for the door on the slowest line. */
const fetchAfter = 20_000;

/** Keeps the page as the person has it: address, language, colours, size of text. */
function follow(): () => void {
	followAddress();
	const ends = [followTelling(), followLanguage(), followTheme(theme), followTextSize(), followSettings(), followFace(), coverWhenHidden(), watchIdle(lock, touched), watchClosing(), followWorker(), keepFocus(), clearWhenLocked()];
	return () => {
		for (const end of ends) end();
	};
}

/** What was said in passing may name a channel or a person. */
const clearWhenLocked = () =>
	effect(() => {
		if (client.session.value.kind === "locked") clearToasts();
	});

const lock = () => void client.door.lock();
const touched = () => client.door.touched();

/** At a device that others use too, closing the page is leaving. */
function watchClosing(): () => void {
	const closing = () => client.door.closing();
	addEventListener("pagehide", closing);
	return () => removeEventListener("pagehide", closing);
}

/** A person's choices hold on all their devices; the language is remembered here too, for the first screen of the next time. */
function followSettings(): () => void {
	return effect(() => {
		const person = me.value;
		if (!person) return;
		const { calendar, digits, clock, language, theme: chosen } = client.settings.value;
		const country = person.organisation?.country;
		prefer({ ...(calendar && { calendar }), ...(digits && { digits }), ...(clock && { clock }), ...(country && { country }) });
		theme.value = chosen ?? "system";
		const tag = match([language ?? person.language]);
		if (!tag) return;
		setMark("panah.language", tag);
		void speak(tag);
	});
}
