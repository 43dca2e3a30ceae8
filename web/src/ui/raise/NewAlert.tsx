import type { Ref } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { type Spec, specOf } from "../../i18n/alert";
import { type AlertDraft, draftFrom, freshDraft } from "../../state/alertDraft";
import type { Block } from "../../state/alerts/model";
import { type Sent, saidNow } from "../../state/alertSend";
import { findingsOf } from "../../state/findings";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Face, Outline } from "../kit/List";
import { Steps } from "../kit/Steps";
import { dot, number } from "../say";
import { useForm } from "../screens/form";
import { useLoading } from "../screens/load";
import { Again } from "../screens/PickPeople";
import { Details } from "./Details";
import { areasIn, firstSlots, gradesOf, missing, placesOf } from "./codes";
import { type Found, Guard, unasked } from "./Guard";
import { Look } from "./Look";
import { slotName, WithWords } from "./say";
import { Gone } from "./Gone";
import { raise } from "./here";
import { What } from "./What";
import { Who } from "./Who";
import { writing } from "../writing";
import "./raise.css";

type Step = "what" | "details" | "who" | "look";

const stepsOfNew: readonly Step[] = ["what", "details", "who", "look"];
/** A new version keeps its code and its audience. */
const stepsOfUpdate: readonly Step[] = ["details", "look"];

/** Writing an urgent alert in four short steps, or a new version of one in two. Each touch is kept. */
export default function NewAlert({ update }: { update?: string | undefined }) {
	return <WithWords>{() => (update === undefined ? <Form steps={stepsOfNew} /> : <Update id={update} />)}</WithWords>;
}

/** Begins from what the alert says now. */
function Update({ id }: { id: string }) {
	const [said, setSaid] = useState<Block>();
	const kept = raise.draft(id) !== undefined;
	const { failed, again } = useLoading(async () => setSaid(await saidNow(id)));
	if (kept) return <Form steps={stepsOfUpdate} update={id} />;
	if (said) return <Form steps={stepsOfUpdate} update={id} from={said} />;
	if (failed !== undefined) return <Face icon="warning" alert text={failed} act={<Again onPress={again} />} />;
	return (
		<div class="column">
			<Outline rows={4} label={t("act.loading")} />
		</div>
	);
}

const begin = (from?: Block): AlertDraft => (from ? draftFrom(from, writing(), placesOf(from)) : freshDraft(writing()));

interface Props {
	steps: readonly Step[];
	update?: string;
	from?: Block;
}

function Form({ steps, update, from }: Props) {
	const [first] = useState(() => begin(from));
	const [sent, setSent] = useState<Sent | "later">();
	const draft = raise.draft(update) ?? first;
	const change = (to: Partial<AlertDraft>) => raise.keep({ ...(raise.draft(update) ?? first), ...to }, update);
	const step = steps[draft.step] ?? steps[0] ?? "what";
	const form = useTop(draft.step);
	if (sent !== undefined) return <Gone sent={sent} />;
	const spec = specOf(draft.code);
	const go = (by: number) => change({ step: draft.step + by });
	return (
		<div ref={form} class="column stack raise-form" tabIndex={-1}>
			<Steps step={draft.step + 1} of={steps.length} words={stepWords(step, draft.step + 1, steps.length)} />
			{step === "what" || !spec ? (
				<What code={draft.code} onCode={(to) => raise.keep(picked(draft, to), update)} onNext={() => go(1)} />
			) : (
				<Further {...{ steps, step, draft, spec, change, update }} onStep={go} onSent={setSent} />
			)}
		</div>
	);
}

/** Another code has other slots and proposes other grades; what both have stays. */
function picked(draft: AlertDraft, spec: Spec): AlertDraft {
	if (draft.code === spec.code) return { ...draft, step: 1 };
	const kept = Object.fromEntries(Object.entries(draft.slots).filter(([name]) => keeps(draft.code, spec, name)));
	const { urgency: _u, severity: _s, certainty: _c, tlp: _t, hours: _h, expires: _e, ...rest } = draft;
	const status = spec.code === "drill" && draft.status === "Actual" ? "Exercise" : draft.status;
	return { ...rest, code: spec.code, slots: { ...firstSlots(spec), ...kept }, status, step: 1 };
}

