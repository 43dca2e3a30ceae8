import { useState } from "preact/hooks";
import { languages, t } from "../../i18n";
import { client, me } from "../client";
import { Banner } from "../kit/Banner";
import { Button } from "../kit/Button";
import { Field } from "../kit/Field";
import { Icon } from "../kit/Icon";
import { toast } from "../kit/Toast";
import { otherTongues, spokenName } from "../names";
import { link } from "../shell/router";
import { useForm } from "./form";
import { useDraft } from "./reading";
import "./People.css";

const longest = 160;
const most = 16;

/** What one says of oneself: the languages one speaks, and what others may ask about. */
export default function About() {
	const person = me.value;
	const [speaks, setSpeaks] = useState<readonly string[]>(person?.speaks ?? []);
	const [kept, keep] = useDraft("about:ask");
	const [ask, setAsk] = useState(kept || (person?.askAbout ?? ""));
	const type = (to: string) => {
		setAsk(to);
		keep(to);
	};
	const form = useForm();
	const all = [...languages.map(({ tag }) => tag as string), ...Object.keys(otherTongues)];
	const toggle = (tag: string) => setSpeaks(speaks.includes(tag) ? speaks.filter((one) => one !== tag) : [...speaks, tag].slice(0, most));
	const save = async () => {
		await client.own.setAbout(speaks, ask.trim());
		keep("");
		toast(t("about.saved"));
	};
	return (
		<form
			class="column stack"
			onSubmit={(event) => {
				event.preventDefault();
				void form.submit(save);
			}}
		>
			<p>{t("about.what")}</p>
			<Field label={t("about.ask")} hint={t("about.ask_hint")} value={ask} onValue={type} maxLength={longest} lines={2} />
			<fieldset class="choices">
				<legend>{t("about.speaks")}</legend>
				<div class="options">
					{all.map((tag) => (
						<label key={tag} class="option" lang={otherTongues[tag] === undefined ? tag : undefined}>
							<input type="checkbox" checked={speaks.includes(tag)} onChange={() => toggle(tag)} />
							<span class="mark">
								<Icon name="check" size={18} />
							</span>
							<span>{spokenName(tag)}</span>
						</label>
					))}
				</div>
			</fieldset>
			{form.failed !== undefined && <Banner tone="danger">{form.failed}</Banner>}
			<Button kind="main" wide submit busy={form.busy}>
				{t("act.save")}
			</Button>
			{person && (
				<Button wide icon="people" href={link({ at: "person", id: person.id })}>
					{t("about.see")}
				</Button>
			)}
		</form>
	);
}
