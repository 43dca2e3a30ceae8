import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { Fault } from "../../state";
import type { Found } from "../../state/places/model";
import type { Places } from "../../state/places/places";
import { freshWish, mostAsked, type Wish } from "../../state/places/wish";
import { findingsOf } from "../../state/findings";
import { client } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Steps } from "../kit/Steps";
import { toast } from "../kit/Toast";
import { type Found as Finding, Guard, unasked } from "../raise/Guard";
import { writing } from "../writing";
import "../raise/raise.css";
import { number } from "../say";
import { useForm } from "../screens/form";
import { useLoading } from "../screens/load";
import { go } from "../shell/router";
import { Consenting } from "./Consenting";
import { ForWhom } from "./ForWhom";
import "./places.css";
import { Results } from "./Results";
import { WithPlaces } from "./WithPlaces";

const steps = ["find_place.step_who", "find_place.step_where", "find_place.step_ask"] as const;

/** Finding a place and asking for it, in three short steps that begin from the person. Each touch is kept. */
export default function Find() {
	return <WithPlaces>{(known) => <Form known={known} />}</WithPlaces>;
}

function Form({ known }: { known: Places }) {
	const [first] = useState(() => freshWish(writing()));
	void client.drafts.value; // the wish is kept among them
	const wish = known.wish ?? first;
	const change = (to: Partial<Wish>) => known.keepWish({ ...(known.wish ?? first), ...to });
	const top = useRef<HTMLDivElement>(null);
	const before = useRef(wish.step);
	useEffect(() => {
		if (before.current === wish.step) return;
		before.current = wish.step;
		top.current?.focus({ preventScroll: true });
		top.current?.parentElement?.scrollTo({ top: 0 });
	}, [wish.step]);
	const name = steps[wish.step] ?? steps[0];
	return (
		<div ref={top} class="column stack raise-form" tabIndex={-1}>
			<Steps step={wish.step + 1} of={steps.length} words={t("new_alert.step", { Number: number(wish.step + 1), Of: number(steps.length), Name: t(name) })} />
			{wish.step === 0 && <Who wish={wish} onWish={change} onClear={() => known.keepWish(undefined)} />}
			{wish.step === 1 && <Where known={known} wish={wish} onWish={change} />}
			{wish.step === 2 && <Ask known={known} wish={wish} onWish={change} />}
		</div>
	);
}

interface StepProps {
	wish: Wish;
	onWish: (to: Partial<Wish>) => void;
}

function Who({ wish, onWish, onClear }: StepProps & { onClear: () => void }) {
	return (
		<>
			<ForWhom wish={wish} onWish={onWish} />
			<div class="raise-acts">
				<Button kind="quiet" icon="erase" onPress={onClear}>
					{t("find_place.clear")}
				</Button>
				<Button kind="main" icon="search" onPress={() => onWish({ step: 1, chosen: [] })}>
					{t("find_place.find")}
				</Button>
			</div>
		</>
	);
}

function Where({ known, wish, onWish }: StepProps & { known: Places }) {
	const [found, setFound] = useState<Found>();
	const [kept, setKept] = useState<Found>();
	const { failed, again } = useLoading(async () => {
		try {
			setFound(await known.find(wish));
		} catch (error) {
			if (error instanceof Fault && error.status === 0) setKept(known.findHere(wish));
			throw error;
		}
	});
	const turn = (id: string) => onWish({ chosen: wish.chosen.includes(id) ? wish.chosen.filter((one) => one !== id) : [...wish.chosen, id].slice(0, mostAsked) });
	return (
		<>
			<Results found={found ?? kept} asOf={!found && kept ? known.at.value : undefined} failed={failed} again={again} wish={wish} onTurn={turn} />
			<div class="raise-acts">
				<Button icon="back" onPress={() => onWish({ step: 0 })}>
					{t("act.back")}
				</Button>
				<Button kind="main" disabled={wish.chosen.length === 0} onPress={() => onWish({ step: 2 })}>
					{wish.chosen.length === 0 ? t("find_place.pick") : t("find_place.ask_some", { Count: wish.chosen.length })}
				</Button>
			</div>
		</>
	);
}

/** Consent as a fact, a few words, and the asking itself. */
function Ask({ known, wish, onWish }: StepProps & { known: Places }) {
	const form = useForm();
	const [lacking, setLacking] = useState(false);
	const [asking, setAsking] = useState<readonly Finding[]>();
	const send = async () => {
		try {
			const done = await known.ask(known.wish ?? wish);
			go({ at: "places" }, "replace");
			toast(t(done === "done" ? "find_place.asked" : "find_place.later"), done === "done" ? "check" : "clock");
		} catch (error) {
			const found = findingsOf(error);
			if (!found) throw error;
			setAsking(found.map((kind) => ({ kind })));
		}
	};
	const ask = async () => {
		setLacking(wish.consent === "");
		if (wish.consent === "") return;
		const found = await unasked(wish.note, wish.confirmed);
		if (found.length > 0) setAsking(found);
		else await send();
	};
	const confirm = () => {
		onWish({ confirmed: [...new Set([...wish.confirmed, ...(asking ?? []).map(({ kind }) => kind)])] });
		setAsking(undefined);
		void form.submit(send);
	};
	return (
		<>
			<Consenting wish={wish} onWish={onWish} />
			{lacking && wish.consent === "" && <Banner tone="danger">{t("error.place_consent")}</Banner>}
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<div class="raise-acts">
				<Button icon="back" onPress={() => onWish({ step: 1 })}>
					{t("act.back")}
				</Button>
				<Button kind="main" icon="send" busy={form.busy} onPress={() => void form.submit(ask)}>
					{t("find_place.ask")}
				</Button>
			</div>
			{asking && <Guard findings={asking} onConfirm={confirm} onClose={() => setAsking(undefined)} second={false} />}
		</>
	);
}