function keeps(before: string, after: Spec, name: string): boolean {
	const [was, is] = [specOf(before), after].map((spec) => spec?.slots.find((slot) => slot.name === name));
	return was !== undefined && is !== undefined && was.type === is.type && String(was.values) === String(is.values);
}

const stepKeys: Record<Step, string> = {
	what: "new_alert.step_what",
	details: "new_alert.step_details",
	who: "new_alert.step_who",
	look: "new_alert.step_look",
};

const stepWords = (step: Step, at: number, of: number): string => t("new_alert.step", { Number: number(at), Of: number(of), Name: t(stepKeys[step]) });

/** Each step begins at its top, for the eye as for those who listen. */
function useTop(step: number): Ref<HTMLDivElement> {
	const form = useRef<HTMLDivElement>(null);
	const before = useRef(step);
	useEffect(() => {
		if (before.current === step) return;
		before.current = step;
		form.current?.focus({ preventScroll: true });
		form.current?.parentElement?.scrollTo({ top: 0 });
	}, [step]);
	return form;
}

interface FurtherProps {
	steps: readonly Step[];
	step: Step;
	draft: AlertDraft;
	spec: Spec;
	update: string | undefined;
	change: (to: Partial<AlertDraft>) => void;
	onStep: (by: number) => void;
	onSent: (sent: Sent | "later") => void;
}

/** The steps behind the code, each with the way on at the thumb's end. */
function Further({ steps, step, draft, spec, update, change, onStep, onSent }: FurtherProps) {
	const form = useForm();
	const [asking, setAsking] = useState<{ readonly found: readonly Found[]; readonly goOn: () => void }>();
	const empty = missing(spec, draft.slots);
	const [asked, setAsked] = useState(false);
	const next = async () => {
		setAsked(true);
		if (empty.length > 0) return;
		const found = step === "details" ? await unasked(draft.text, draft.confirmed) : [];
		if (found.length > 0) setAsking({ found, goOn: () => onStep(1) });
		else onStep(1);
	};
	const send = async () => {
		try {
			onSent(await raise.send(raise.draft(update) ?? draft, update));
		} catch (error) {
			const found = findingsOf(error);
			if (!found) throw error;
			setAsking({ found: found.map((kind) => ({ kind })), goOn: () => void form.submit(send) });
		}
	};
	const confirm = () => {
		change({ confirmed: [...new Set([...draft.confirmed, ...(asking?.found ?? []).map(({ kind }) => kind)])] });
		setAsking(undefined);
		asking?.goOn();
	};
	const takeOut = () => {
		setAsking(undefined);
		const back = steps.indexOf("details") - steps.indexOf(step);
		if (back !== 0) onStep(back);
	};
	return (
		<>
			{step === "details" && <Details draft={draft} spec={spec} update={update !== undefined} onDraft={change} />}
			{step === "who" && (
				<Who choice={draft.audience} areas={areasIn(draft, spec)} tlp={gradesOf(draft, spec).tlp} onChoice={(audience) => change({ audience })} />
			)}
			{step === "look" && <Look draft={draft} spec={spec} update={update !== undefined} />}
			{step === "details" && asked && empty.length > 0 && (
				<Banner tone="danger">{t("new_alert.lacks", { Names: empty.map(slotName).join(dot()) })}</Banner>
			)}
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<div class="raise-acts">
				{(draft.step > 0 || step !== "details") && (
					<Button icon="back" onPress={() => onStep(-1)}>
						{t("act.back")}
					</Button>
				)}
				{step === "look" ? (
					<Button kind="main" icon="send" busy={form.busy} onPress={() => void form.submit(send)}>
						{t(update === undefined ? "new_alert.send" : "new_alert.send_update")}
					</Button>
				) : (
					<Button kind="main" busy={form.busy} onPress={() => void form.submit(next)}>
						{t("new_alert.next")}
					</Button>
				)}
			</div>
			{asking && <Guard findings={asking.found} onConfirm={confirm} onClose={takeOut} />}
		</>
	);
}

