import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { speakInside, t } from "../../i18n";
import { Button } from "../kit/Button";
import { Face, Outline } from "../kit/List";

/**
 * A screen that is loaded when it is first needed, with its outline meanwhile, and a way on where there was no line. A part of a screen
 * brings what stands in its place.
 */
export function later<P extends object>(
	load: () => Promise<{ default: ComponentType<P> }>,
	Meanwhile?: ComponentType<P>,
): ComponentType<P> {
	let loaded: ComponentType<P> | undefined;
	return function Later(props: P) {
		const [, redraw] = useState({});
		const [failed, setFailed] = useState(false);
		const [tries, setTries] = useState(0);
		const drawn = loaded !== undefined;
		useEffect(() => {
			if (loaded) {
				if (!drawn) redraw({}); // another place that shows it had it come between this one's drawing and now
				return;
			}
			setFailed(false);
			load().then(
				(module) => {
					loaded = module.default;
					redraw({});
				},
				() => setFailed(true),
			);
		}, [tries]);
		if (loaded) {
			const Screen = loaded;
			return <Screen {...props} />;
		}
		if (!failed && Meanwhile) return <Meanwhile {...props} />;
		if (!failed) return <Outline rows={4} label={t("act.loading")} />;
		return (
			<Face
				icon="offline"
				alert
				text={t("error.unreachable")}
				act={
					<Button icon="refresh" onPress={() => setTries(tries + 1)}>
						{t("act.try_again")}
					</Button>
				}
			/>
		);
	};
}

/** The same with the words of all screens, which come after those of the door and of the first screen behind it. */
export function laterInside<P extends object>(load: () => Promise<{ default: ComponentType<P> }>, Meanwhile?: ComponentType<P>): ComponentType<P> {
	return later(async () => (await Promise.all([load(), speakInside(true)]))[0], Meanwhile);
}
