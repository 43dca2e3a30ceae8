import { useEffect, useRef, useState } from "preact/hooks";
import { moment, number, t } from "../../i18n";
import { hubsWord, ledgerFile } from "../../state/reports/figures";
import { type Checked, departs, type Entry, verify } from "../../state/reports/ledger";
import { Banner } from "../kit/Banner";
import { handOver } from "../media/save";
import { dot } from "../say";
import { AsOf, NothingRead, useReading } from "../screens/reading";
import { Button } from "../kit/Button";
import { categoryName } from "./say";
import "./reports.css";

/** How many of the newest entries are shown; all of them are in the file. */
const shownMost = 30;

interface Read {
	readonly file: string;
	/** How many entries the hub says are in order, where this browser cannot tell. */
	readonly hub?: { readonly entries: number; readonly wrong: number | undefined };
}

/** The ledger of a shelter: verified here, taken away, and compared with one that was taken away before. */
export default function Ledger({ shelter }: { shelter: string }) {
	const reading = useReading(`ledger ${shelter}`, () => read(shelter));
	const [checked, setChecked] = useState<Checked>();
	const file = reading.value?.file;
	useEffect(() => {
		if (file !== undefined) void verify(file).then(setChecked);
	}, [file]);
	if (!reading.value) return <NothingRead reading={reading} />;
	return (
		<div class="column stack">
			<AsOf reading={reading} />
			<p class="soft">{t("ledger.what")}</p>
			{checked ? <Verdict checked={checked} hub={reading.value.hub} /> : <p role="status">{t("ledger.checking")}</p>}
			<Button wide icon="save" onPress={() => handOver(new Blob([file ?? ""], { type: "application/x-ndjson" }), "ledger-of-places.jsonl")}>
				{t("audit.take")}
			</Button>
			<Older now={checked} />
			{checked && <Entries entries={checked.entries.slice(-shownMost).reverse()} />}
		</div>
	);
}

/** The hub is asked for its word only where this browser cannot check signatures. */
async function read(shelter: string): Promise<Read> {
	const file = await (await ledgerFile(shelter)).text();
	return (await verify(file)).signed ? { file } : { file, hub: await hubsWord(shelter) };
}

function Verdict({ checked, hub }: { checked: Checked; hub?: Read["hub"] }) {
	const wrong = checked.wrong ?? hub?.wrong;
	if (wrong !== undefined) return <Wrong at={wrong} />;
	const words = checked.signed || hub === undefined ? t("ledger.whole", { Number: number(checked.entries.length) }) : t("ledger.by_hub", { Number: number(hub.entries) });
	return <Banner icon="shield">{words}</Banner>;
}

function Wrong({ at }: { at: number }) {
	return (
		<Banner icon="warning" tone="danger">
			{at === 0 ? t("ledger.no_ledger") : `${t("ledger.broken", { Number: number(at) })} ${t("ledger.tell")}`}
		</Banner>
	);
}

/** What was taken off the end only an older file shows. */
function Older({ now }: { now: Checked | undefined }) {
	const [older, setOlder] = useState<Checked>();
	const box = useRef<HTMLInputElement>(null);
	const pick = (file: File) => void file.text().then(verify).then(setOlder);
	return (
		<section class="stack-tight">
			<h2>{t("ledger.kept")}</h2>
			<p class="soft">{t("ledger.kept_what")}</p>
			<input
				ref={box}
				type="file"
				accept=".jsonl,application/x-ndjson"
				aria-label={t("ledger.kept")}
				hidden
				onChange={(event) => {
					const file = event.currentTarget.files?.[0];
					event.currentTarget.value = "";
					if (file) pick(file);
				}}
			/>
			<Button wide icon="attach" onPress={() => box.current?.click()}>
				{t("ledger.choose")}
			</Button>
			{older && now && <Comparison older={older} now={now} />}
		</section>
	);
}

function Comparison({ older, now }: { older: Checked; now: Checked }) {
	if (older.wrong !== undefined) return <Wrong at={older.wrong} />;
	const at = departs(older, now);
	if (at === undefined) return <Banner icon="shield">{t("ledger.same")}</Banner>;
	return (
		<Banner icon="warning" tone="danger">
			{`${t("ledger.differs", { Number: number(at) })} ${t("ledger.tell")}`}
		</Banner>
	);
}

const ownWords: Record<string, string> = { count: "ledger.count", close: "ledger.close", reopen: "ledger.reopen", freeze: "ledger.freeze" };

const whatOf = ({ what }: Entry): string => t(ownWords[what] ?? `place.state.${what}`);

/** What it was about, and how many places. */
function detailOf({ category, places, usable }: Entry): string {
	const all = category === undefined ? Object.entries(usable ?? {}) : [[category, places ?? 0] as const];
	return all.map(([of, count]) => `${categoryName(of)} ${number(count)}`).join(dot());
}

function Entries({ entries }: { entries: readonly Entry[] }) {
	if (entries.length === 0) return null;
	return (
		<section class="stack-tight">
			<h2>{t("ledger.newest")}</h2>
			<ol class="entries" aria-label={t("ledger.newest")}>
				{entries.map((entry) => (
					<li key={entry.seq}>
						<span class="number">{number(entry.seq)}</span>
						<span>
							<b>{whatOf(entry)}</b>
							<span class="soft">{[moment(entry.at), detailOf(entry)].filter((part) => part !== "").join(dot())}</span>
						</span>
					</li>
				))}
			</ol>
		</section>
	);
}
