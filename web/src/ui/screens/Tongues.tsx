import { languages, speak, t, type Tag } from "../../i18n";
import { toast } from "../kit/Toast";
import { language } from "../say";
import { setMark } from "../../state";

/** The eight languages, each by its own name, one tap away. */
export function Tongues() {
	return (
		<nav class="tongues" aria-label={t("settings.language")}>
			{languages.map(({ tag, name, dir }) => (
				<button key={tag} type="button" lang={tag} dir={dir} aria-pressed={language.value === tag} onClick={() => void turn(tag)}>
					{name}
				</button>
			))}
		</nav>
	);
}

/** Turns the screen to a language and remembers it on this device. */
export async function turn(tag: Tag): Promise<void> {
	try {
		await speak(tag);
		setMark("panah.language", tag);
	} catch {
		toast(t("error.unreachable"), "warning");
	}
}
