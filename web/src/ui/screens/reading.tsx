import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n";
import { type Reading, ReadingsKept } from "../../state/client/readings";
import { Turns } from "../../state/turns";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Icon, type IconName } from "../kit/Icon";
import { Face, Outline } from "../kit/List";
import { clock, dayKey, moment } from "../say";
import { useLoading } from "./load";
import { Again } from "./PickPeople";

const readings = client.part(({ here, keeping }) => new ReadingsKept(here, keeping));

export interface ReadingShown<T> {
	value: T | undefined;
	/** As of when it stands, where the hub did not give it just now. */
	asOf: string | undefined;
	/** What stands in its place where this device has nothing, or above it where the hub refused. */
	failed: { text: string; icon: IconName; act: ReturnType<typeof Again> } | undefined;
	again: () => void;
}

/** Whether there is no line. */
export const offline = (): boolean => client.line.value.state === "offline";

/** What a screen shows that only the hub can say: as it is, and without a line as it was read last. */
export function useReading<T>(place: string, read: () => Promise<T>): ReadingShown<T> {
	const [fresh, setFresh] = useState<Reading<T>>();
	const [kept, setKept] = useState<Reading<T>>();
	const [turns] = useState(() => new Turns());
	const { failed, again } = useLoading(async () => {
		const newest = turns.next();
		const reading = await readings.read(place, read);
		if (newest()) setFresh(reading);
	});
	useEffect(() => void readings.last<T>(place).then(setKept), []);
	const away = offline();
	const shown = fresh ?? (away || failed !== undefined ? kept : undefined);
	const act = <Again onPress={again} />;
	if (!shown) return { value: undefined, asOf: undefined, again, failed: unread(failed, away, act) };
	return { value: shown.value, asOf: fresh && !away ? undefined : standing(shown.at, away), again, failed: failed === undefined || away ? undefined : { text: failed, icon: "warning", act } };
}

function unread(failed: string | undefined, away: boolean, act: ReturnType<typeof Again>): ReadingShown<unknown>["failed"] {
	if (failed === undefined) return undefined;
	return away ? { text: t("reading.unread"), icon: "offline", act } : { text: failed, icon: "warning", act };
}

/** As of when: of today the hour, else the whole moment. */
function standing(at: number, away: boolean): string {
	if (dayKey(at) !== dayKey(Date.now())) return t("reading.stood", { Time: moment(at) });
	return t(away ? "list.as_of" : "reading.stood", { Time: clock(at) });
}

/** What stands in a screen's place until it was read once. */
export function NothingRead({ reading: { failed } }: { reading: ReadingShown<unknown> }) {
	if (failed) return <Face {...failed} alert />;
	return (
		<div class="column">
			<Outline rows={4} label={t("act.loading")} />
		</div>
	);
}

/** As of when a screen stands, and what went wrong when it was to be read anew. */
export function AsOf({ reading: { asOf, failed } }: { reading: ReadingShown<unknown> }) {
	return (
		<>
			{failed && <Face {...failed} alert />}
			{asOf !== undefined && (
				<p class="list-as-of" role="status">
					<Icon name="offline" size={18} />
					<span>{asOf}</span>
				</p>
			)}
		</>
	);
}

/** Says, while there is no line, that what stands here cannot be done without one. */
export function NeedsLine() {
	return offline() ? <Banner icon="offline">{t("reading.needs_line")}</Banner> : null;
}

/**
 * Words that outlive the page, kept sealed among the drafts until they are sent. The third takes away what was sent, and says whether that was
 * all: what was typed while it was on its way stays.
 */
export function useDraft(place: string): [string, (to: string) => void, (words: string) => boolean] {
	const sent = (words: string) => {
		const all = client.drafts.peek().get(place) === words;
		if (all) client.talk.saveDraft(place, "");
		return all;
	};
	return [client.drafts.value.get(place) ?? "", (to) => client.talk.saveDraft(place, to), sent];
}
